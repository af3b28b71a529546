"""Static assertions over definitions and utility statements: what they are, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any, assert_type

from schema import User

import qail
from qail import (
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    VARCHAR,
    Command,
    Fetchable,
    PgType,
    Qail,
    Row,
    array_of,
    cast,
    col,
    func,
    new,
    select,
)
from qail.ast.build.alter import AlterObject, Drop
from qail.ast.build.alter_table import AlterTable
from qail.ast.build.create import CreateTable, CreateTableAs
from qail.ast.build.create_index import CreateIndex
from qail.ast.build.maintenance import Explain, Vacuum
from qail.ast.build.utility import Call, Show
from qail.ast.build.view import CreateView
from qail.ddl import (
    Constraint,
    argument,
    check,
    exclude,
    foreign_key,
    from_to,
    generated,
    identity,
    in_values,
    index_key,
    primary_key,
    references,
    unique,
)

# What each gives.
assert_type(VARCHAR.sized(20), PgType[str])
assert_type(array_of(NUMERIC.sized(8, 2)).element, PgType[Any] | None)
assert_type(Qail.create(User), CreateTable)
assert_type(Qail.create("t").column("a", INT8, identity(), pk=True).column("b", TEXT, null=True), CreateTable)
assert_type(Qail.create("t").column("d", TEXT, default=date(2024, 1, 1)).if_not_exists().unlogged(), CreateTable)
assert_type(Qail.create("t").as_(select(User.id)).with_no_data(), CreateTableAs)
assert_type(primary_key("a", User.id).deferrable(), Constraint)
assert_type(foreign_key("a", User, User.id, on_delete="cascade", on_update="set null").match_full(), Constraint)
assert_type(check(User.age > 3, User.name.is_not_null(), name="c").not_valid(), Constraint)
assert_type(exclude((User.id, "="), ("during", "&&")).where(User.active), Constraint)
assert_type(Qail.create("p").partition_of(User, from_to((1, "a"), (2, "b"))).partition_by("hash", User.id), CreateTable)
assert_type(Qail.alter(User).add_column("a", INT4, unique(), default=3).drop_column(User.name), AlterTable)
assert_type(Qail.alter("t").set_type("a", INT4, using=cast(col("a"), INT4)).row_level_security("force"), AlterTable)
assert_type(Qail.alter_object("view", "v").if_exists(), AlterObject)
assert_type(Qail.drop(User, "t", ("s", "u")).if_exists().cascade(), Drop)
assert_type(Qail.drop_object("function", "f", arguments=(INT4,)), Drop)
assert_type(Qail.create_index("i", User, User.name.desc(), index_key("a", collation="C")).unique(), CreateIndex)
assert_type(Qail.create_view("v", select(User.id), "a").or_replace().with_check_option("local"), CreateView)
assert_type(Qail.vacuum("t", ("u", ["a"])).full().parallel(2), Vacuum)
assert_type(Qail.call("p", 1, None), Call)
assert_type(Qail.call(func.p(1)), Call)
assert_type(Qail.show("work_mem"), Show)
assert_type(Qail.explain(select(User.id)).analyze().buffers(), Explain)


# How each is run.
async def run(db: qail.Pool) -> None:
    commands: list[Command] = [
        Qail.create(User),
        Qail.alter("t").owner_to("a"),
        Qail.alter("t").rename_to("u"),
        Qail.create_enum("mood", "sad", "happy"),
        Qail.create_domain("d", TEXT).default("x"),
        Qail.create_function("f", {"a": INT4}).returns(INT4).body("SELECT 1"),
        Qail.create_trigger("t", User).before("insert").when(new(User.name) == "a").execute("f"),
        Qail.create_policy("p", User).for_("select").using(User.active),
        Qail.grant("select", ("update", "a")).on("table", User).to("a"),
        Qail.comment("column", User.name, "x"),
        Qail.lock(User, mode="share").nowait(),
        Qail.do("BEGIN END"),
        Qail.set_parameter("a", "b").local(),
        Qail.refresh("v").concurrently(),
    ]
    for command in commands:
        assert_type(await db.execute(command), int)
    assert_type(await db.fetch_one(Qail.call("p", 1)), Row)
    assert_type(await db.fetch_value(Qail.show("a")), str)
    assert_type(await db.explain(select(User.id), analyze=True, buffers=True, serialize="text"), dict[str, Any])
    assert_type(await db.explain(Qail.create("t").as_(select(User.id)), max_cost=10.0), dict[str, Any])
    fetched: Fetchable[tuple[str]] = Qail.show("a")
    assert_type(await db.fetch_one(fetched), tuple[str])


# What is refused.
Qail.create("t").column("a", "int8")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").column("a", INT8, "UNIQUE")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").constraint("CHECK (true)")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").constraint(identity())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").partition_by("magic", "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").partition_of("u", "DEFAULT")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").on_commit("explode")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").like("u", "everything")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create("t").as_("SELECT 1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
references("t", on_delete="explode")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
foreign_key(3, "t")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
check("a > 3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
generated("a * 2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
identity(start="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
in_values()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
argument("a", INT4, mode="both")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
VARCHAR.sized("20")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.alter("t").row_level_security("maybe")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.alter("t").set_type("a", "int8")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.alter("t").set_storage("a", "odd")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.alter("t").set_options(a=[1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.alter_object("thing", "t")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.drop_object("thing", "t")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_index("i", "t", 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_index("i", "t", "a").where("a > 3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_view("v", Qail.delete("t").all_rows())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_view("v", select(User.id)).with_check_option("wide")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_type("c", [("a", INT4)])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_function("f").volatility("never")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.create_policy("p", "t").for_("truncate")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.lock("t", mode="hard")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.set_parameter("a", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.reindex("view", "v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.explain("SELECT 1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.explain(select(User.id)).serialize("json")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Qail.vacuum("t").index_cleanup("maybe")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
