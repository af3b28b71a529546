"""Random statements: the server prepares each, or the builder has refused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings

import qail.sync
from qail import BuildError
from qail.compile.cache import lookup
from support.random_queries import statements
from support.servers import Database


@pytest.fixture(scope="module")
def reading(library: Database) -> Iterator[qail.sync.Connection]:
    with qail.sync.connect(library.dsn) as connection:
        yield connection


@pytest.mark.feature("PL1")
@pytest.mark.feature("EX10")
# A tree of this size takes minutes to shrink; the blob that is printed repeats it as it is.
@settings(print_blob=True, phases=[Phase.explicit, Phase.reuse, Phase.generate], max_examples=settings().max_examples)
@given(build=statements())
def test_the_server_accepts_a_random_statement_or_it_was_refused(reading: Any, build: Callable[[], Any]) -> None:
    try:
        query = build()
        lookup(query)
    except BuildError as error:
        event(f"refused: {str(error)[:40]}")
        return
    event(type(query).__name__)

    refused: BuildError | None = None
    try:
        reading.prepare(query)
    except BuildError as error:
        refused = error
    # Only by a server that is too old for it, which is said, too.
    assert refused is None or "and the server is" in str(refused)
