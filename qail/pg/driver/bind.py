"""From a Plan to the BoundPlan of one database: known at once, or described on a connection, once per catalog.

Rule 1: where all types are known to have a binary form nothing is asked. Otherwise the statement is parsed and
described first; nothing runs.
Rule 2: concurrent first uses describe twice, harmlessly; nobody waits for another's description.
Rule 3: a parameter that the server cannot infer (42P18; 42725, 42804 of functions of any type) is described once more
with the Python type's own OID. In an open transaction a savepoint is there for that, set and released in one flight,
so that what others run on the connection is never in it.
Rule 4: types that a description names and nobody knows are looked up before anything is bound, all in one query.

Source: protocol-flow.html, "Extended Query"
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from librt.strings import BytesWriter

from qail.compile.cache import Call
from qail.compile.frames import BoundPlan, bind_known, bind_plan, describe_segment
from qail.compile.plan import Plan
from qail.errors import BuildError, Outcome, PostgresError, QailError, StatementInvalidated
from qail.pg.catalog import Catalog, Namespace
from qail.pg.codec.registry import CodecRegistry
from qail.pg.driver.link import Link
from qail.pg.driver.segment import control, describe_only, unsent, write_control
from qail.pg.driver.types import Place, look_up
from qail.pg.protocol.request import DISCARD, Item, Request
from qail.pg.protocol.state import DESCRIBE_ONLY, PARSE
from qail.pg.protocol.statement_cache import is_altered_type, is_stale_statement
from qail.pg.steps.infer import own_oid
from qail.pg.steps.names import UNKNOWN_NAMES, name_advice
from qail.pg.wire.buffer import RowSink
from qail.pg.wire.description import RowDescription
from qail.pg.wire.query import SYNC_FRAME

UNTYPED_PARAMETERS: Final = frozenset({"42P18", "42725", "42804"})
"""indeterminate_datatype, ambiguous_function, datatype_mismatch (of a polymorphic function and a parameter)."""
_SET_SAVEPOINT: Final = b'SAVEPOINT "qail_description"'
_TAKE_BACK: Final = b'ROLLBACK TO SAVEPOINT "qail_description"'
_RELEASE: Final = b'RELEASE SAVEPOINT "qail_description"'
IDLE: Final = ord("I")


class _Description(RowSink):
    """Keeps the body of a RowDescription."""

    def __init__(self) -> None:
        self.body: bytes | None = None

    def describe(self, body: bytes) -> None:
        self.body = body

    def no_data(self) -> None:
        self.body = None


async def bind_all(
    link: Link, catalog: Catalog, namespace: Namespace, calls: Sequence[Call], place: Place, *, must_ask: bool = False
) -> list[BoundPlan]:
    """The binding of each call; what must be asked is asked on `link` in one flight.

    Args:
        place: says where what follows an answer is asked: `link` may be lent to somebody else by then.
        must_ask: describe even where the builder knows all types, for binary COPY, which converts nothing; and look
            composite types up again, of which a COPY that has begun could not.

    Raises:
        BuildError: a plan needs a newer server.
        PostgresError: the server refuses a statement: unknown table, unknown column ...
        UsageError: a class that was registered for a type does not fit it.
    """
    version = server_version(link)
    found: dict[Plan, BoundPlan] = {}
    missing: dict[Plan, Call] = {}
    for call in calls:
        bound = None if must_ask else known(catalog, namespace, call.plan, version)
        if bound is None:
            missing.setdefault(call.plan, call)
        else:
            found[call.plan] = bound
    if missing and must_open_first(link):
        await link.run(control(link, [], is_end=False))
        link = await place()
    asked = [(call, _ask(link, call.plan, _plan_oids(call.plan))) for call in missing.values()]
    described: list[tuple[Call, Request]] = []
    refused: QailError | None = None
    is_taken_back = False
    for call, request in asked:
        await _answered(link, request, [request for _, request in asked])
        if is_taken_back:  # the transaction had failed when this one came
            request = await _asked_again(place, call.plan, _plan_oids(call.plan))
        if _is_indeterminate(request):
            is_taken_back = _is_guarded(request)
            request = await _asked_again(place, call.plan, _own_oids(call), is_refused=is_taken_back)
        if request.error is not None:
            refused = with_query(request.error, call.plan)
            break
        described.append((call, request))
    if refused is None:
        await _learn(catalog.registry, described, place, must_ask=must_ask)
    for call, request in described:
        # After a refusal nothing may be asked: a transaction around it has failed.
        if refused is None or not catalog.registry.missing(_described_oids(request)):
            found[call.plan] = _bound(catalog, namespace, call.plan, request)
    if refused is not None:
        raise refused
    return [found[call.plan] for call in calls]


async def _learn(
    registry: CodecRegistry, described: list[tuple[Call, Request]], place: Place, *, must_ask: bool
) -> None:
    """Look up the types that these descriptions name and nobody knows."""
    oids = [oid for _, request in described for oid in _described_oids(request)]
    if must_ask:
        registry.forget_composites(oids)
    unknown = registry.missing(oids)
    if unknown:
        await look_up(await place(), registry, unknown)


def _described_oids(request: Request) -> list[int]:
    """The type OIDs of a described statement's parameters and columns."""
    item, sink = _described_item(request)
    oids = list(item.parameter_oids or [])
    body = sink.body
    if body is not None:
        oids += [column.type_oid for column in RowDescription.decode(body, 0, len(body)).columns]
    return oids


def known(catalog: Catalog, namespace: Namespace, plan: Plan, version: int) -> BoundPlan | None:
    """The binding that needs no question. Raises BuildError when the server is too old for the plan."""
    found = namespace.find(plan)
    if found is not None:
        return found
    check_version(plan, version)
    if plan.is_session_bound:
        catalog.need_session("this statement")
    bound = bind_known(plan, catalog.registry, is_named=catalog.is_named)
    if bound is not None:
        namespace.keep(plan, bound)
    return bound


def check_version(plan: Plan, version: int) -> None:
    """Raise BuildError when the server is too old for a plan."""
    if plan.least_version > version:
        raise BuildError(
            f"{plan.newest} needs PostgreSQL {_major(plan.least_version)}, and the server is {_major(version)}"
        )


def server_version(link: Link) -> int:
    """The server's version as a number, 180001 for 18.1; 0 when it has not said."""
    text = link.session.parameters.get("server_version", "")
    numbers = text.split(" ")[0].split(".")
    major = numbers[0] if numbers[0].isdigit() else "".join(takewhile(str.isdigit, numbers[0]))
    minor = numbers[1] if len(numbers) > 1 and numbers[1].isdigit() else "0"
    return int(major) * 10_000 + int(minor) if major else 0


def column_names(bound: BoundPlan) -> list[str]:
    """The result's column names, as the server described them."""
    body = bound.row_description
    return [] if body is None else [column.name for column in RowDescription.decode(body, 0, len(body)).columns]


def with_query(error: QailError, plan: Plan) -> QailError:
    """`error`, with the SQL it is about; a name that was meant as two is told how to be written."""
    if isinstance(error, PostgresError) and error.query is None:
        error.query = plan.sql.decode()
        if error.sqlstate in UNKNOWN_NAMES:
            advice = name_advice(error.message, error.query)
            if advice:
                error.args = (f"{error.message}; {advice}",)
    return error


def told(request: Request, plan: Plan) -> QailError:
    """The error of a settled request as its caller is told it: with the SQL, and what a stale statement means."""
    error = request.error
    assert error is not None
    if isinstance(error, PostgresError) and is_stale_statement(error) and request.is_in_transaction:
        invalid = StatementInvalidated(
            f"a prepared statement no longer fits the database: {error}; run the whole transaction again"
        )
        invalid.__cause__ = error
        return invalid
    return with_query(error, plan)


def forget_stale(namespace: Namespace, plan: Plan, error: QailError | None) -> None:
    """`error` says that a statement of `plan` was stale: it is described anew, and so are types that were altered."""
    bound = namespace.find(plan)
    if bound is not None and isinstance(error, PostgresError) and is_altered_type(error):
        bound.registry.forget_composites(bound.parameter_oids)
    namespace.drop(plan)


def heals(request: Request) -> bool:
    """Whether sending `request` again would be the first effect it has: its statement was stale, and outside a
    transaction nothing of the segment stays.
    """
    error = request.error
    return (
        isinstance(error, PostgresError)
        and is_stale_statement(error)
        and not request.is_in_transaction
        and request.transaction_status == IDLE
        and error.outcome is Outcome.ABORTED
    )


def _ask(link: Link, plan: Plan, oids: list[int], *, is_refused: bool = False) -> Request:
    """Ask what the server makes of a statement. `is_refused`: a guarded request was, and is to be taken back."""
    data = describe_segment(plan, b"", oids)
    is_open = len(link.scopes) > link.unsent_scopes
    if is_refused or (is_open and 0 in oids):
        request = _guarded(data, _TAKE_BACK if is_refused else _SET_SAVEPOINT)
    else:
        request = describe_only(link, data, _Description(), b"")
    link.submit(request)
    return request


async def _asked_again(place: Place, plan: Plan, oids: list[int], *, is_refused: bool = False) -> Request:
    """Ask once more, where that may be asked now. The request is settled."""
    link = await place()
    request = _ask(link, plan, oids, is_refused=is_refused)
    await _answered(link, request, [request])
    return request


def _guarded(description: bytes, before: bytes) -> Request:
    """A description with a savepoint round it, which is gone when the statement is no refused one."""
    out = BytesWriter()
    write_control(out, before)
    out.write(description[: -len(SYNC_FRAME)])
    write_control(out, _RELEASE)
    out.write(SYNC_FRAME)
    items = [Item(DISCARD, b"", PARSE), Item(_Description(), b"", DESCRIBE_ONLY), Item(DISCARD, b"", PARSE)]
    request = Request(out.getvalue(), items)
    request.is_read_only = True
    request.is_in_transaction = True
    return request


def _is_guarded(request: Request) -> bool:
    return not isinstance(request.items[-1].sink, _Description)


def _described_item(request: Request) -> tuple[Item, _Description]:
    """The item of a request that describes, and what it found."""
    for item in request.items:
        sink = item.sink
        if isinstance(sink, _Description):
            return item, sink
    raise AssertionError("a request that describes nothing")


async def _answered(link: Link, request: Request, all_asked: list[Request]) -> None:
    try:
        await link.answered(request)
    except BaseException:
        for each in all_asked:
            link.abandon(each)
        raise


def _bound(catalog: Catalog, namespace: Namespace, plan: Plan, request: Request) -> BoundPlan:
    item, sink = _described_item(request)
    bound = bind_plan(plan, catalog.registry, item.parameter_oids or [], sink.body, is_named=catalog.is_named)
    if namespace.is_own:
        # The name may be there already, parsed when it meant another table: the first run replaces it.
        bound.described.is_current = False
    namespace.keep(plan, bound)
    return bound


def must_open_first(link: Link) -> bool:
    """Whether what is opened and not sent has to be there before a statement is described.

    A savepoint must: a statement that the server refuses would fail the scope around it. And so must settings: names
    are looked up under them, and a table's lock is waited for.
    """
    scopes = unsent(link)
    return 0 < len(scopes) < len(link.scopes) or any(link.local_settings or scope.settings for scope in scopes)


def _is_indeterminate(request: Request) -> bool:
    error = request.error
    return isinstance(error, PostgresError) and error.sqlstate in UNTYPED_PARAMETERS


def _plan_oids(plan: Plan) -> list[int]:
    return [known_type.oid if known_type is not None else 0 for known_type in plan.parameter_types]


def _own_oids(call: Call) -> list[int]:
    oids = _plan_oids(call.plan)
    return [oid or own_oid(call.values[slot]) for oid, slot in zip(oids, call.plan.slots, strict=True)]


def _major(version: int) -> str:
    return str(version // 10_000)
