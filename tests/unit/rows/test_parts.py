"""part(...): several columns of a row as one value, absent where their side is, in tuples, rows and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import attrs
import msgspec
import pytest
from pydantic import BaseModel, ValidationError

from qail import (
    INT8,
    TEXT,
    BuildError,
    Col,
    Columns,
    DecodeError,
    Outer,
    Qail,
    Row,
    Table,
    coalesce,
    col,
    func,
    part,
    select,
)
from qail.rows.target import rows_in_form

pytestmark = pytest.mark.feature("RS5")


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)


class User(_User, Table, name="users"): ...


class UserOuter(_User, Outer[User]): ...


class _Post(Columns):
    id: Col[int] = col(INT8, pk=True)
    title: Col[str | None] = col(TEXT, null=True)
    author_id: Col[int] = col(INT8)


class Post(_Post, Table, name="posts"): ...


class PostOuter(_Post, Outer[Post]): ...


class _Note(Columns):
    text: Col[str | None] = col(TEXT, null=True)


class Note(_Note, Table, name="notes"): ...


class NoteOuter(_Note, Outer[Note]): ...


@dataclass
class Head:
    id: int
    title: str | None


@dataclass
class Sure:
    id: int
    title: str


class Pair(NamedTuple):
    id: int
    title: str | None


class Keys(TypedDict):
    id: int
    title: str | None


@attrs.frozen
class Attrs:
    id: int
    title: str | None


class Struct(msgspec.Struct):
    id: int
    title: str | None


class Model(BaseModel):
    id: int
    title: str | None


HEAD = part(Head, PostOuter.id, PostOuter.title, optional=True)
NAMES = ("name", "id", "title")


def formed(query: Any, rows: list[tuple[Any, ...]], names: tuple[str, ...] = NAMES) -> list[Any]:
    return rows_in_form(query, rows, lambda: names)


def test_the_sql_is_that_of_the_columns_one_by_one() -> None:
    query = select(User.name, part(Head, Post.id, Post.title), part(Post)).join(Post, on=Post.author_id == User.id)
    listed = select(User.name, Post.id, Post.title, Post).join(Post, on=Post.author_id == User.id)

    assert str(query) == str(listed)


@pytest.mark.parametrize("model", [Head, Pair, Keys, Attrs, Struct, Model])
def test_a_part_is_an_object_or_none_where_its_side_is_absent(model: Any) -> None:
    query: Any = select(User.name, part(model, PostOuter.id, PostOuter.title, optional=True))
    expected = model(id=10, title=None)

    found = formed(query, [("Ada", 10, None), ("Grace", None, None)])

    assert found == [("Ada", expected), ("Grace", None)]
    assert type(found[0][1]) is type(expected)
    assert formed(query, []) == []


def test_a_table_class_is_a_part_by_itself() -> None:
    query = select(part(Post), part(PostOuter), part(Head, Post.title, Post.id))

    found = formed(query, [(1, "a", 2, None, None, None, "b", 3)])

    assert found == [(Post(id=1, title="a", author_id=2), None, Head(3, "b"))]


def test_the_key_tells_a_row_of_nulls_from_an_absent_one() -> None:
    assert formed(select(HEAD), [(10, None), (None, None)]) == [(Head(10, None),), (None,)]


def test_what_is_computed_does_not_make_an_absent_row_present() -> None:
    query = select(part(Head, PostOuter.id, coalesce(PostOuter.title, "none").as_("title"), optional=True))

    assert formed(query, [(1, "a"), (None, "none")]) == [(Head(1, "a"),), (None,)]


def test_a_row_that_has_no_key_but_values_is_no_absent_one() -> None:
    with pytest.raises(DecodeError, match=r"'id' of row 1 is NULL, and Head\.id"):
        formed(select(HEAD), [(None, "a")])


def test_untyped_columns_are_absent_together() -> None:
    query = Qail.get("users").columns("name", part(Head, col("p", "id"), col("p", "title"), optional=True).as_("post"))

    found = formed(query, [("Ada", 1, None), ("Grace", None, None)])

    assert [(type(row).__mro__[1], row.keys()) for row in found] == [(Row, ("name", "post"))] * 2
    assert found == [("Ada", Head(1, None)), ("Grace", None)]


@dataclass
class Writer:
    name: str
    post: Head | None


class WriterModel(BaseModel):
    name: str
    post: Model | None


class WriterStruct(msgspec.Struct):
    post: Struct | None
    name: str


class WriterKeys(TypedDict):
    name: str
    post: Keys | None


@pytest.mark.parametrize(
    ("outer", "inner"), [(Writer, Head), (WriterModel, Model), (WriterStruct, Struct), (WriterKeys, Keys)]
)
def test_a_field_takes_a_part_of_its_name(outer: Any, inner: Any) -> None:
    post: Any = part(inner, PostOuter.id, PostOuter.title, optional=True).as_("post")
    query: Any = select(User.name, post).into(outer)

    found = formed(query, [("Ada", 10, "a"), ("Grace", None, None)])

    assert found == [outer(name="Ada", post=inner(id=10, title="a")), outer(name="Grace", post=None)]


class PostModel(BaseModel):
    name: str
    post: Post | None


def test_a_row_of_a_table_is_a_field_of_a_pydantic_model_too() -> None:
    query: Any = select(User.name, part(PostOuter).as_("post")).into(PostModel)

    found = formed(query, [("Ada", 10, None, 1), ("Grace", None, None, None)], ("name", "id", "title", "author_id"))

    post = Post(id=10, title=None, author_id=1)
    assert found == [PostModel(name="Ada", post=post), PostModel(name="Grace", post=None)]
    assert found[0].post == post
    assert PostModel.model_validate_json(found[0].model_dump_json()) == found[0]
    assert found[0].model_dump() == {"name": "Ada", "post": {"id": 10, "title": None, "author_id": 1}}
    (as_object, _) = PostModel.model_json_schema()["properties"]["post"]["anyOf"]
    assert as_object["required"] == ["id", "title", "author_id"]
    assert as_object["properties"]["id"]["type"] == "integer"
    for wrong in ({"id": "x", "title": None, "author_id": 1}, {"id": 1}, {"id": 1, "author_id": 1, "more": 2}, 3):
        with pytest.raises(ValidationError):
            PostModel.model_validate({"name": "Ada", "post": wrong})


def test_parts_nest_and_a_function_takes_one_value_each() -> None:
    @dataclass
    class Deep:
        writer: Writer
        id: int

    writer = part(Writer, User.name, HEAD.as_("post")).as_("writer")
    rows: list[tuple[Any, ...]] = [("Ada", 10, "a", 1), ("Grace", None, None, 2)]
    expected = [Deep(Writer("Ada", Head(10, "a")), 1), Deep(Writer("Grace", None), 2)]

    assert formed(select(writer, User.id).into(Deep), rows, (*NAMES, "id")) == expected
    assert formed(select(writer, User.id).map(Deep), rows, (*NAMES, "id")) == expected
    assert formed(select(writer, User.id).map(lambda w, number: (w.name, number)), rows) == [("Ada", 1), ("Grace", 2)]


def test_a_whole_row_beside_a_part_gives_its_columns_to_into_and_its_object_to_map() -> None:
    @dataclass
    class Both:
        id: int
        name: str
        post: Head | None

    query = select(User, HEAD.as_("post"))
    row = (1, "Ada", 10, "a")

    assert formed(query.into(Both), [row], ("id", "name", "id", "title")) == [Both(1, "Ada", Head(10, "a"))]
    assert formed(query, [row]) == [(User(id=1, name="Ada"), Head(10, "a"))]


def test_returning_and_set_operations_have_parts_too() -> None:
    returning: Any = Qail.delete(Post).all_rows().returning(part(Head, Post.id, Post.title))
    one: Any = select(part(Head, Post.id, Post.title))

    assert formed(returning, [(1, "a")]) == [(Head(1, "a"),)]
    assert formed(one.union_all(one), [(1, "a")]) == [(Head(1, "a"),)]


def test_an_expression_has_the_name_it_is_given() -> None:
    query = select(part(Head, Post.id, func.upper(Post.title).as_("title")))

    assert formed(query, [(1, "A")]) == [(Head(1, "A"),)]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: part(int), "takes a table class, or a model and the columns"),
        (lambda: part(int, Post.id), "into"),
        (lambda: part(Head, 3), "takes columns, other expressions, table classes and parts, not 3"),
        (lambda: part(Head, Post.id), "needs the fields title"),
        (lambda: part(Head, Post), "no field for the columns author_id"),
        (lambda: part(Head, Post.id, func.upper(Post.title)), "name"),
        (lambda: part(Head, PostOuter.id, PostOuter.title), "optional=True"),
        (lambda: part(Sure, Post.id, Post.title), "'title' may be NULL, and Sure.title is not optional"),
        (lambda: part(Sure, PostOuter.id, PostOuter.title, optional=True), "'title' may be NULL"),
        (lambda: part(NoteOuter), "nothing tells an absent row"),
        (lambda: part(Head, PostOuter.title.as_("id"), PostOuter.title, optional=True), "nothing tells an absent row"),
        (lambda: part(Head, Post.title.as_("id"), Post.title), "'id' may be NULL"),
        (lambda: part(Writer, User.name, HEAD), "as_"),
        (lambda: select(User.name, HEAD).into(Writer), "as_"),
        (lambda: select(User.name, HEAD.as_("past")).into(Writer), "no field for the columns past"),
        (lambda: select(User.name, part(Sure, User.id, User.name.as_("title")).as_("post")).into(Writer), "Head"),
        (lambda: HEAD.as_("a\0b"), "NUL"),
        (lambda: HEAD.as_(""), "name"),
    ],
)
def test_what_cannot_be_a_part_is_refused_where_it_is_written(make: Any, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        make()


def test_an_optional_part_needs_an_optional_field() -> None:
    @dataclass
    class Needy:
        name: str
        post: Head

    with pytest.raises(BuildError, match=r"'post' may be NULL, and Needy\.post is not optional"):
        select(User.name, HEAD.as_("post")).into(Needy)
    assert select(User.name, part(Head, Post.id, Post.title).as_("post")).into(Needy) is not None


def test_a_promise_makes_a_column_fit() -> None:
    assert part(Sure, Post.id, Post.title.not_null()) is not None
    assert part(Head, PostOuter.id.not_null(), PostOuter.title) is not None


def test_a_part_shows_what_it_is() -> None:
    assert repr(HEAD) == "<Part Head of 2 columns>"
    assert repr(part(Post)) == "<Part rows of 3 columns>"
    with pytest.raises(TypeError):
        HEAD.__qail_item__()
