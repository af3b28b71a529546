"""A binary connection to each server at hand, and a database of test types on each, kept for all tests of values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from support.binary_client import BinaryClient
from support.conformance import Conformance, conformance_on
from support.servers import Server, Servers, at_hand
from support.value_cases import needs_of


@pytest.fixture(scope="module")
def client(any_server: Server) -> Iterator[BinaryClient]:
    """A connection to each server in turn, with codecs and nothing else of qail's driver."""
    with BinaryClient(any_server) as connection:
        yield connection


@pytest.fixture(scope="session")
def conformance_of(servers: Servers) -> Iterator[Callable[[str], Conformance]]:
    """Makes the database of test types on a server, by its name; each once a session."""
    made: dict[str, Conformance] = {}
    with ExitStack() as stack:

        def conformance(name: str) -> Conformance:
            if name not in made:
                source = next(source for source in at_hand() if source.name == name)
                made[name] = stack.enter_context(conformance_on(servers.running(source)))
            return made[name]

        yield conformance


@pytest.fixture(scope="session")
def conformance(any_server: Server, conformance_of: Callable[[str], Conformance]) -> Conformance:
    """The types of all cases on each server in turn."""
    return conformance_of(any_server.name)


@pytest.fixture
def conformance_with(conformance_of: Callable[[str], Conformance]) -> Callable[[str], Conformance]:
    """Finds the first server that has a type; without one the test is skipped by name."""

    def find(type_name: str) -> Conformance:
        lacking: list[str] = []
        for source in at_hand():
            found = conformance_of(source.name)
            lack = found.lack(needs_of(type_name))
            if not lack:
                return found
            lacking.append(f"{source.name} has no {lack}")
        pytest.skip("; ".join(lacking))

    return find
