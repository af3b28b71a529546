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
