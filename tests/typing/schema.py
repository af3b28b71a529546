"""Generated style."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from qail import BOOL, INT8, TEXT, Col, Columns, NullVal, Outer, Table, Val, col


class UserInsert(TypedDict):
    name: Val[str]
    email: NotRequired[NullVal[str]]
    active: NotRequired[Val[bool]]


class UserUpdate(TypedDict, total=False):
    name: Val[str]
    email: NullVal[str]
    age: Val[int]
    active: Val[bool]


class _User(Columns):
    id: Col[int] = col(INT8, pk=True)
    name: Col[str] = col(TEXT)
    email: Col[str | None] = col(TEXT, null=True)
    age: Col[int] = col(INT8)
    active: Col[bool] = col(BOOL)


class User(_User, Table[UserInsert, UserUpdate], name="users"): ...


class UserOuter(_User, Outer[User], name="users"): ...


class PostInsert(TypedDict):
    title: Val[str]
    author_id: Val[int]


class PostUpdate(TypedDict, total=False):
    title: Val[str]
    author_id: Val[int]


class _Post(Columns):
    id: Col[int] = col(INT8, pk=True)
    title: Col[str] = col(TEXT)
    author_id: Col[int] = col(INT8)


class Post(_Post, Table[PostInsert, PostUpdate], name="posts"): ...


class PostOuter(_Post, Outer[Post], name="posts"): ...
