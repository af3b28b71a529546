from __future__ import annotations

from enum import Enum, IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import DecodeError, UsageError
from qail.pg.codec.enum import EnumClassCodec, EnumCodec
from support.codecs import decoded, encoded, refused, round_trip

pytestmark = pytest.mark.feature("CO16")

LABELS = ["sad", "very happy"]


class Mood(Enum):
    SAD = "sad"
    HAPPY = "very happy"


class Word(StrEnum):
    SAD = "sad"


class ByName(IntEnum):
    sad = 1


PLAIN = EnumCodec("app.mood", 50_000)
BOUND = EnumClassCodec("app.mood", 50_000, Mood, LABELS)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_labels_round_trip_as_str(label: str) -> None:
    assert round_trip(PLAIN, label) == label


@given(st.binary())
def test_any_bytes_are_a_label_or_a_decode_error(data: bytes) -> None:
    for codec in (PLAIN, BOUND):
        try:
            value = decoded(codec, data)
        except DecodeError:
            continue
        assert encoded(codec, value) == data


def test_a_label_that_comes_again_is_the_same_str() -> None:
    codec = EnumCodec("mood", 50_000)

    assert decoded(codec, b"very happy") is decoded(codec, b"very happy")
    # Of one length, with the same first and last byte: they have one place.
    for label in ("abcdz", "abxdz", "abcdz", "axcdz", "aZ", "abcdefghz", "abcdefghz", "abcdxfghz"):
        assert decoded(codec, label.encode()) == label
        assert encoded(codec, label) == label.encode()


@given(st.lists(st.text("ab\u00e9", max_size=12), max_size=200))
def test_labels_of_any_number_stay_apart(labels: list[str]) -> None:
    codec = EnumCodec("mood", 50_000)

    for label in labels:
        assert decoded(codec, label.encode()) == label
        assert encoded(codec, label) == label.encode()


def test_more_labels_than_are_kept_go_both_ways() -> None:
    codec = EnumCodec("mood", 50_000)
    labels = [f"label {number}" for number in range(1000)] + ["x" * 64]

    for label in labels + labels:
        assert round_trip(codec, label) == label


def test_bytes_that_are_no_label_are_refused_each_time() -> None:
    codec = EnumCodec("mood", 50_000)

    for _ in range(2):
        with pytest.raises(DecodeError, match="mood is not UTF-8"):
            decoded(codec, b"a\xffz")
        with pytest.raises(DecodeError, match="a label of mood came with a NUL character"):
            decoded(codec, b"a\0z")
        refused(codec, "a\0b", "mood takes no NUL character")


def test_a_str_that_is_equal_to_a_label_it_is_not_is_sent_as_it_is() -> None:
    class Loose(str):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, str) and self.lower() == other.lower()

        def __hash__(self) -> int:
            return hash(self.lower())

    codec = EnumCodec("mood", 50_000)

    assert encoded(codec, "sad") == b"sad"
    assert encoded(codec, Loose("SAD")) == b"SAD"
    assert encoded(codec, Loose("OK")) == b"OK"
    assert encoded(codec, "ok") == b"ok"


def test_a_registered_class_gives_and_takes_its_members_and_labels() -> None:
    assert [round_trip(BOUND, member) for member in Mood] == list(Mood)
    assert round_trip(BOUND, "very happy") is Mood.HAPPY
    assert round_trip(PLAIN, Mood.SAD) == "sad"
    assert round_trip(EnumClassCodec("m", 1, ByName, LABELS), ByName.sad) is ByName.sad
    assert round_trip(EnumClassCodec("m", 1, Word, LABELS), Word.SAD) is Word.SAD


def test_what_is_no_label_or_no_member_is_refused() -> None:
    refused(PLAIN, 5, "app.mood takes str, not int 5")
    refused(BOUND, 5, "app.mood takes Mood or str, not int 5: pass a member of Mood")
    refused(BOUND, Word.SAD, "app.mood takes Mood or str, not Word")
    refused(BOUND, "a\0", "NUL")


def test_a_label_without_a_member_is_a_decode_error_that_does_not_show_it() -> None:
    with pytest.raises(DecodeError, match=r"a label of app\.mood has no member in Mood: add it") as raised:
        decoded(BOUND, b"secret")
    assert "secret" not in str(raised.value)


def test_a_class_whose_members_are_no_labels_is_refused_when_it_is_bound() -> None:
    with pytest.raises(UsageError, match=r"Mood does not fit app\.mood: .* it has a, b"):
        EnumClassCodec("app.mood", 50_000, Mood, ["a", "b"])
    with pytest.raises(UsageError, match=r"it has l0, l1, l2, l3, l4, l5, l6, l7 \.\.\.$"):
        EnumClassCodec("app.mood", 50_000, Mood, [f"l{n}" for n in range(20)])
