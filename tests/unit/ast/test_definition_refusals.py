"""What cannot be a definition is refused while it is built or compiled; the message names the thing and the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from qail import INT4, INT8, TEXT, BuildError, Qail, array_of, col, func
from qail.ast.build import (
    access,
    alter,
    alter_table,
    create,
    create_index,
    maintenance,
    routine,
    schema,
    types,
    utility,
)
from qail.ast.build import view as views
from qail.ast.build.definition import Defining
from qail.ast.clause.constraint import Constraint
from qail.ast.clause.definition import DefElem
from qail.ast.clause.option import Option
from qail.ast.statement.definitions import DEFINITIONS
from qail.ast.tokens import CLAUSE, OPTION
from qail.compile.cache import lookup
from qail.compile.registry import RENDERERS
from qail.compile.statement.forms import FORMS
from qail.ddl import (
    argument,
    check,
    domain_value,
    exclude,
    foreign_key,
    from_to,
    generated,
    in_values,
    primary_key,
    references,
    remainder,
    unique,
)
from support.sql_cases import CASES
from support.sql_tables import Boss, PostOuter, User

ANY: Any = Qail
REFUSED: Final[dict[str, tuple[Callable[[], Any], str]]] = {
    "two columns of a name": (lambda: Qail.create("t").column("a", INT4).column("a", INT4), "two columns named a"),
    "type as text": (lambda: ANY.create("t").column("a", "int4"), "type of column 'a' is one such as INT8"),
    "two primary keys": (
        lambda: Qail.create("t").column("a", INT4, pk=True).constraint(primary_key("a")),
        "two primary keys",
    ),
    "key of columns in a column": (lambda: Qail.create("t").column("a", INT4, unique("a")), "names no columns"),
    "key without columns": (lambda: Qail.create("t").constraint(unique()), "name its columns"),
    "references of a table": (lambda: Qail.create("t").constraint(references("u")), r"foreign_key\(columns, table\)"),
    "text as constraint": (lambda: ANY.create("t").constraint("CHECK (true)"), "takes primary_key"),
    "exclusion of a column": (lambda: Qail.create("t").column("a", INT4, exclude(("a", "="))), r"constraint\(\)"),
    "text as part": (lambda: ANY.create("t").column("a", INT4, "UNIQUE"), "takes primary_key"),
    "default and generated": (
        lambda: Qail.create("t").column("a", INT4, generated(col("b")), default=1),
        "only one of them",
    ),
    "generated of a value": (lambda: generated(3), "takes an expression"),  # type: ignore[arg-type]
    "check of text": (lambda: check("a > 0"), "condition"),  # type: ignore[arg-type]
    "foreign key of other width": (lambda: foreign_key(["a", "b"], "t", "x"), "2 columns refers to 1"),
    "foreign key of nothing": (lambda: foreign_key([], "t"), "at least one"),
    "key twice": (lambda: primary_key("a", "a"), "is there twice"),
    "reaction": (lambda: references("t", on_delete="explode"), "on_delete is one of no action"),  # type: ignore[arg-type]
    "match of a check": (lambda: check(col("a") > 1).match_full(), "CHECK constraint has no MATCH FULL"),
    "validity of a key": (lambda: unique("a").not_valid(), "UNIQUE constraint has no NOT VALID"),
    "deferrable twice": (lambda: unique("a").deferrable().deferrable(), "said twice"),
    "operator of an exclusion": (lambda: exclude(("a", "=; DROP TABLE t")), "operator"),
    "partition key with order": (lambda: ANY.create("t").partition_by("list", col("a").desc()), "has no order"),
    "partition strategy": (lambda: ANY.create("t").partition_by("magic", "a"), "one of range, list, hash"),
    "bound as text": (lambda: ANY.create("t").partition_of("u", "DEFAULT"), "takes in_values"),
    "range of other width": (lambda: from_to((1, 2), 3), "from 2 values to 1"),
    "remainder too large": (lambda: remainder(4, 4), "less than it"),
    "remainder of text": (lambda: remainder("4", 0), "is an int"),  # type: ignore[arg-type]
    "partition with columns": (
        lambda: Qail.create("t").partition_of("u", in_values(1)).column("a", INT4),
        "has the columns of its table",
    ),
    "like anything": (lambda: ANY.create("t").like("u", "everything"), "one of comments"),
    "alias defined": (lambda: Qail.create(Boss), "not an alias"),
    "outer twin altered": (lambda: Qail.alter(PostOuter), "not an alias or an outer twin"),
    "no table": (lambda: ANY.create(3), "is no table"),
    "as behind an option": (lambda: Qail.create("t").if_not_exists().as_(Qail.get("u")), "directly behind create"),
    "as of text": (lambda: ANY.create("t").as_("SELECT 1"), "takes a query"),
    "alter of nothing": (lambda: Qail.alter("t").if_exists(), "name an action"),
    "rename with others": (lambda: Qail.alter("t").drop_column("a").rename_to("u"), "statement of its own"),
    "if exists of a type": (lambda: Qail.alter_object("type", "t").if_exists(), "TYPE has no IF EXISTS"),
    "kind of object": (lambda: ANY.alter_object("thing", "t"), "the kind of object is one of table"),
    "arguments of a view": (lambda: Qail.drop_object("view", "v", arguments=(INT4,)), "a view has no arguments"),
    "arguments of several": (
        lambda: Qail.drop_object("function", "f", "g", arguments=(INT4,)),
        "as many statements",
    ),
    "concurrent drop of a table": (lambda: Qail.drop("t").concurrently(), "DROP TABLE has no CONCURRENTLY"),
    "row security": (lambda: ANY.alter("t").row_level_security("maybe"), "one of enable"),
    "options of nothing": (lambda: Qail.alter("t").set_options(), "at least one option"),
    "option of a list": (lambda: Qail.alter("t").set_options(a=[1]), "is a bool, a number or a str"),  # type: ignore[arg-type]
    "index of a value": (lambda: ANY.create_index("i", "t", 3), "columns and expressions"),
    "index of another table": (lambda: Qail.create_index("i", "t", func.lower(User.name)), "not in FROM"),
    "view of a write": (lambda: Qail.create_view("v", Qail.delete("t").all_rows()), "a SELECT"),  # type: ignore[arg-type]
    "view of a value without form": (lambda: Qail.create_view("v", Qail.get("t").eq("a", {"b": 1})), "no literal form"),
    "view options": (lambda: Qail.create_view("v", Qail.get("t")).with_options(), "at least one option"),
    "refresh of nothing concurrently": (lambda: Qail.refresh("v").concurrently().with_no_data(), "exclude each other"),
    "sequence of text": (lambda: ANY.create_sequence("s").as_type(TEXT), "INT2, INT4 or INT8"),
    "sequence that stands still": (lambda: Qail.create_sequence("s").increment(0), "same number"),
    "cache of nothing": (lambda: Qail.create_sequence("s").cache(0), "less than the one"),
    "sequence without a change": (lambda: Qail.alter_sequence("s"), "name a change"),
    "label twice": (lambda: Qail.create_enum("e", "a", "a"), "is there twice"),
    "label too long": (lambda: Qail.create_enum("e", "x" * 64), "1 to 63 bytes, not 64"),
    "label of nothing": (lambda: Qail.alter_enum("e").add_value(""), "1 to 63 bytes, not 0"),
    "label in two places": (lambda: Qail.alter_enum("e").add_value("a", before="b", after="c"), "not both"),
    "two labels at once": (lambda: Qail.alter_enum("e").add_value("a").add_value("b"), "a statement for each"),
    "enum unchanged": (lambda: Qail.alter_enum("e"), r"add_value\(\) or rename_value"),
    "domain with a key": (lambda: Qail.create_domain("d", TEXT).constraint(unique("a")), "takes check"),
    "domain twice": (lambda: Qail.alter_domain("d").set_not_null().drop_default(), "a statement for each"),
    "composite of pairs": (lambda: ANY.create_type("c", [("a", INT4)]), "mapping of names to types"),
    "function without a body": (lambda: Qail.create_function("f").returns(INT4), r"body\(\) says what it does"),
    "function of text": (lambda: ANY.create_function("f", ["int4"]).body(""), "is a type such as INT8"),
    "mode of an argument": (lambda: argument("a", INT4, mode="both"), "one of in, out"),  # type: ignore[arg-type]
    "volatility": (lambda: ANY.create_function("f").volatility("never"), "one of immutable"),
    "table without columns": (lambda: Qail.create_function("f").returns_table({}), "one at least"),
    "trigger without a time": (lambda: Qail.create_trigger("t", "u").execute("f"), r"before\(\), after\(\)"),
    "trigger without a function": (lambda: Qail.create_trigger("t", "u").before("insert"), r"execute\(\) says"),
    "trigger of an event": (lambda: Qail.create_trigger("t", "u").after("select"), "the event of a trigger is one of"),
    "columns of an insert": (lambda: Qail.create_trigger("t", "u").after("insert", of=["a"]), "of= names the columns"),
    "policy command": (lambda: ANY.create_policy("p", "t").for_("truncate"), "one of all, select"),
    "policy unchanged": (lambda: Qail.alter_policy("p", "t"), "name a change"),
    "privilege": (lambda: Qail.grant("everything"), "a privilege is one of select"),
    "grant to nobody": (lambda: Qail.grant("select").on("table", "t"), "says whose"),
    "grant on nothing": (lambda: Qail.grant("select").to("a"), r"on\(\) says what"),
    "comment on a bare column": (lambda: Qail.comment("column", "a", "x"), r"takes \(table, column\)"),
    "comment on a constraint of nothing": (lambda: Qail.comment("constraint", "c", "x"), "needs on=table"),
    "comment on a table of a table": (lambda: Qail.comment("table", "c", "x", on="t"), "leave on= out"),
    "comment of a number": (lambda: ANY.comment("table", "t", 3), "a comment is a str"),
    "lock mode": (lambda: ANY.lock("t", mode="hard"), "the mode of a lock is one of access share"),
    "table twice": (lambda: Qail.truncate("t", "t"), "names a table twice"),
    "setting of nothing": (lambda: ANY.set_parameter("a", None), "the value of a setting is a str"),
    "call with arguments twice": (lambda: Qail.call(col("a").op("+")(1)), "procedure"),
    "reindex of a view": (lambda: ANY.reindex("view", "v"), "one of index, table"),
    "explain of text": (lambda: ANY.explain("SELECT 1"), "takes a query"),
    "explain of explain": (lambda: Qail.explain(Qail.explain(Qail.get("t"))), "an EXPLAIN already"),
    "explain of a half": (lambda: Qail.explain(Qail.delete("t")), "without a condition"),
    "size of an array": (lambda: array_of(TEXT).sized(3), "an array has no size of its own"),
    "size of nothing": (lambda: TEXT.sized(), "is sized by ints"),
    "size of truth": (lambda: TEXT.sized(True), "is sized by ints"),
    "name with a nul": (lambda: Qail.create_schema("a\0b"), "holds a NUL"),
    "name of four": (lambda: ANY.create_sequence(("a", "b", "c", "d")), "not 4 names"),
}  # fmt: skip


@pytest.mark.feature("DD1")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_the_way_out(name: str) -> None:
    build, told = REFUSED[name]

    with pytest.raises((BuildError, AttributeError), match=told):
        str(build())


def test_a_keyword_is_never_a_users_text() -> None:
    for hostile in ("CASCADE; DROP TABLE t", "'", "cascade", "a", ""):
        with pytest.raises(BuildError, match="no keyword"):
            DefElem("X", (hostile,))
        with pytest.raises(BuildError, match="no option"):
            Option(hostile)


@pytest.mark.feature("ST3")
def test_a_clause_or_option_that_a_statement_has_not_is_refused() -> None:
    schema_name = Qail.create_schema("s")
    for step, node in ((CLAUSE, DefElem("USING", ("USING",))), (OPTION, Option("CASCADE"))):
        with pytest.raises(BuildError, match="CreateSchemaStmt has no"):
            lookup(schema.CreateSchema(schema_name, step, node))


@pytest.mark.feature("ST3")
def test_every_statement_has_a_form_and_every_form_a_statement() -> None:
    assert FORMS.keys() - DEFINITIONS.keys() == {step for step in FORMS if FORMS[step][:2] == ("CREATE", "?TEMPORARY")
        and ":PARTITION OF" in FORMS[step]}  # fmt: skip
    assert DEFINITIONS.keys() <= FORMS.keys()
    assert all(statement in RENDERERS for statement in DEFINITIONS.values())


MODULES: Final = (access, alter, alter_table, create, create_index, maintenance, routine, schema, types, utility, views)
BUILDERS: Final = [
    found
    for module in MODULES
    for found in vars(module).values()
    if isinstance(found, type)
    and issubclass(found, (Defining, maintenance.Explain))
    and found.__module__ == module.__name__
]


def methods(of: type) -> set[str]:
    return {name for name, found in vars(of).items() if callable(found) and not name.startswith(("_", "find_"))}


@pytest.mark.feature("ST3")
def test_every_method_of_every_builder_is_used_by_a_golden_case() -> None:
    """By its name in the sources of the corpus, whose texts are compared to the letter."""
    from pathlib import Path

    import support.sql_cases as corpus

    folder = Path(str(corpus.__file__)).parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("sql_cases_*.py"))
    asked = {f"{builder.__name__}.{name}" for builder in [*BUILDERS, Constraint] for name in methods(builder)}

    assert sorted(name for name in asked if f".{name.split('.')[1]}(" not in source) == []
    assert len(asked) > 120
    assert len(CASES) > 400


def test_domain_values_and_int8_have_their_own_text() -> None:
    assert str(Qail.create_domain("d", INT8).constraint(check(domain_value() > 1))).endswith("CHECK (VALUE > 1)")
