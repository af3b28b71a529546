"""The parts of `pull` that need no database: what is wanted, and how the file is replaced."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from qail import INT4, BuildError, Columns, Outer, Qail, Table, cast, col
from qail.cli.main import CliCommand, main
from qail.cli.pull import read_module, write_module
from qail.cli.pull_catalog import Choice
from qail.errors import ConfigError
from qail.pgtype import PgType, array_of


class _Pair(Columns):
    id = col(INT4, pk=True)
    a = col(INT4)
    b = col(INT4, null=True, name="odd b")
    both = col(INT4, null=True, generated=True)


class Pair(_Pair, Table, name="pairs", unique=(("a", "odd b"),), foreign_keys=((("a",), "other", ("x",)),)): ...


class PairOuter(_Pair, Outer[Pair], name="pairs"): ...


@pytest.mark.feature("TY5")
@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (Choice(), True),
        (Choice(tables=("us*",)), True),
        (Choice(tables=("shop.users",)), True),
        (Choice(tables=("Users",)), False),
        (Choice(tables=("posts",)), False),
        (Choice(exclude=("shop.*",)), False),
        (Choice(tables=("users",), exclude=("users",)), False),
    ],
)
def test_patterns_choose_tables(choice: Choice, wanted: bool) -> None:
    assert choice.has("shop", "users") is wanted


@pytest.mark.feature("TY5")
def test_a_module_is_replaced_at_once_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "schema.py"
    path.write_text("old")
    path.chmod(0o640)

    write_module(path, "new é\n")

    assert read_module(path) == "new é\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.feature("TY5")
def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/inside").touch()

    with pytest.raises(ConfigError, match="cannot be written"):
        write_module(tmp_path / "folder", "x")

    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
    assert read_module(tmp_path / "none.py") is None


@pytest.mark.feature("TY5")
def test_a_command_says_its_exit_code() -> None:
    command = CliCommand("try", "for the test", lambda _: None, lambda _: 3)

    assert main([command], ["try"]) == 3


@pytest.mark.feature("TY5")
def test_keys_and_generated_columns_are_part_of_a_table() -> None:
    star = Pair.__qail_star__

    assert star.keys == (("id",), ("a", "odd b"))
    assert star.generated == {"both"}
    assert Pair.as_("p").__qail_star__.keys == star.keys
    assert Pair.__qail_foreign_keys__ == ((("a",), "other", ("x",)),)
    assert PairOuter.__qail_star__.keys is None
    for refused in (
        lambda: Qail.add(Pair).values({"both": 1}),
        lambda: Qail.set(Pair).values({"both": 1}),
        lambda: Qail.add(Pair).from_select(Qail.get("t").columns("x"), "both"),
        lambda: Qail.add(Pair).values({"a": 1}).on_conflict("id").do_update("both"),
    ):
        with pytest.raises(BuildError, match="column 'both' of table 'pairs' is generated: leave it out"):
            refused()
    assert 'SET "a"' in str(Qail.set(Pair).values({"a": 1}).all_rows())


@pytest.mark.feature("TY5")
def test_a_key_of_unknown_columns_is_refused() -> None:
    with pytest.raises(BuildError, match="unique= of Wrong names 'x', which is none of its columns"):

        class Wrong(_Pair, Table, name="wrong", unique=(("x",),)): ...


@pytest.mark.feature("TY5")
def test_a_type_in_a_schema_is_another_type() -> None:
    plain: PgType[str] = PgType("mood", 0, 0, "mood")
    shop: PgType[str] = PgType("mood", 0, 0, "mood", schema="shop")
    types: list[PgType[Any]] = [plain, shop, array_of(shop)]
    queries = [Qail.get("t").columns(cast("x", pg)) for pg in types]

    assert [str(query) for query in queries] == [
        'SELECT CAST($1 AS "mood") FROM "t"',
        'SELECT CAST($1 AS "shop"."mood") FROM "t"',
        'SELECT CAST($1 AS "shop"."mood"[]) FROM "t"',
    ]
