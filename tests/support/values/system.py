"""Values of the system's own types: positions, snapshots, reg types and the like, and what each must refuse."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from qail.pg.codec.snapshot import PgLsn, Snapshot, Tid
from support.values.case import Case, cases

ODD: Final[Any] = "no number"
U64: Final = 2**64 - 1
LISTED: Final[Any] = [2, 5]
CASES: Final[list[Case]] = [
    *cases("CO17", "cid", ("'0'", 0), ("'4294967295'", 2**32 - 1), ("'2147483648'", 2**31)),
    *cases(
        "CO17", "tid", ("'(0,1)'", Tid(0, 1)), ("'(0,0)'", Tid(0, 0)), ("'(4294967295,65535)'", Tid(2**32 - 1, 65_535))
    ),
    *cases(
        "CO17", "tid", ("'(2147483648,32768)'", Tid(2**31, 2**15)), ("'(2147483647,32767)'", Tid(2**31 - 1, 2**15 - 1))
    ),
    *cases("CO17", "pg_lsn", ("'0/0'", PgLsn(0)), ("'16/B374D848'", PgLsn("16/B374D848")), ("'1/0'", PgLsn(2**32))),
    *cases("CO17", "pg_lsn", ("'FFFFFFFF/FFFFFFFF'", PgLsn(U64)), ("'7fffffff/ffffffff'", PgLsn(2**63 - 1))),
    *cases("CO17", "pg_lsn", ("'80000000/00000000'", PgLsn(2**63)), ("'0/ffffffff'", PgLsn(2**32 - 1))),
    *cases("CO17", "pg_snapshot", ("'1:1:'", Snapshot(1, 1)), ("'10:20:10,14,15'", Snapshot(10, 20, [10, 14, 15]))),
    *cases("CO17", "pg_snapshot", ("'1:18446744073709551615:'", Snapshot(1, U64))),
    *cases("CO17", "pg_snapshot", ("'1:18446744073709551615:18446744073709551614'", Snapshot(1, U64, [U64 - 1]))),
    *cases("CO17", "pg_snapshot", ("'1:4294967298:4294967296'", Snapshot(1, 2**32 + 2, [2**32]))),
    *cases("CO17", "txid_snapshot", ("'3:7:'", Snapshot(3, 7)), ("'3:7:3,4,5,6'", Snapshot(3, 7, [3, 4, 5, 6]))),
    *cases("CO17", "refcursor", ("'a cursor'", "a cursor"), ("''", ""), ("'é'", "é")),
    *cases("CO17", "oidvector", ("''", []), ("'0 26 4294967295'", [0, 26, 2**32 - 1]), ("'1'", [1])),
    *cases("CO17", "int2vector", ("''", []), ("'-32768 0 32767'", [-(2**15), 0, 2**15 - 1]), ("'5'", [5])),
    *cases(
        "CO17", "regclass", ("'pg_class'", "pg_class"), ("'information_schema.tables'", "information_schema.tables")
    ),
    *cases(
        "CO17",
        "aclitem",
        ("'pg_monitor=r/pg_monitor'", "pg_monitor=r/pg_monitor"),
        ("'=U*/pg_monitor'", "=U*/pg_monitor"),
    ),
    *cases("CO17", "regclass", ("0", "-"), ("4294967295", "4294967295")),
    *cases("CO17", "regtype", ("'int4'", "integer"), ("'_text'", "text[]"), ("'time(3)'", "time without time zone")),
    *cases("CO17", "regtype", ("'\"char\"'", '"char"'), ("0", "-")),
    *cases("CO17", "regproc", ("'now'", "now"), ("0", "-"), ("'pg_catalog.now'", "now")),
    *cases("CO17", "regprocedure", ("'sum(int4)'", "sum(integer)"), ("'now()'", "now()")),
    *cases("CO17", "regoper", ("'||/'", "||/"), ("0", "0")),
    *cases("CO17", "regoperator", ("'+(int4,int4)'", "+(integer,integer)"), ("'-(NONE,int8)'", "-(NONE,bigint)")),
    *cases("CO17", "regconfig", ("'simple'", "simple"), ("'english'", "english")),
    *cases("CO17", "regdictionary", ("'simple'", "simple")),
    *cases("CO17", "regnamespace", ("'pg_catalog'", "pg_catalog"), ("0", "-")),
    *cases("CO17", "regrole", ("'pg_monitor'", "pg_monitor"), ("0", "-")),
    *cases("CO17", "regcollation", ("'\"C\"'", '"C"'), ("'\"default\"'", '"default"')),
]
# What is taken, and comes back as the value that says the same.
INPUTS: Final[list[Case]] = [
    *cases("CO17", "pg_lsn", ("'16/B374D848'", "16/B374D848"), ("'16/B374D848'", "16/b374d848"), ("'0/A'", 10)),
    *cases("CO17", "pg_snapshot", ("'1:9:2,5'", Snapshot(1, 9)._replace(xip=LISTED))),
    *cases("CO17", "regclass", ("1259", 1259), ("'pg_class'", "pg_catalog.pg_class"), ("'pg_class'", "1259")),
    *cases("CO17", "regproc", ("'pg_sleep'", 2626), ("4294967295", 2**32 - 1), ("0", 0)),
    *cases("CO17", "regtype", ("'int4'", 23), ("'int4[]'", "_int4")),
]
XIDS: Final = st.integers(1, U64).filter(lambda xid: xid % 2**32 != 0)


def snapshots() -> st.SearchStrategy[Any]:
    """Any xmin and xmax in order, and some of what lies between."""
    ends = st.tuples(XIDS, XIDS).map(sorted)
    return ends.flatmap(
        lambda pair: st.builds(
            Snapshot,
            st.just(pair[0]),
            st.just(pair[1]),
            st.sets(st.integers(pair[0], pair[1] - 1), max_size=8).map(sorted) if pair[0] < pair[1] else st.just(()),
        )
    )


REG_NAMES: Final = {
    each.name: [case.value for case in CASES if case.name == each.name] for each in CASES if each.name.startswith("reg")
}
STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "cid": st.integers(0, 2**32 - 1),
    "tid": st.builds(Tid, st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)),
    "pg_lsn": st.integers(0, U64).map(PgLsn),
    "pg_snapshot": snapshots(),
    "txid_snapshot": snapshots(),
    "oidvector": st.lists(st.integers(0, 2**32 - 1), max_size=100),
    "int2vector": st.lists(st.integers(-(2**15), 2**15 - 1), max_size=200),
    "refcursor": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    "aclitem": st.sampled_from(["pg_monitor=rw*/pg_monitor", "=U/pg_monitor"]),
    # Names that are there; the cast from text, which the round trip goes by, takes no OID for a regclass.
    **{name: st.sampled_from(names) for name, names in REG_NAMES.items()},
    "regclass": st.sampled_from(["pg_class", "information_schema.tables"]),
}
REG_TYPES: Final = ("regproc", "regprocedure", "regoper", "regoperator", "regclass", "regtype", "regconfig")
WRONG: Final[dict[str, list[object]]] = {
    "cid": [-1, 2**32, True, "1"],
    "tid": [Tid(-1, 0), Tid(2**32, 0), Tid(0, 65_536), Tid(0, -1), Tid(ODD, 1), Tid(0, True), (0, 1), "(0,1)"],
    "pg_lsn": [-1, 2**64, True, 1.0, "16B374D848", "16/", "1/2/3", "123456789/0", "x/0", ""],
    "pg_snapshot": [
        Snapshot(0, 5),
        Snapshot(7, 3),
        Snapshot(3, 7, [7]),
        Snapshot(3, 7, [2]),
        Snapshot(3, 7, [5, 4]),
        Snapshot(3, 7, [4, 4]),
        Snapshot(2**32, 2**32 + 1),
        Snapshot(1, 2**64),
        Snapshot._make((ODD, 5, ())),  # its constructor may refuse what is no int
        Snapshot(1, 5, [ODD]),
        (1, 5, ()),
        "1:5:",
    ],
    "txid_snapshot": [Snapshot(0, 0), Snapshot(-1, 5), "3:7:"],
    "refcursor": ["a\0", 5],
    "aclitem": ["a\0", 5],
    **{name: ["a\0", "\ud800", -1, 2**32, True, 1.5, b"now"] for name in REG_TYPES},
    "regdictionary": ["a\0", -1],
    "regnamespace": ["a\0", 2**32],
    "regrole": ["a\0", False],
    "regcollation": ["a\0", b"C"],
}
