"""Random statements over the tables of support/library.py: right in their types, odd in everything else.

Each is built by calls of the public API; what the builder refuses is a BuildError where it is made or looked up. All
else is for the server to accept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from qail import (
    INT8,
    NUMERIC,
    TEXT,
    Qail,
    any_of,
    array_query,
    avg,
    case,
    cast,
    coalesce,
    count,
    default,
    excluded,
    exists,
    func,
    groups,
    literal,
    max_,
    maybe,
    min_,
    rollup,
    row,
    rows,
    select,
    sum_,
)
from support.library import Loan, LoanOuter, Reader

KINDS = ("int", "text", "bool", "number")
VALUES: dict[str, Any] = {
    "int": st.integers(-5, 2**31 - 1),
    "text": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    "bool": st.booleans(),
    "number": st.decimals(-100, 100, places=2),
}


class Scope(NamedTuple):
    """What is in FROM: columns by kind, and the expressions of each item."""

    columns: dict[str, list[Any]]

    def joined(self, other: Scope) -> Scope:
        return Scope({kind: self.columns[kind] + other.columns[kind] for kind in KINDS})


def scope_of(table: Any) -> Scope:
    if hasattr(table, "reader_id"):
        return Scope({"int": [table.id, table.reader_id], "text": [table.title], "bool": [], "number": [table.price]})
    return Scope({"int": [table.id, table.age], "text": [table.name, table.city], "bool": [table.active], "number": []})


class Making:
    """One statement in the making: draws from hypothesis, and names things apart."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self._number = 0

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def chance(self, of: int = 2) -> bool:
        return bool(self.draw(st.integers(1, of)) == of)

    def name(self) -> str:
        self._number += 1
        return f"n{self._number}"

    # ---------------------------------------------------------------------------------------------- expressions

    def value(self, scope: Scope, kind: str, depth: int) -> Any:
        """An expression of a kind; never a plain value."""
        columns = scope.columns[kind]
        if depth <= 0 or self.chance(3):
            if columns and not self.chance(4):
                return self.one_of(*columns)
            return self.constant(kind)
        if kind == "bool":
            return self.condition(scope, depth - 1)
        inner = self.value(scope, kind, depth - 1)
        form = self.one_of("own", "case", "coalesce", "subquery", "own")
        if form == "case":
            return case((self.condition(scope, depth - 1), inner), else_=self.value(scope, kind, depth - 2))
        if form == "coalesce":
            return coalesce(inner, self.constant(kind))
        if form == "subquery":
            return self.scalar(scope, kind, depth - 1)
        return self.own(scope, kind, inner, depth)

    def own(self, scope: Scope, kind: str, inner: Any, depth: int) -> Any:
        other = self.value(scope, kind, depth - 2)
        if kind == "text":
            return self.one_of(
                lambda: inner.concat(other), lambda: func.lower(inner), lambda: inner.collate("C"),
                lambda: inner.concat("x"), lambda: cast(self.value(scope, "int", 0), TEXT),
            )()  # fmt: skip
        return self.one_of(
            lambda: inner + other, lambda: inner * 2, lambda: -inner, lambda: inner - other, lambda: func.abs(inner),
        )()  # fmt: skip

    def constant(self, kind: str) -> Any:
        types: dict[str, Any] = {"int": INT8, "text": TEXT, "number": NUMERIC}
        value = self.draw(VALUES[kind])
        if kind == "bool":
            return literal(value)
        if kind != "number" and self.chance(3):
            return cast(literal(value), types[kind])
        return cast(value, types[kind])

    def scalar(self, scope: Scope, kind: str, depth: int) -> Any:
        table = Loan.as_(self.name()) if self.chance() else Reader.as_(self.name())
        own = scope.joined(scope_of(table))
        # Of outer columns alone it would be an aggregate of the outer query.
        found = coalesce(self.value(scope_of(table), kind, depth - 1), self.first(scope_of(table), kind))
        query = select(max_(found) if kind != "bool" else func.bool_or(found)).from_(table)
        return query.where(self.condition(own, depth - 1)).scalar()

    def first(self, scope: Scope, kind: str) -> Any:
        """An expression that has a column of the scope in it."""
        columns = scope.columns[kind]
        if columns:
            return columns[0]
        return case((scope.columns["int"][0] > 0, self.constant(kind)))

    def condition(self, scope: Scope, depth: int) -> Any:
        if depth <= 0:
            found = self.value(scope, self.one_of("int", "text"), 0)
            return self.one_of(found.is_null(), found.is_not_null(), found == found)
        form = self.one_of("compare", "logic", "not", "in", "between", "exists", "row", "like", "truth", "query")
        kind = self.one_of("int", "text", "number")
        left, right = self.value(scope, kind, depth - 1), self.value(scope, kind, depth - 1)
        if form == "compare":
            return self.one_of(left == right, left < right, left.is_distinct_from(right), left >= right)
        if form == "logic":
            both = self.condition(scope, depth - 1), self.condition(scope, depth - 1)
            return self.one_of(both[0] & both[1], both[0] | both[1], any_of(*both))
        if form == "not":
            return ~self.condition(scope, depth - 1)
        if form == "in":
            members = self.draw(st.lists(VALUES[kind], max_size=3))
            return left.in_(members) if self.chance() else left.not_in(members)
        if form == "between":
            return left.between(right, self.value(scope, kind, 0), symmetric=self.chance())
        if form == "row":
            return row(left, self.value(scope, "int", 0)) < row(right, self.value(scope, "int", 0))
        if form == "like":
            text = self.value(scope, "text", depth - 1)
            return self.one_of(text.like("a%"), text.contains("%"), text.not_ilike(text), text.matches("a"))
        if form == "truth":
            return self.condition(scope, depth - 1).is_not_true()
        return self.over_query(scope, left, kind, depth)

    def over_query(self, scope: Scope, left: Any, kind: str, depth: int) -> Any:
        table = Loan.as_(self.name())
        own = scope.joined(scope_of(table))
        query = select(self.value(own, kind, depth - 1)).from_(table).where(self.condition(own, depth - 1))
        return self.one_of(
            lambda: exists(query), lambda: left.in_(query), lambda: ~left.not_in(query),
            lambda: func.cardinality(array_query(query)) > 1,
        )()  # fmt: skip

    # ---------------------------------------------------------------------------------------------- queries

    def source(self) -> tuple[Any, Scope, Any]:
        """A query that begins, its scope, and the query with its joins."""
        base: Any = self.one_of(Reader, Loan, Reader.as_(self.name()), Loan.as_(self.name()))
        scope = scope_of(base)

        def joins(query: Any) -> Any:
            return query

        form = self.one_of("none", "join", "left", "cross", "subquery", "lateral")
        if form == "none":
            return base, scope, joins
        other: Any = Loan.as_(self.name()) if form in ("join", "cross") else LoanOuter.as_(self.name())
        if form == "subquery" or form == "lateral":
            inner = select(Reader.id, Reader.name).where(self.condition(scope_of(Reader), 1)).limit(3)
            item = inner.subquery(self.name(), lateral=form == "lateral")
            scope = scope.joined(Scope({"int": [item[Reader.id]], "text": [item["name"]], "bool": [], "number": []}))
            on = self.condition(scope, 1)
            return base, scope, lambda query: query.join(item, on=on)
        scope = scope.joined(scope_of(other))
        on = self.condition(scope, 1)
        verbs = {"join": "join", "left": "left_join", "cross": "cross_join"}
        if form == "cross":
            return base, scope, lambda query: query.cross_join(other)
        return base, scope, lambda query: getattr(query, verbs[form])(other, on=on)

    def query(self, kinds: list[str], depth: int) -> Any:
        """A SELECT whose columns are of these kinds."""
        base, scope, joins = self.source()
        if self.chance(3):
            return self.grouped(base, scope, joins, kinds)
        items = [self.value(scope, kind, depth) for kind in kinds]
        if self.chance(4):
            order = self.value(scope, "int", 1)
            items[0] = coalesce(items[0], func.first_value(items[0]).over(order_by=order, frame=groups(-1, 1)))
        query = joins(select(*items).from_(base))
        if self.chance():
            query = query.where(self.condition(scope, depth), maybe(None))
        if self.chance(4):
            query = query.distinct()
        elif self.chance():
            keys = [self.value(scope, "int", 1), self.value(scope, "text", 1).desc().nulls_last()]
            query = query.order_by(*keys)
            if self.chance(3):
                query = query.after(self.draw(VALUES["int"]), self.draw(st.none() | VALUES["text"]))
        query = self.paged(query)
        return query.for_update(of=[base], skip_locked=self.chance()) if self.chance(6) else query

    def paged(self, query: Any) -> Any:
        if self.chance(3):
            query = query.limit(self.draw(st.integers(0, 5)))
        return query.offset(self.draw(st.integers(0, 5))) if self.chance(4) else query

    def grouped(self, base: Any, scope: Scope, joins: Any, kinds: list[str]) -> Any:
        key = self.value(scope, "int", 1)
        items = []
        for kind in kinds:
            found = self.value(scope, kind, 1)
            if kind == "bool":
                items.append(func.bool_and(found))
            elif kind == "text":
                items.append(func.string_agg(found, ",", order_by=found))
            else:
                items.append(self.one_of(max_, min_, sum_, avg)(found).filter(self.condition(scope, 1)))
        query = joins(select(key, *items).from_(base)).group_by(key if self.chance() else rollup(key))
        query = query.having(count() > self.draw(st.integers(0, 2)))
        names = [f"c{index}" for index in range(len(items))]
        inner = query.order_by(count().desc()).subquery(self.name(), "k", *names)
        types: dict[str, Any] = {"int": INT8, "text": TEXT, "number": NUMERIC}
        columns = [inner[name] for name in names]
        casts = [cast(item, types[kind]) if kind != "bool" else item for item, kind in zip(columns, kinds, strict=True)]
        return select(*casts).from_(inner)

    def whole(self) -> Any:
        """A query with set operations and WITH round it."""
        kinds = self.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
        query = self.query(kinds, 2)
        if self.chance(3):
            verb = self.one_of("union", "union_all", "intersect", "except_all", "except_")
            if not _locks(query):
                other = self.query(kinds, 1)
                if not _locks(other):
                    query = self.paged(getattr(query, verb)(other))
        if self.chance(3):
            table = query.cte(self.name(), *[f"c{n}" for n in range(len(kinds))], materialized=self.one_of(None, True))
            query = Qail.get(table).columns(count(), func.row_number().over(frame=rows(None, 0))).with_(table)
        return query

    # ---------------------------------------------------------------------------------------------- changes

    def reader(self, scope: Scope | None = None) -> dict[str, Any]:
        empty = Scope({kind: [] for kind in KINDS}) if scope is None else scope
        return {
            "id": self.draw(st.integers(100, 10_000)),
            "name": self.one_of(self.draw(VALUES["text"]), self.value(empty, "text", 1)),
            "age": self.one_of(self.draw(st.integers(0, 99)), cast(self.value(empty, "int", 1), INT8)),
            "city": self.one_of(None, self.draw(VALUES["text"]), default()),
            "active": self.one_of(True, self.value(empty, "bool", 1)),
        }

    def insert(self) -> Any:
        if self.chance(3):
            query = select(Reader.id, Reader.name, Reader.age, Reader.active).where(self.condition(scope_of(Reader), 2))
            made: Any = Qail.add(Reader).from_select(query, "id", "name", Reader.age, "active")
        else:
            made = Qail.add(Reader).values(*[self.reader() for _ in range(self.draw(st.integers(1, 3)))])
        form = self.one_of("none", "nothing", "update")
        if form == "nothing":
            made = made.on_conflict(*self.one_of((), ("id",))).do_nothing()
        if form == "update":
            made = made.on_conflict("id").do_update(
                "name", set={"age": Reader.age + excluded(Reader.age)}, where=self.condition(scope_of(Reader), 1)
            )
        return self.returned(made, scope_of(Reader))

    def update(self) -> Any:
        scope = scope_of(Reader)
        row_ = self.reader(scope)
        del row_["id"]
        started: Any = Qail.set(Reader).values(row_)
        if self.chance(3):
            loan = Loan.as_(self.name())
            scope = scope.joined(scope_of(loan))
            started = started.from_(loan)
        return self.returned(started.where(self.condition(scope, 2)), scope)

    def delete(self) -> Any:
        scope = scope_of(Loan)
        started: Any = Qail.delete(Loan)
        if self.chance(3):
            reader = Reader.as_(self.name())
            scope = scope.joined(scope_of(reader))
            started = started.using(reader)
        return self.returned(started.where(self.condition(scope, 2)), scope)

    def merge(self) -> Any:
        source = self.query(["int", "text"], 1)
        if _locks(source):
            source = select(Loan.id, Loan.title)
        item = source.subquery(self.name(), "a", "b")
        scope = scope_of(Reader).joined(Scope({"int": [], "text": [], "bool": [], "number": []}))
        made: Any = Qail.merge(Reader).using(item, on=cast(item["a"], INT8) == Reader.id)
        if self.chance():
            made = made.when_matched(self.condition(scope, 1)).delete()
        made = made.when_matched().update({"age": Reader.age + 1, "city": cast(item["b"], TEXT)})
        new = {"id": cast(item["a"], INT8), "name": cast(item["b"], TEXT), "age": 1, "active": default()}
        return made.when_not_matched(item["a"].is_null()).do_nothing().when_not_matched().insert(new)

    def returned(self, made: Any, scope: Scope) -> Any:
        if self.chance():
            return made
        made = made.returning(self.value(scope, self.one_of("int", "text"), 1))
        if self.chance(3):
            table = made.cte(self.name(), "x")
            return Qail.get(table).columns("x").with_(table)
        return made

    def statement(self) -> Any:
        return self.one_of(self.whole, self.whole, self.whole, self.insert, self.update, self.delete, self.merge)()


def _locks(query: Any) -> bool:
    return "FOR UPDATE" in str(query)


@st.composite
def statements(draw: Any) -> Callable[[], Any]:
    """A statement as a function that builds it, so that its refusal is seen by the test."""
    making = Making(draw)
    try:
        built = making.statement()
    except Exception as error:  # noqa: BLE001 - the test raises it again and looks
        caught = error

        def refuse() -> Any:
            raise caught

        return refuse
    return lambda: built
