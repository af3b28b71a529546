"""Hostile text in every slot of definitions and utility statements: one statement, and the text where it was put.

PostgreSQL's own parser says what the statement is; without it these tests are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given, settings

from qail import INT4, TEXT, Qail, cast, col, func, new
from qail.ast.build.builder import Builder
from qail.ast.statement.statements import statement_of
from qail.ddl import (
    argument,
    check,
    collation,
    exclude,
    foreign_key,
    generated,
    in_values,
    index_key,
    primary_key,
    references,
    unique,
)
from support.hostile import HOSTILE_NAMES, HOSTILE_TEXTS, NAMES, TEXTS

pglast: Any = pytest.importorskip("pglast", reason="pglast, PostgreSQL's own parser, is a part of the test extra")

Make = Callable[[str, str], Builder]
# `n` stands in every place of a name, `t` in every place of a text or of a value.
SLOTS: Final[dict[str, Make]] = {
    "table": lambda n, t: Qail.create((n, n)).column(n, TEXT, collation((n, n)), check(col(n) != t, name=n), default=t)
    .with_options(**{n: t}).tablespace(n).using(n),
    "constraints": lambda n, t: Qail.create(n).column(n, TEXT, unique(name=n), references((n, n), n), null=True)
    .constraint(primary_key(n, name=n)).constraint(foreign_key(n, (n, n), n, name=n))
    .constraint(exclude((n, "="), using=n, name=n).where(col(n) == t)),
    "generated": lambda n, t: Qail.create(n).column(n, TEXT, generated(func.named(n)(col(n), t)), null=True),
    "partitions": lambda n, t: Qail.create(n).partition_of((n, n), in_values(t, None)).partition_by("list", n),
    "table as": lambda n, t: Qail.create(n).as_(Qail.get(n).eq(n, t), n),
    "like": lambda n, t: Qail.create(n).like((n, n)).inherits(n).column("c", TEXT, default=t),
    "alter": lambda n, t: Qail.alter((n, n)).add_column(n, TEXT, default=t).drop_column(n).set_default(n, t)
    .set_type(n, TEXT, using=cast(func.named(n)(t), TEXT), collation=n).drop_constraint(n).validate_constraint(n)
    .owner_to(n).enable_trigger(n).set_options(**{n: t}).reset_options(n).set_tablespace(n),
    "rename": lambda n, _: Qail.alter(n).rename_column(n, n),
    "rename object": lambda n, _: Qail.alter_object("type", (n, n)).rename_to(n),
    "move object": lambda n, _: Qail.alter_object("function", (n, n), arguments=(INT4,)).set_schema(n),
    "owner of object": lambda n, _: Qail.alter_object("view", (n, n)).owner_to(n),
    "drop": lambda n, _: Qail.drop_object("view", (n, n), n + "x" if len(n) < 9 else "x"),
    "drop on": lambda n, _: Qail.drop_trigger(n, (n, n)),
    "index": lambda n, t: Qail.create_index(n, (n, n), index_key(n, collation=n, operator_class=(n, n))).using(n)
    .include(n).where(col(n) == t).with_options(**{n: t}).tablespace(n),
    "view": lambda n, t: Qail.create_view((n, n), Qail.get((n, n), alias=n).eq(n, t).in_(n, [t, t]), n),
    "materialized view": lambda n, t: Qail.create_materialized_view(n, Qail.get(n).eq(n, t), n).tablespace(n),
    "schema": lambda n, _: Qail.create_schema(n).authorization(n),
    "sequence": lambda n, _: Qail.create_sequence((n, n)).owned_by((n, n), n),
    "enum": lambda n, t: Qail.create_enum((n, n), t),
    "enum value": lambda n, t: Qail.alter_enum(n).add_value(t, before=t),
    "domain": lambda n, t: Qail.create_domain((n, n), TEXT).default(t).collation(n)
    .constraint(check(col(n) == t, name=n)),
    "alter domain": lambda n, t: Qail.alter_domain(n).set_default(t),
    "composite": lambda n, _: Qail.create_type((n, n), {n: TEXT}),
    "range": lambda n, _: Qail.create_range(n, TEXT).collation((n, n)).operator_class(n).multirange((n, n)),
    "extension": lambda n, t: Qail.create_extension(n).schema(n).version(t),
    "extension update": lambda n, t: Qail.alter_extension(n).update_to(t),
    "function": lambda n, t: Qail.create_function((n, n), [argument(n, TEXT, default=t)]).returns_table({n: TEXT})
    .body(t, language=n).set_parameter((n, n), t),
    "trigger": lambda n, t: Qail.create_trigger(n, (n, n)).before("update", of=[n]).for_each_row()
    .when(new(n) == t).execute((n, n), t, t),
    "policy": lambda n, t: Qail.create_policy(n, (n, n)).to(n).using(col(n) == t).with_check(col(n) != t),
    "grant": lambda n, _: Qail.grant(("select", n)).on("table", (n, n)).to(n),
    "comment": lambda n, t: Qail.comment("constraint", n, t, on=(n, n)),
    "truncate": lambda n, _: Qail.truncate((n, n), n),
    "lock": lambda n, _: Qail.lock((n, n), n),
    "call": lambda n, _: Qail.call((n, n), 1),
    "do": lambda n, t: Qail.do(t, language=n),
    "set": lambda n, t: Qail.set_parameter((n, n), t, t),
    "show": lambda n, _: Qail.show((n, n)),
    "set constraints": lambda n, _: Qail.set_constraints((n, n), deferred=True),
    "vacuum": lambda n, _: Qail.vacuum(((n, n), [n])),
    "vacuum with a limit": lambda n, t: Qail.vacuum(n).buffer_usage_limit(t),
    "reindex": lambda n, _: Qail.reindex("table", (n, n)).tablespace(n),
    "cluster": lambda n, _: Qail.cluster((n, n), n),
    "explain": lambda n, _: Qail.explain(Qail.get((n, n)).eq(n, 1)),
}  # fmt: skip
LABELS: Final = ("enum", "enum value")


def strings(node: Any) -> Iterator[str]:
    """Every string of a tree."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from strings(item)
    elif isinstance(node, pglast.ast.Node):
        for name in node:
            yield from strings(getattr(node, name))


def takes_text(name: str) -> bool:
    return SLOTS[name].__code__.co_varnames[1] == "t"


def check_slots(name: str, identifier: str, text: str) -> None:
    query = SLOTS[name](identifier, text)
    sql = str(query)
    parsed = pglast.parse_sql(sql)

    assert [type(raw.stmt).__name__ for raw in parsed] == [type(statement_of(query)).__name__]
    found = set(strings(parsed[0].stmt))
    # The name of a setting is one string in PostgreSQL's tree.
    assert identifier in found or f"{identifier}.{identifier}" in found
    if takes_text(name):
        assert text in found


@pytest.mark.feature("PL2")
@pytest.mark.feature("DD3")
@pytest.mark.parametrize("name", SLOTS)
def test_hostile_names_and_texts_stay_where_they_were_put(name: str) -> None:
    for identifier in HOSTILE_NAMES:
        check_slots(name, identifier, "it's \\ $$ ; --")
    for text in HOSTILE_TEXTS:
        if name not in LABELS or 0 < len(text.encode()) < 64:
            check_slots(name, "n", text)


@settings(max_examples=30, deadline=None)
@given(identifier=NAMES, text=TEXTS)
def test_any_name_and_text_stay_where_they_were_put(identifier: str, text: str) -> None:
    for name in SLOTS:
        if name not in LABELS or 0 < len(text.encode()) < 64:
            check_slots(name, identifier, text)
