"""The corpus is replayed, and the fuzzers find what they are there to find."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from librt.strings import BytesWriter

from fuzz import corpus
from fuzz.blind import fuzz_blindly
from fuzz.targets import TARGETS, check_value, waiting_requests
from support.every_codec import BY_NAME, CHOICE, EVERY_CODEC
from support.scripted_client import ready_session

FUZZED = pytest.mark.feature("TS4")
SEEDS = [(target, name) for target in TARGETS for name in corpus.load(target)]


@FUZZED
@pytest.mark.feature("PR5")
@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_of_the_corpus_is_survived(target: str) -> None:
    seeds = corpus.load(target)

    for data in seeds.values():
        TARGETS[target](data)
    assert seeds


@FUZZED
@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_cut_anywhere_is_survived(target: str) -> None:
    for data in corpus.load(target).values():
        for end in range(0, len(data), max(1, len(data) // 16)):
            TARGETS[target](data[:end])


@FUZZED
@pytest.mark.parametrize("target", TARGETS)
def test_blind_bending_finds_nothing(target: str, random_source: random.Random) -> None:
    outcome = fuzz_blindly(TARGETS[target], list(corpus.load(target).values()), 0.0, random_source, least=300)

    assert outcome.executions >= 300
    assert outcome.crashes == []


def test_every_file_of_the_corpus_is_a_targets() -> None:
    assert sorted(path.stem for path in corpus.FOLDER.glob("*")) == sorted(TARGETS)


def test_the_generated_seeds_are_valid_and_what_answers_is_answered() -> None:
    requests = waiting_requests()
    session = ready_session()
    for request in requests:
        session.submit(request)
    session.take_output()

    settled = session.data_received(corpus.load("backend_stream")["answers-000"][1:])

    assert settled == requests[:-1]
    assert not session.is_spent


def test_every_codec_has_a_key_of_its_own() -> None:
    assert [CHOICE.chosen(CHOICE.key(codec)) for codec in EVERY_CODEC] == EVERY_CODEC


def test_a_corpus_file_is_read_back_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    seeds = {"found-1": b"\0\xff", "empty": b""}

    corpus.save("dsn", seeds)

    assert corpus.load("dsn") == seeds
    assert corpus.load("codecs") == {}


@FUZZED
def test_a_fault_is_found_and_told(random_source: random.Random) -> None:
    def run(data: bytes) -> None:
        """Believes the offset that its first byte gives."""
        if data:
            assert data[data[0]] >= 0

    outcome = fuzz_blindly(run, [b"\0\1", b"\2bcd"], 0.0, random_source, least=500)

    assert outcome.crashes
    data, fault = outcome.crashes[0]
    assert fault.startswith("IndexError")
    with pytest.raises(IndexError):
        run(data)


class Drifting:
    """A codec that sends another value than it was given."""

    type_name = "drifting"

    def encode(self, out: BytesWriter, value: int) -> None:
        BY_NAME["int4"].encode(out, value + 1)

    def decode(self, buffer: bytes, position: int, length: int) -> object:
        return BY_NAME["int4"].decode(buffer, position, length)


@FUZZED
def test_a_value_that_changes_when_it_is_sent_again_is_found() -> None:
    codec: Any = Drifting()

    with pytest.raises(AssertionError, match="drifting"):
        check_value(codec, b"\0\0\0\1")
