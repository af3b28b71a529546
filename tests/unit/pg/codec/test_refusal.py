from __future__ import annotations

import pytest

import qail
from qail.pg.codec.refusal import out_of_range, short_repr, wrong_type


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "value",
    ["x" * 100, b"x" * 2**20, bytearray(2**20), [["y" * 100] * 100] * 100, 10**5000, {1: "z" * 99}, range(10**9)],
    ids=["str", "bytes", "bytearray", "list", "int", "dict", "range"],
)
def test_a_repr_is_cut_to_40_characters(value: object) -> None:
    assert len(short_repr(value)) <= 40


def test_a_short_repr_is_whole() -> None:
    assert short_repr("abc") == "'abc'"
    assert short_repr(2**31) == "2147483648"


def test_a_repr_that_raises_does_no_harm() -> None:
    assert short_repr(Rude()) == "<no repr>" or "Rude" in short_repr(Rude())


def test_an_error_names_both_types_the_value_and_a_fix() -> None:
    assert str(wrong_type("int4", "12", "int", "use int()")) == "int4 takes int, not str '12': use int()"
    assert str(out_of_range("int2", 70_000, "-32768 to 32767", "use int4")) == (
        "int 70000 is outside int2 (-32768 to 32767): use int4"
    )


@pytest.mark.feature("PA3")
@pytest.mark.parametrize("part", [qail.col("a"), qail.col("a") + 1, qail.Qail.get("t"), qail.SKIP, qail.func.now])
def test_a_part_of_a_query_is_no_value_to_convert(part: object) -> None:
    told = str(wrong_type("int4", part, "int", "use int()"))

    assert f"{type(part).__name__} is a part of a query" in told
    assert "any_of(a == b, a == c)" in told
    assert "use int()" not in told
