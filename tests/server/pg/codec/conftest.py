"""One binary connection to each server at hand, kept for all tests of values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.binary_client import BinaryClient
from support.servers import Server


@pytest.fixture(scope="module")
def client(any_server: Server) -> Iterator[BinaryClient]:
    """A connection to each server in turn, with codecs and nothing else of qail's driver."""
    with BinaryClient(any_server) as connection:
        yield connection
