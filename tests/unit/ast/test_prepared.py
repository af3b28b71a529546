"""@prepared: the body runs once, a call puts its arguments where they belong, and what cannot work is said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from qail.ast.build.prepared import Bound, BoundCommand
from qail.ast.build.qail import Qail
from qail.ast.build.select import select
from qail.ast.expression.boolean import any_of, maybe
from qail.ast.expression.column import col
from qail.ast.expression.function import func
from qail.ast.expression.row import row
from qail.ast.walk import Walk
from qail.compile.cache import lookup
from qail.errors import BuildError, EncodeError
from qail.pg.steps.sets import SetReader, values_of
from qail.prepared import prepared
from support.sql_tables import Post, User


def in_order(statement: Any) -> list[object]:
    """The values of a call, in the order of `$n`."""
    call = lookup(statement)
    return [call.values[slot] for slot in call.plan.slots]


@prepared
def page(pattern: str, minimum: int = 18, /, *, most: int = 10) -> Any:
    return select(User.id).where(User.name.ilike(pattern), User.age >= minimum).limit(most)


@prepared
def rename(id: int, name: str) -> Any:
    return Qail.set(User).values({"name": name}).where(User.id == id)


@pytest.mark.feature("PS5")
def test_the_body_runs_once_and_a_call_shares_its_plan() -> None:
    runs: list[int] = []

    @prepared
    def older(age: int) -> Any:
        runs.append(1)
        return Qail.get("users").gt("age", age)

    calls = [lookup(older(age)) for age in (1, 2, 3)]

    assert runs == [1]
    assert calls[0].plan is calls[1].plan is calls[2].plan is lookup(Qail.get("users").gt("age", 9)).plan
    assert [call.values for call in calls] == [[1], [2], [3]]


@pytest.mark.feature("PS5")
def test_the_body_runs_once_whoever_calls_it_first() -> None:
    runs: list[int] = []
    both_wait = threading.Barrier(8)
    found: list[object] = []

    @prepared
    def one(number: int) -> Any:
        runs.append(1)
        return select(func.abs(number))

    def call(number: int) -> None:
        both_wait.wait()
        found.append(lookup(one(number)).values)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert runs == [1]
    assert sorted(found, key=str) == [[number] for number in range(8)]


@pytest.mark.feature("PS5")
@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (lambda: page("a%"), ["a%", 18, 10]),
        (lambda: page("a%", 21), ["a%", 21, 10]),
        (lambda: page("a%", 21, most=3), ["a%", 21, 3]),
        (lambda: rename(1, "b"), ["b", 1]),
        (lambda: rename(name="b", id=1), ["b", 1]),
        (lambda: rename(1, name="b"), ["b", 1]),
    ],
)
def test_arguments_go_where_the_text_has_them(statement: Callable[[], Any], values: list[object]) -> None:
    assert in_order(statement()) == values


@pytest.mark.feature("PS5")
def test_one_name_used_twice_is_one_parameter() -> None:
    @prepared
    def either(name: str) -> Any:
        return select(User.id).where(any_of(User.name == name, User.email == name))

    assert str(either("a")).count("$1") == 2
    assert in_order(either("a")) == ["a"]


@pytest.mark.feature("PS5")
@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: page(), "page.. misses the argument 'pattern'"),
        (lambda: rename(1), "misses the argument 'name'"),
        (lambda: rename(1, "b", 3), "takes 2 arguments by position, not 3"),
        (lambda: rename(1, nme="b"), "has no parameter 'nme'; it has id, name"),
        (lambda: rename(1, "b", id=2), "'id' twice"),
        (lambda: page("a", 1, 2), "takes 2 arguments by position, not 3"),
        (lambda: page(pattern="a"), "'pattern' by position only"),
    ],
)
def test_missing_and_extra_arguments_are_named(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        call()


@pytest.mark.feature("PS5")
def test_a_static_method_and_a_command_are_prepared() -> None:
    class Repository:
        @staticmethod
        @prepared
        def by_id(id: int) -> Any:
            return Qail.get(User).where(User.id == id)

    assert type(Repository.by_id(3)) is type(Repository().by_id(id=3)) is Bound
    assert type(rename(1, "b")) is BoundCommand
    assert "rename" in repr(rename)
    assert rename.__wrapped__.__name__ == "rename"


def branching(age: Any) -> Any:
    return select(User.id).where(User.age == age) if age > 3 else select(User.id)


def formatting(name: Any) -> Any:
    return select(User.id).where(User.name.like(f"{name}%"))


def naming(name: Any) -> Any:
    return select(User.id).where(User.name == str(name))


def looping(ids: Any) -> Any:
    return select(User.id).where(any_of(*[User.id == each for each in ids]))


def lowering(name: Any) -> Any:
    return select(User.id).where(User.name == name.lower())


def dropping(name: Any) -> Any:
    return select(User.id).where(maybe(None), User.age > 1)


def listing(first: Any, second: Any) -> Any:
    return select(User.id).where(User.id.in_([first, second]))


def wrapping(data: Any) -> Any:
    return Qail.add("t").values({"data": {"a": [data]}})


def repeating(name: Any) -> Any:
    return page(name)


def returning_nothing(name: Any) -> Any:
    return User.name == name


def incomplete(name: Any) -> Any:
    return Qail.set(User).values({"name": name})


@pytest.mark.feature("PS5")
@pytest.mark.parametrize(
    ("function", "told"),
    [
        (branching, "branching.. cannot be prepared: TypeError: an SQL expression has no truth value.*runs once"),
        (formatting, "cannot be formatted"),
        (naming, "has no text"),
        (looping, "cannot be iterated over"),
        (lowering, "AttributeError"),
        (dropping, "the same query whatever name is"),
        (listing, "into a list"),
        (wrapping, "into a dict"),
        (repeating, "another prepared function"),
        (returning_nothing, "no complete query"),
        (incomplete, "no complete query"),
    ],
)
def test_what_only_a_value_allows_is_refused_by_the_first_call(function: Callable[..., Any], told: str) -> None:
    decorated: Any = prepared(function)
    arguments = ["x"] * decorated.__wrapped__.__code__.co_argcount

    with pytest.raises(BuildError, match=told):
        decorated(*arguments)


async def asynchronous(name: str) -> Any:
    return select(User.id)


def generating(name: str) -> Any:
    yield select(User.id)


def of_many(*names: str) -> Any:
    return select(User.id)


def by_keywords(**names: str) -> Any:
    return select(User.id)


def method(self: Any, name: str) -> Any:
    return select(User.id).where(User.name == name)


@pytest.mark.feature("PS5")
@pytest.mark.parametrize(
    ("function", "told"),
    [
        (asynchronous, "async"),
        (generating, "generator"),
        (of_many, "fixed number"),
        (by_keywords, "fixed number"),
        (method, "write @staticmethod above"),
        (staticmethod(of_many), "write @staticmethod above"),
        (print, "decorates a function"),
        (3, "decorates a function"),
    ],
)
def test_what_is_no_plain_function_is_refused_where_it_is_decorated(function: Any, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        prepared(function)


def test_a_function_that_calls_itself_is_refused() -> None:
    @prepared
    def endless(number: int) -> Any:
        return endless(number)

    with pytest.raises(BuildError, match="calls itself"):
        endless(3)


CONDITIONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "=": (lambda x: User.name == x, "None under ="),
    "=, the other way": (lambda x: x == User.name, "None under ="),
    "<>": (lambda x: User.age != x, "None under <>"),
    "<": (lambda x: User.age < x, "None under <"),
    "LIKE": (lambda x: User.name.like(x), "None under LIKE"),
    "~": (lambda x: User.name.matches(x), "None under ~"),
    "BETWEEN": (lambda x: User.age.between(x, 9), "None under BETWEEN"),
    "rows": (lambda x: row(User.id, User.age) > row(1, x), "a comparison of rows"),
    "+": (lambda x: User.age + x > 3, "None under [+]"),
    "ANY": (lambda x: User.age.in_(x), "None under ANY"),
    "by name": (lambda x: col("name") == x, "None under ="),
}


@pytest.mark.feature("EX2")
@pytest.mark.feature("PS5")
@pytest.mark.parametrize("name", CONDITIONS)
def test_none_is_refused_where_it_would_make_a_condition_null(name: str) -> None:
    make, told = CONDITIONS[name]

    @prepared
    def found(value: Any) -> Any:
        return select(User.id).where(make(value))

    with pytest.raises(BuildError, match=told):
        found(None)


@pytest.mark.feature("EX2")
def test_none_is_a_value_where_sql_takes_it_for_one() -> None:
    @prepared
    def same(name: Any) -> Any:
        return select(User.id).where(User.email.is_not_distinct_from(name))

    @prepared
    def optional(name: Any) -> Any:
        return select(User.id).where(any_of(name.is_null(), User.email == name))

    @prepared
    def stored(name: Any, id: int) -> Any:
        return Qail.set(User).values({"email": name}).where(User.id == id)

    assert in_order(same(None)) == in_order(optional(None)) == [None]
    assert in_order(stored(None, 1)) == [None, 1]


@pytest.mark.feature("PS5")
@pytest.mark.parametrize("value", [-1, None])
def test_limit_and_offset_count_rows(value: Any) -> None:
    @prepared
    def some(most: int, first: int) -> Any:
        return Qail.get("t").limit(most).offset(first)

    assert in_order(some(3, 0)) == [3, 0]
    with pytest.raises(BuildError, match="most="):
        some(value, 0)
    with pytest.raises(BuildError, match="first="):
        some(1, value)


@pytest.mark.feature("PS5")
def test_a_list_goes_as_an_array_of_its_members() -> None:
    @prepared
    def among(ids: Any) -> Any:
        return select(User.id).where(User.id.in_(ids))

    assert [in_order(among(ids)) for ids in ([1, 2], (1, 2), {1}, [])] == [[[1, 2]], [[1, 2]], [[1]], [[]]]
    for wrong in ("ab", 3, [1, None]):
        with pytest.raises(BuildError, match="in_"):
            among(wrong)


def test_a_call_is_no_part_of_another_query() -> None:
    for attempt in (lambda: str(select(User.id).where(User.id.in_(page("a")))), lambda: page("a").shape(Walk())):
        with pytest.raises(BuildError, match=r"page.. is a whole statement"):
            attempt()


@pytest.mark.feature("PS5")
def test_sets_of_many_are_arguments_in_their_order_or_by_their_names() -> None:
    call = lookup(rename(0, ""))
    reader = SetReader(call)

    assert reader.read((1, "a")) == reader.read({"name": "a", "id": 1}) == ["a", 1]
    assert values_of(call, (1, "a")) == lookup(rename(1, "a")).values
    for wrong, told in [((1,), "'name'"), ((1, "a", 2), "takes 2"), ({"id": 1, "nme": 2}, "'nme'"), (3, "sequence")]:
        with pytest.raises(EncodeError, match=told):
            reader.read(wrong)
    with pytest.raises(EncodeError, match="id=None under ="):
        reader.read((None, "a"))


@pytest.mark.feature("EX2")
def test_none_in_a_set_of_many_is_refused_under_a_plain_comparison() -> None:
    reader = SetReader(lookup(Qail.set(User).values({"email": "x"}).where(User.id == 1)))

    assert reader.read((None, 1)) == [None, 1]
    for wrong in (("x", None), {"email": "x", "id": None}):
        with pytest.raises(EncodeError, match="column 'id', under ="):
            reader.read(wrong)


def test_a_call_shows_its_sql_and_its_own_values() -> None:
    assert "$1 = 'z%'" in page("z%").explain_shape()
    assert str(rename(1, "a")) == 'UPDATE "users" SET "name" = $1 WHERE "users"."id" = $2'


def test_a_constant_of_the_body_stays_beside_the_arguments() -> None:
    @prepared
    def titles(author: int) -> Any:
        return select(Post.title).where(Post.author_id == author, Post.score > 2.5).limit(7)

    assert in_order(titles(3)) == [3, 2.5, 7]


NAMING: dict[str, Callable[[Any], Any]] = {
    "sort keys": lambda x: Qail.get("users").order_by(x),
    "sort keys of a typed query": lambda x: select(User.id).order_by(x),
    "columns": lambda x: Qail.get("users").columns("id", x),
    "group keys": lambda x: Qail.get("users").columns("id").group_by(x),
    "returned columns": lambda x: Qail.delete("users").all_rows().returning("id", x),
}


@pytest.mark.feature("PS5")
@pytest.mark.parametrize("what", NAMING)
def test_an_argument_is_a_value_and_never_the_name_of_a_column(what: str) -> None:
    @prepared
    def found(name: str) -> Any:
        return NAMING[what](name)

    with pytest.raises(BuildError, match=r"<argument name>.* value and no name"):
        found("id")
