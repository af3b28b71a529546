"""Hostile servers: answers that no server gives, to requests that others ride behind.

What is asked of all: each caller is told once, nobody gets the answer of another, a connection whose stream is in doubt
is spent, and the next one works.
"""

from __future__ import annotations

from typing import Any

import psutil
from librt.strings import BytesWriter

from chaos.registry import FaultRun, fault
from qail import INT8, ConnectionLost, DecodeError, Outcome, ProtocolError, Qail, QailError
from qail.pg.codec.base import BINARY_FORMAT, Codec
from qail.pg.codec.refusal import TextNeeded
from qail.pg.codec.registry import BUILTIN
from qail.pg.wire.message import Message, encode_message
from qail.pg.wire.result import CommandComplete, DataRow, ReadyForQuery
from qail.pgtype import REGCLASS
from qail.testing import ChaosProxy, Executed, Rule, Script, ScriptedServer, error, frames
from support.value_cases import CASES

TOKENS = Qail.get("tokens")
ONE = Qail.get("one").columns("id")
WRITE = Qail.add("log").values({"id": 1})
BAD = Qail.get("bad").columns("id")
RSS_BYTES = 64 << 20


def token(number: int) -> Any:
    return TOKENS.columns("id").eq("id", number)


def echo(executed: Executed) -> Script:
    return Script(columns=[("id", INT8)], rows=[[each] for each in executed.parameters], parameters=[INT8])


def scripted(**more: Any) -> ScriptedServer:
    """A server that echoes tokens; `bad` and `log` do what `more` says."""
    scripts: dict[str, Any] = {
        str(token(1)): echo,
        str(ONE): Script(columns=[("id", INT8)], rows=[[1]]),
        str(WRITE): more.get("write", Script("INSERT 0 1", parameters=[INT8])),
        str(BAD): more.get("bad", Script(columns=[("id", INT8)], rows=[[1]])),
    }
    return ScriptedServer(scripts)


async def together(run: FaultRun, *work: Any) -> list[Any]:
    """All at once; every result, and no exception that is not ours."""
    results = await run.backend.together(*work)
    strange = [each for each in results if isinstance(each, BaseException) and not isinstance(each, QailError)]
    assert not strange, strange
    return results


def check_echoes(numbers: list[int], results: list[Any]) -> None:
    """Each caller has its own token or an error, never a neighbour's."""
    wrong = [(n, got) for n, got in zip(numbers, results, strict=True) if not isinstance(got, QailError) and got != n]
    assert not wrong, wrong


FATAL = error("57P01", "FATAL", "terminating connection due to administrator command")


@fault("F43")
async def a_fatal_error_behind_command_complete(run: FaultRun) -> None:
    for last in (frames(FATAL), frames(FATAL, FATAL)):
        dying = Script("INSERT 0 1", parameters=[INT8], at="sync", send=last, ends="close")
        with scripted(write=dying) as server:
            async with run.backend.connect(server.dsn()) as connection:
                (told, *_) = await together(run, lambda c=connection: c.execute(WRITE))
                assert isinstance(told, ConnectionLost), told
                assert told.outcome is Outcome.UNKNOWN, "no ReadyForQuery came: not acknowledged, not denied"
                assert "57P01" in _chain(told)
                (after,) = await together(run, lambda c=connection: c.fetch_value(ONE))
                assert isinstance(after, QailError), after
                assert after.outcome is Outcome.NOT_SENT


@fault("F43")
async def a_fatal_error_with_others_behind_it(run: FaultRun) -> None:
    dying = Script(columns=[("id", INT8)], rows=[[1]], at="sync", send=frames(FATAL), ends="close")
    numbers = list(range(100, 120))
    with scripted(bad=dying) as server:
        async with run.backend.pool(server.dsn(), max_size=1) as pool:
            assert await pool.fetch_value(token(7)) == 7
            work: list[Any] = [lambda n=n: pool.fetch_value(token(n)) for n in numbers]
            results = await together(run, *work[:10], lambda: pool.fetch_value(BAD), *work[10:])
            assert isinstance(results.pop(10), ConnectionLost)
            check_echoes(numbers, results)
            assert await pool.fetch_value(token(8), timeout=30) == 8


@fault("F43")
async def a_fatal_error_while_idle(run: FaultRun) -> None:
    with scripted() as server:
        async with run.backend.pool(server.dsn(), max_size=1) as pool:
            assert await pool.fetch_value(token(1)) == 1
            server.connections[-1].send(FATAL)
            server.connections[-1].close()
            (told,) = await together(run, lambda: pool.fetch_value(token(2)))
            # Either the end was known, and another connection served, or the request met it on its way.
            assert told == 2 or (isinstance(told, ConnectionLost) and "57P01" in _chain(told)), told
            assert await pool.fetch_value(token(3), timeout=30) == 3


def _chain(problem: BaseException | None) -> str:
    """What an error and its causes say, the SQLSTATEs included."""
    said = ""
    while problem is not None:
        said += f"{problem} {getattr(problem, 'sqlstate', '')} "
        problem = problem.__cause__
    return said


@fault("F44")
async def a_message_too_many_or_too_few(run: FaultRun) -> None:
    numbers = list(range(40))
    stray: list[Message] = [ReadyForQuery(ord("I")), CommandComplete("SELECT 1"), DataRow([(99).to_bytes(8, "big")])]
    rules = [Rule(verb, message=kind, nth=12) for verb in ("dup", "drop") for kind in "ZCD2"]
    rules += [Rule("inject", message="2", nth=12, data=encode_message(each)) for each in stray]
    with scripted() as server, ChaosProxy(server.dsn()) as proxy:
        for rule in rules:
            async with run.backend.pool(proxy.dsn(), max_size=1) as pool:
                assert await pool.fetch_value(token(7)) == 7
                armed = proxy.add(rule)
                work: list[Any] = [lambda n=n: pool.fetch_value(token(n), timeout=60) for n in numbers]
                results = await together(run, *work)
                assert armed.fired == 1, rule
                if rule.message != "D" and not rule.data:
                    check_echoes(numbers, results)
                failed = [each for each in results if isinstance(each, QailError)]
                assert await pool.fetch_value(token(8), timeout=60) == 8
                # Where nobody waited just then nobody has to be told; but the connection is used no more.
                assert failed or rule.message == "D" or pool.stats().opened_total > 1, (rule, results)


@fault("F44")
async def an_answer_to_nothing(run: FaultRun) -> None:
    answers = [
        frames(DataRow([b"1"])),
        frames(CommandComplete("SELECT 1"), ReadyForQuery(73)),
        frames(ReadyForQuery(73)),
    ]
    for answer in answers:
        with scripted() as server:
            async with run.backend.pool(server.dsn(), max_size=1) as pool:
                assert await pool.fetch_value(token(1)) == 1
                server.connections[-1].send(answer)
                results = await together(run, *[lambda n=n: pool.fetch_value(token(n)) for n in range(20)])
                check_echoes(list(range(20)), results)
                assert await pool.fetch_value(token(8), timeout=30) == 8
                assert len(server.connections) > 1, "the connection was used on"


def _frame(kind: bytes, length: int, body: bytes = b"") -> bytes:
    return kind + (length & 0xFFFF_FFFF).to_bytes(4, "big") + body


WRONG_BYTES = {
    "unknown type": _frame(b"!", 4),
    "length 3": _frame(b"D", 3),
    "length 0": _frame(b"C", 0),
    "length -1": _frame(b"D", -1),
    "length -2**31": _frame(b"Z", -(2**31)),
    "length 2**31 - 1": _frame(b"D", 2**31 - 1),
    "long ready": _frame(b"Z", 2**20),
    "row of two": frames(DataRow([b"1" * 8, b"1" * 8])),
    "row of none": frames(DataRow([])),
    "row count beyond": _frame(b"D", 4 + 2, b"\xff\xff"),
    "field beyond": _frame(b"D", 4 + 2 + 4, b"\0\1\x7f\xff\xff\xff"),
    "field below": _frame(b"D", 4 + 2 + 4, b"\0\1\xff\xff\xff\xfe"),
    "bytes behind": _frame(b"D", 4 + 2 + 4 + 3, b"\0\1\xff\xff\xff\xffabc"),
    "status": _frame(b"Z", 5, b"?"),
    "tag unterminated": _frame(b"C", 4 + 3, b"abc"),
}


@fault("F45")
async def bytes_that_are_no_message(run: FaultRun) -> None:
    before = psutil.Process().memory_info().rss
    for name, wrong in WRONG_BYTES.items():
        with scripted(bad=Script(columns=[("id", INT8)], rows=[[1]], send=wrong)) as server:
            async with run.backend.connect(server.dsn()) as connection:
                (told,) = await together(run, lambda c=connection: c.fetch_all(BAD))
                assert isinstance(told, ProtocolError), (name, told)
                assert told.connection_spent
                (after,) = await together(run, lambda c=connection: c.fetch_value(ONE))
                assert isinstance(after, QailError), (name, after)
                assert after.outcome is Outcome.NOT_SENT
    assert psutil.Process().memory_info().rss - before < RSS_BYTES


@fault("F45")
async def a_length_that_is_allowed_and_never_comes(run: FaultRun) -> None:
    before = psutil.Process().memory_info().rss
    claim = _frame(b"D", 0x3FFF_FFFF, b"\0\1\x3f\0\0\0")
    with scripted(bad=Script(columns=[("id", INT8)], send=claim, ends="close")) as server:
        for _ in range(5):
            async with run.backend.connect(server.dsn()) as connection:
                (told,) = await together(run, lambda c=connection: c.fetch_all(BAD))
                assert isinstance(told, ConnectionLost), told
    assert psutil.Process().memory_info().rss - before < RSS_BYTES


@fault("F45")
async def a_row_that_nobody_described(run: FaultRun) -> None:
    undescribed = Script("SELECT 1", rows=[[b"1" * 8]])
    with scripted(bad=undescribed) as server:
        async with run.backend.connect(server.dsn()) as connection:
            (told,) = await together(run, lambda c=connection: c.fetch_all(BAD))
            assert isinstance(told, ProtocolError), told
            assert told.connection_spent


def _mutants(run: FaultRun, valid: bytes) -> list[bytes]:
    """Cut, longer, single bits changed, and nonsense."""
    found = [valid[:size] for size in range(min(len(valid), 12))] + [valid + b"\0", valid * 2, b"\xff" * len(valid)]
    for _ in range(12):
        changed = bytearray(valid or b"\0")
        bit = run.random.randrange(len(changed) * 8)
        changed[bit // 8] ^= 1 << (bit % 8)
        found.append(bytes(changed))
    return found + [run.random.randbytes(run.random.randrange(40)) for _ in range(6)]


def _samples() -> dict[int, list[bytes]]:
    """For each type with a codec some values as the server would send them; one type's travel as text."""
    values: dict[str, list[object]] = {}
    for case in CASES:
        values.setdefault(case.name, []).append(case.value)
    found: dict[int, list[bytes]] = {REGCLASS.oid: [b"pg_class", "é".encode()]}
    for oid, codec in BUILTIN.items():
        singles = values.get(codec.type_name.removesuffix("[]"))
        if singles is not None and codec.format_code == BINARY_FORMAT:
            if codec.type_name.endswith("[]"):
                singles = [[*(value for value in singles if _encoded(codec, [value]) is not None), None]]
            encodings = [_encoded(codec, value) for value in singles]
            found[oid] = [each for each in encodings if each is not None]
    return found


def _encoded(codec: Codec, value: object) -> bytes | None:
    """Its bytes; None for a value that a server takes as text only."""
    out = BytesWriter()
    try:
        codec.encode(out, value)
    except TextNeeded:
        return None
    return out.getvalue()[4:]


@fault("F46")
async def values_that_are_none(run: FaultRun) -> None:
    sent: dict[str, bytes] = {}
    samples = _samples()
    assert len(samples) > 20

    def answer(oid: int) -> Any:
        return lambda executed: Script(columns=[("v", oid)], rows=[[sent[executed.sql]]])

    queries = {oid: Qail.get(f"type{oid}").columns("v") for oid in samples}
    scripts: dict[str, Any] = {str(query): answer(oid) for oid, query in queries.items()}
    scripts[str(ONE)] = Script(columns=[("id", INT8)], rows=[[1]])
    refused = 0
    with ScriptedServer(scripts) as server:
        async with run.backend.connect(server.dsn()) as connection:
            for oid, query in queries.items():
                for wrong in _mutants(run, run.random.choice(samples[oid])):
                    sent[str(query)] = wrong
                    (told,) = await together(run, lambda q=query: connection.fetch_value(q))
                    assert not isinstance(told, QailError) or isinstance(told, DecodeError), (oid, wrong, told)
                    if isinstance(told, DecodeError):
                        refused += 1
                        assert not told.connection_spent
                        assert told.outcome is Outcome.DONE
                assert await connection.fetch_value(ONE) == 1
        assert refused > len(samples)
        assert len(server.connections) == 1
