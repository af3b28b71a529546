"""Static assertions: lists of 1 to 16 items keep the type of each."""

from __future__ import annotations

from typing import TypeAlias, assert_type

from schema import User

from qail import Executor, Qail, Returning, Select, select

Text: TypeAlias = str | None
a, b, c = User.id, User.name, User.email


async def every_width(db: Executor) -> None:
    assert_type(await db.fetch_all(select(a)), list[tuple[int]])
    assert_type(await db.fetch_all(select(a, b)), list[tuple[int, str]])
    assert_type(await db.fetch_all(select(a, b, c)), list[tuple[int, str, Text]])
    assert_type(await db.fetch_all(select(a, b, c, a)), list[tuple[int, str, Text, int]])
    assert_type(await db.fetch_all(select(a, b, c, a, b)), list[tuple[int, str, Text, int, str]])
    assert_type(await db.fetch_all(select(a, b, c, a, b, c)), list[tuple[int, str, Text, int, str, Text]])
    assert_type(await db.fetch_all(select(a, b, c, a, b, c, a)), list[tuple[int, str, Text, int, str, Text, int]])
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b)), list[tuple[int, str, Text, int, str, Text, int, str]]
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a, b)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int, str]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a, b, c)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int, str, Text]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a, b, c, a)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a, b, c, a, b)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str, Text]],
    )
    assert_type(
        await db.fetch_all(select(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c, a)),
        list[tuple[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str, Text, int]],
    )


def every_width_of_others() -> None:
    added = Qail.add(User).values({"name": "a"})
    assert_type(added.returning(a), Returning[int])
    assert_type(Qail.get(User).columns(a), Select[int])
    assert_type(added.returning(a, b), Returning[int, str])
    assert_type(Qail.get(User).columns(a, b), Select[int, str])
    assert_type(added.returning(a, b, c), Returning[int, str, Text])
    assert_type(Qail.get(User).columns(a, b, c), Select[int, str, Text])
    assert_type(added.returning(a, b, c, a), Returning[int, str, Text, int])
    assert_type(Qail.get(User).columns(a, b, c, a), Select[int, str, Text, int])
    assert_type(added.returning(a, b, c, a, b), Returning[int, str, Text, int, str])
    assert_type(Qail.get(User).columns(a, b, c, a, b), Select[int, str, Text, int, str])
    assert_type(added.returning(a, b, c, a, b, c), Returning[int, str, Text, int, str, Text])
    assert_type(Qail.get(User).columns(a, b, c, a, b, c), Select[int, str, Text, int, str, Text])
    assert_type(added.returning(a, b, c, a, b, c, a), Returning[int, str, Text, int, str, Text, int])
    assert_type(Qail.get(User).columns(a, b, c, a, b, c, a), Select[int, str, Text, int, str, Text, int])
    assert_type(added.returning(a, b, c, a, b, c, a, b), Returning[int, str, Text, int, str, Text, int, str])
    assert_type(Qail.get(User).columns(a, b, c, a, b, c, a, b), Select[int, str, Text, int, str, Text, int, str])
    assert_type(added.returning(a, b, c, a, b, c, a, b, c), Returning[int, str, Text, int, str, Text, int, str, Text])
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c), Select[int, str, Text, int, str, Text, int, str, Text]
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a), Returning[int, str, Text, int, str, Text, int, str, Text, int]
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a),
        Select[int, str, Text, int, str, Text, int, str, Text, int],
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a, b),
        Returning[int, str, Text, int, str, Text, int, str, Text, int, str],
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a, b),
        Select[int, str, Text, int, str, Text, int, str, Text, int, str],
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a, b, c),
        Returning[int, str, Text, int, str, Text, int, str, Text, int, str, Text],
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a, b, c),
        Select[int, str, Text, int, str, Text, int, str, Text, int, str, Text],
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a, b, c, a),
        Returning[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int],
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a, b, c, a),
        Select[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int],
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a, b, c, a, b),
        Returning[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str],
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a, b, c, a, b),
        Select[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str],
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c),
        Returning[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str, Text],
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c),
        Select[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str, Text],
    )
    assert_type(
        added.returning(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c, a),
        Returning[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str, Text, int],
    )
    assert_type(
        Qail.get(User).columns(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c, a),
        Select[int, str, Text, int, str, Text, int, str, Text, int, str, Text, int, str, Text, int],
    )
