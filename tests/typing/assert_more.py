"""More static assertions: helpers over queries, protocols, payloads, models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, assert_type, overload

from schema import Post, PostOuter, User, UserInsert
from typing_extensions import TypedDict

from qail import (
    INT8,
    Col,
    Columns,
    Command,
    Connection,
    Dyn,
    DynReturning,
    Executor,
    Expr,
    Fetchable,
    From,
    Outer,
    Pool,
    Qail,
    Query,
    Row,
    Select,
    Table,
    Transaction,
    col,
    select,
)
from qail.pg.driver.pipeline import Pipeline

R = TypeVar("R")
T = TypeVar("T")


class Conn:
    """A class of one's own satisfies the protocol: a test double, a wrapper."""

    async def fetch_all(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> list[R]:
        return []

    async def fetch_one(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> R:
        raise LookupError

    async def fetch_optional(
        self, query: Fetchable[R], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> R | None:
        return None

    @overload
    async def fetch_value(
        self, query: Dyn | DynReturning, /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> Any: ...
    @overload
    async def fetch_value(
        self, query: Fetchable[tuple[T]], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> T: ...
    async def fetch_value(self, query: Any, /, *, timeout: float | None = None, plan_cache_mode: Any = None) -> Any:
        return None

    @overload
    async def fetch_values(
        self, query: Dyn | DynReturning, /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> list[Any]: ...
    @overload
    async def fetch_values(
        self, query: Fetchable[tuple[T]], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> list[T]: ...
    async def fetch_values(
        self, query: Any, /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> list[Any]:
        return []

    async def fetch_result(self, query: Any, /, **options: Any) -> Any:
        raise LookupError

    async def execute(
        self, command: Command | Fetchable[Any], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> int:
        return 0

    async def execute_many(
        self,
        command: Command | Fetchable[Any],
        rows: Iterable[Any],
        /,
        *,
        timeout: float | None = None,
        plan_cache_mode: Any = None,
    ) -> list[int]:
        return []

    async def fetch_many(
        self, query: Fetchable[R], rows: Iterable[Any], /, *, timeout: float | None = None, plan_cache_mode: Any = None
    ) -> list[list[R]]:
        return []

    async def batch(
        self,
        queries: Sequence[Command | Fetchable[Any]],
        /,
        *,
        atomic: bool = True,
        return_errors: bool = False,
        timeout: float | None = None,
        plan_cache_mode: Any = None,
    ) -> list[Any]:
        return []

    def pipeline(self, **options: Any) -> Pipeline:
        raise LookupError

    async def prepare(self, query: Any, /, **options: Any) -> Any:
        raise LookupError

    def transaction(self, **modes: Any) -> AbstractAsyncContextManager[Executor]:
        raise LookupError

    async def run_transaction(self, fn: Any, /, **options: Any) -> Any:
        raise LookupError

    async def transaction_status(self, transaction_id: int, /, *, timeout: float | None = None) -> Any:
        raise LookupError

    def stream(self, query: Any, /, **options: Any) -> Any:
        raise LookupError

    async def notify(self, channel: str, payload: str = "", /, *, timeout: float | None = None) -> None:
        raise LookupError

    async def explain(self, query: Any, /, **options: Any) -> dict[str, Any]:
        return {}

    async def script(self, text: str, *, timeout: float | None = None) -> list[Any]:
        return []

    async def copy_in(
        self, table: Any, records: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> int:
        return 0

    def copy_out(
        self, source: Any, *, columns: Any = None, format: str = "binary", timeout: float | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Any]]:
        raise LookupError


def use(e: Executor) -> None: ...


use(Conn())


def takes_the_drivers(pool: Pool, connection: Connection, transaction: Transaction) -> None:
    use(pool)
    use(connection)
    use(transaction)


async def on_a_pool(pool: Pool, connection: Connection) -> None:
    assert_type(await pool.fetch_all(select(User.id, User.name)), list[tuple[int, str]])
    assert_type(await pool.fetch_all(Qail.get(User)), list[User])
    assert_type(await pool.fetch_one(Qail.get(User)), User)
    assert_type(await pool.fetch_optional(Qail.get(User)), User | None)
    assert_type(await pool.fetch_value(select(User.id)), int)
    assert_type(await pool.fetch_values(select(User.email)), list[str | None])
    assert_type(await pool.fetch_all(Qail.get("users")), list[Row])
    assert_type(await pool.execute(Qail.delete(User).all_rows()), int)
    assert_type(await connection.fetch_all(Qail.get(User)), list[User])
    assert_type(await connection.fetch_value(select(User.id)), int)
    async with connection.transaction() as transaction:
        assert_type(await transaction.fetch_value(select(User.id)), int)


async def in_a_transaction(pool: Pool, connection: Connection) -> None:
    async def count(tx: Transaction) -> int:
        return await tx.fetch_value(select(User.id))

    assert_type(await pool.run_transaction(count, isolation="serializable"), int)
    assert_type(await connection.run_transaction(count, settings={"app.tenant": "7"}, retries=0), int)


class D(TypedDict):
    id: int
    name: str


class N(NamedTuple):
    id: int
    name: str


@dataclass
class C:
    id: int
    name: str


assert_type(select(User.id, User.name).into(D), Query[D])
assert_type(select(User.id, User.name).into(N), Query[N])
assert_type(select(User.id, User.name).into(C), Query[C])
assert_type(select(User.id, User.name).map(N).limit(1), Query[N])

# payload through a variable needs the annotation
payload: UserInsert = {"name": "a"}
Qail.add(User).values(payload)
rows: list[UserInsert] = [{"name": "a"}, {"name": "b", "active": False}]
Qail.add(User).values(*rows)


# generic helper over tables
TT = TypeVar("TT", bound=Table[Any, Any])


def first(t: type[TT]) -> From[TT]:
    return Qail.get(t).limit(1)


assert_type(first(User), From[User])
assert_type(first(User.as_("x")), From[User])


# generic helper over queries keeps its type
Q = TypeVar("Q", bound=Query[Any])


def page(q: Q, n: int) -> Q:
    return q.limit(n)


assert_type(page(select(User.id, User.name), 3), Select[int, str])
assert_type(page(Qail.get(User), 3), From[User])


# helper over a column
def newest(c: Expr[int]) -> Select[int]:
    return select(c)


assert_type(newest(User.id), Select[int])


def pair(c: Expr[T], d: Expr[R]) -> Select[T, R]:
    return select(c, d)


assert_type(pair(User.id, User.email), Select[int, str | None])


# handwritten table, whose payloads default to Mapping[str, Any]
class _Log(Columns):
    id: Col[int] = col(INT8, pk=True)


class Log(_Log, Table, name="log"): ...


class LogOuter(_Log, Outer[Log], name="log"): ...


assert_type(Log.id, Col[int])
Qail.add(Log).values({"id": 3, "any": "x"})
assert_type(select(LogOuter), Select[Log | None])

# covariance of results
q_obj: Query[object] = Qail.get(User)
f_obj: Fetchable[object] = select(User.id)
q_opt: Query[User | None] = Qail.get(User)


# optional filters: build up step by step
def search(name: str | None, min_age: int | None) -> From[User]:
    q = Qail.get(User)
    if name is not None:
        q = q.where(User.name.ilike(name))
    if min_age is not None:
        q = q.where(User.age >= min_age)
    return q


conds = [User.id == 1]
if rows:
    conds.append(User.active & (User.age > 3))
Qail.get(User).where(*conds) if conds else None


p = PostOuter.as_("p")
assert_type(select(User, p).left_join(p, on=p.author_id == User.id).where(p.title.is_null()), Select[User, Post | None])
