"""Table classes: expressions on the class, values on rows, and names that are hostile."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from qail import (
    BOOL,
    INT8,
    TEXT,
    BuildError,
    Col,
    ColumnExpr,
    Columns,
    DecodeError,
    Outer,
    Qail,
    Table,
    array_of,
    col,
    select,
)
from qail.rows.target import rows_in_form


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    email: Col[str | None] = col(TEXT, null=True)


class User(_User, Table, name="users"):
    def greeting(self) -> str:
        return f"hello {self.name}"


class UserOuter(_User, Outer[User], name="users"): ...


class Tag(Table, name=("app", "tags")):
    id: Col[int] = col(INT8)


class Loud(User):
    def greeting(self) -> str:
        return super().greeting().upper()


def no_names() -> tuple[str, ...]:
    raise AssertionError("this form does not go by name")


def ann(**changes: Any) -> User:
    values: dict[str, Any] = {"id": 1, "name": "ann", "email": None}
    return User(**(values | changes))


def make_table(columns: dict[str, Any], name: str | tuple[str, str] = "t") -> Any:
    meta: Any = type(Table)
    return meta("T", (Table,), {"__module__": __name__, **columns}, name=name)


def test_the_class_has_expressions_and_the_row_values() -> None:
    user = ann()

    assert isinstance(User.id, ColumnExpr)
    assert (user.id, user.name, user.email) == (1, "ann", None)
    assert isinstance(user, User)
    assert user.greeting() == "hello ann"


def test_a_row_is_compared_by_value_hashed_copied_and_pickled() -> None:
    user = ann()

    assert user == ann()
    assert user != ann(id=2)
    assert user != (1, "ann", None)
    assert hash(user) == hash(ann())
    assert copy.copy(user) == user
    assert pickle.loads(pickle.dumps(user)) == user
    assert repr(user) == "User(id=1, name='ann', email=None)"


def test_a_row_is_matched_by_its_columns() -> None:
    match ann():
        case User(id=1, name=name):
            assert name == "ann"
        case _:
            pytest.fail("the pattern did not match")


@pytest.mark.parametrize("values", [{"id": 1}, {"id": 1, "name": "a", "email": None, "nme": "b"}])
def test_a_row_with_a_missing_or_unknown_column_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        User(**values)


def test_a_row_takes_no_other_attribute() -> None:
    user: Any = ann()

    with pytest.raises(AttributeError):
        user.nme = "x"


def test_an_alias_is_the_same_table_under_another_name() -> None:
    manager = User.as_("m")

    assert manager is User.as_("m")
    assert str(select(manager.id)) == 'SELECT "m"."id" FROM "users" AS "m"'
    rows = rows_in_form(Qail.get(manager), [(1, "ann", None)], no_names)
    assert rows == [ann()]
    assert type(rows[0]) is type(ann())


def test_a_table_in_one_class_has_a_schema_and_aliases_too() -> None:
    assert str(select(Tag.as_("t").id)) == 'SELECT "t"."id" FROM "app"."tags" AS "t"'


def test_an_outer_twin_is_nullable_and_its_rows_are_those_of_the_table() -> None:
    assert UserOuter.id.null
    assert not User.id.null
    assert UserOuter.__qail_star__.table is User
    assert UserOuter.as_("u").__qail_star__.table is User


def test_a_subclass_is_the_same_table_and_its_rows_are_its_own_objects() -> None:
    rows: list[Any] = rows_in_form(Qail.get(Loud), [(1, "ann", None)], no_names)

    assert rows[0].greeting() == "HELLO ANN"
    assert isinstance(rows[0], Loud)
    assert str(Qail.get(Loud)) == str(Qail.get(User))


class Vague:
    def __eq__(self, other: object) -> Any:
        raise TypeError("a list of bools, as of an array of numpy")

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


@pytest.mark.feature("RS4")
def test_null_is_found_beside_values_whose_equality_is_no_bool() -> None:
    vague = Vague()

    (row,) = rows_in_form(Qail.get(User), [(1, vague, None)], no_names)

    assert row.name is vague
    with pytest.raises(DecodeError, match="'name' of User is NULL in row 2"):
        rows_in_form(Qail.get(User), [(1, vague, None), (2, None, None)], no_names)


@pytest.mark.feature("RS4")
def test_null_in_a_column_that_is_not_null_names_the_column() -> None:
    with pytest.raises(DecodeError, match="'name' of User is NULL"):
        rows_in_form(Qail.get(User), [(1, "ann", None), (2, None, None)], no_names)


@pytest.mark.parametrize("name", ["self", "cls", "keys", "as_", "id", "name", "values", "row", "None_", "mro", "print"])
def test_a_column_may_have_the_name_of_anything_else(name: str) -> None:
    table = make_table({name: col(INT8)})
    row = table(**{name: 5})

    assert getattr(row, name) == 5
    assert str(select(getattr(table, name))) == f'SELECT "t"."{name}" FROM "t"'
    assert row == table(**{name: 5})


@pytest.mark.parametrize(
    "name", ["class", "a b", "1st", "", "x=0):\n    import os\ndef f(y", "__init__", "__qail_star__"]
)
def test_an_attribute_that_is_no_plain_identifier_is_refused(name: str) -> None:
    with pytest.raises(BuildError, match="cannot be the name of an attribute"):
        make_table({name: col(INT8)})


@pytest.mark.parametrize("name", ["class", "a b", 'quo"te', "users.id", "1st", "x; DROP TABLE t"])
def test_a_column_of_any_name_has_an_attribute_by_name(name: str) -> None:
    table = make_table({"odd": col(INT8, name=name)})

    quoted = name.replace('"', '""')
    assert str(select(table.odd)) == f'SELECT "t"."{quoted}" FROM "t"'
    assert table(odd=1).odd == 1


@pytest.mark.parametrize("name", ["", "nul\0", "x" * 64])
def test_a_name_that_cannot_be_an_identifier_is_refused(name: str) -> None:
    with pytest.raises(BuildError):
        make_table({"odd": col(INT8, name=name)})
    with pytest.raises(BuildError):
        make_table({"id": col(INT8)}, name)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(BuildError, match="two columns named 'a'"):
        make_table({"a": col(INT8), "b": col(INT8, name="a")})


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(BuildError, match="has no columns"):
        make_table({})


def test_a_twin_of_nothing_is_refused() -> None:
    meta: Any = type(Table)

    with pytest.raises(BuildError, match="whose outer twin"):
        meta("Lost", (Outer,), {"id": col(INT8)}, name="lost")


def test_col_of_names_is_an_untyped_column_and_takes_no_options() -> None:
    plain: Any = col

    assert str(Qail.get("users", alias="u").where(col("u", "age") > 3)).endswith('"u"."age" > $1')
    with pytest.raises(BuildError):
        plain("age", null=True)
    with pytest.raises(BuildError):
        plain(INT8, nul=True)


def test_a_row_made_in_python_has_the_defaults_of_its_columns() -> None:
    table = make_table({"id": col(INT8), "active": col(BOOL, default=True), "note": col(TEXT, default="")})

    assert table(id=1).active is True
    assert table(id=1, active=False) == table(note="", id=1, active=False)
    with pytest.raises(TypeError, match="id"):
        table(active=True)


def test_a_row_without_all_its_columns_says_which_are_missing_and_which_are_unknown() -> None:
    maker: Any = User

    with pytest.raises(TypeError, match=r"^User\(\) needs name=, email=$"):
        maker(id=5)
    with pytest.raises(TypeError, match=r"^User\(\) needs email= and has no mail=$"):
        maker(id=5, name="a", mail="b")
    with pytest.raises(TypeError, match=r"^User\(\) has no age=$"):
        maker(id=5, name="a", email=None, age=3)


def test_a_row_object_is_no_row_of_an_insert_and_is_told_how_to_be_one() -> None:
    add: Any = Qail.add(User)

    with pytest.raises(BuildError, match=r'a row of User: .* \{"id": row.id, ...\}'):
        add.values(ann())
    with pytest.raises(BuildError, match=r"a list; .* values\(\*rows\)"):
        add.values([{"id": 1}, {"id": 2}])


def test_a_twin_needs_no_name_of_its_own() -> None:
    class Twin(_User, Outer[User]): ...

    assert str(select(Twin.id)) == 'SELECT "users"."id" FROM "users"'
    assert Twin.__qail_star__.table is User
    assert Twin.id.null


@pytest.mark.parametrize("maker", [UserOuter, _User, Table, Columns])
def test_only_a_table_class_makes_rows(maker: Any) -> None:
    with pytest.raises(BuildError, match="makes no rows"):
        maker(id=1, name="a", email=None)


def test_an_alias_makes_rows_of_its_table() -> None:
    alias: Any = User.as_("u")

    assert alias(id=1, name="ann", email=None) == ann()
    assert pickle.loads(pickle.dumps(alias(id=1, name="ann", email=None))) == ann()
    assert str(select(alias.as_("v").id)) == 'SELECT "v"."id" FROM "users" AS "v"'
    assert alias.as_("v").__qail_star__.table is User


def test_payload_types_may_be_left_out() -> None:
    class One(Table[dict[str, Any]], name="one"):
        id: Col[int] = col(INT8)

    class Two(Table["Later", "Later"], name="two"):  # type: ignore[name-defined]
        id: Col[int] = col(INT8)

    assert One(id=1) == One(id=1)
    assert repr(Two(id=1)) == "Two(id=1)"


def test_a_name_that_python_mangles_is_refused() -> None:
    with pytest.raises(BuildError, match="cannot be the name"):

        class Mangled(Table, name="mangled"):
            __secret: Col[int] = col(INT8)


def test_a_subclass_may_add_columns_and_a_table_in_another_schema() -> None:
    class Wider(User):
        age: Col[int | None] = col(INT8, null=True)

    class Archived(User, name=("archive", "users")): ...

    assert str(select(Wider.age, Wider.id)) == 'SELECT "users"."age", "users"."id" FROM "users"'
    assert Wider(id=1, name="a", email=None, age=3).greeting() == "hello a"
    assert str(select(Archived.id)) == 'SELECT "archive"."users"."id" FROM "archive"."users"'
    assert str(select(User.id)) == 'SELECT "users"."id" FROM "users"'


def test_rows_of_two_tables_of_one_shape_are_not_equal() -> None:
    first, second = make_table({"id": col(INT8)}), make_table({"id": col(INT8)})

    assert first(id=1) == first(id=1)
    assert first(id=1) != second(id=1)


def test_a_row_that_holds_a_list_is_not_hashable() -> None:
    table = make_table({"tags": col(array_of(TEXT))})

    assert table(tags=["a"]) == table(tags=["a"])
    with pytest.raises(TypeError):
        hash(table(tags=["a"]))


def test_threads_that_make_the_first_row_at_once_get_one_class() -> None:
    table = make_table({"id": col(INT8)})
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(lambda number: table(id=number), range(64)))

    assert len({type(row) for row in rows}) == 1
