"""Pytest plugin: the fixtures of the tests that need PostgreSQL.

`server` is the default one; `any_server` runs a test on each at hand; `fit_server` is the first that has what the
test's `needs(version=, below=, openssl=, contrib=, icu=)` marker asks for. What none can show is skipped by name.
`backend` runs a test on asyncio, uvloop, trio and blocking; `@pytest.mark.backends("asyncio", ...)` names fewer.
`cluster` is a server that a test may harm, with a standby if it wants one (support/cluster.py).
`tcp_server` and `tls_server` listen on a loopback port, with a role for every way of logging in (support/listening.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backends import BACKENDS, Backend
from support.cluster import Cluster
from support.listening import ListeningServer, start_listening
from support.servers import Database, Needs, Server, Servers, Source, at_hand, default_name

TESTS = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"server", "chaos"} & set(item.path.relative_to(TESTS).parts[:1]):
            item.add_marker(pytest.mark.server)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of a test for each backend it is for."""
    if "backend" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("backends")
        chosen = [name for name in BACKENDS if marker is None or name in marker.args]
        metafunc.parametrize("backend", chosen, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Backend:
    """One of the ways qail runs; see support/backends.py."""
    return BACKENDS[request.param]()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Starts servers on demand, each once a session."""
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def server(servers: Servers) -> Server:
    """The default server: embedded 18, or the one that QAIL_TEST_SERVER names."""
    return servers.running(_default_source())


@pytest.fixture(scope="session", params=[source.name for source in at_hand()])
def any_server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """Each server at hand in turn."""
    return servers.running(_source(str(request.param)))


@pytest.fixture
def fit_server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """The first server at hand that has what the test needs."""
    needs = _needs(request.node)
    for source in at_hand():
        if source.satisfies(needs):
            return servers.running(source)
    pytest.skip(f"no server at hand has what this needs: {needs}; tools/get_servers.py gets more")


@pytest.fixture(scope="session")
def tcp_server() -> Iterator[ListeningServer]:
    """The default server once more, on a loopback TCP port: without TLS if that is the embedded one."""
    listening = start_listening(_default_source())
    yield listening
    listening.stop()


@pytest.fixture(scope="session")
def tls_server() -> Iterator[ListeningServer]:
    """A server with TLS on a loopback port: the newest at hand that has OpenSSL."""
    for source in sorted(at_hand(), key=lambda source: -source.version):
        if source.satisfies(Needs(openssl=True)):
            listening = start_listening(source)
            yield listening
            listening.stop()
            return
    pytest.skip("no server at hand has OpenSSL: run tools/get_servers.py")


@pytest.fixture(scope="session")
def _mortal_cluster() -> Iterator[Cluster]:
    with Cluster(_default_source()) as cluster:
        yield cluster


@pytest.fixture
def cluster(_mortal_cluster: Cluster) -> Iterator[Cluster]:
    """A server of the session's own that a test may harm, and give a standby; see support/cluster.py."""
    _mortal_cluster.revive_primary()
    yield _mortal_cluster
    _mortal_cluster.revive_primary()


@pytest.fixture
def fresh_database(server: Server) -> Iterator[Database]:
    """An empty database on the default server, of this test alone."""
    with server.fresh_database() as database:
        yield database


@pytest.fixture
def any_fresh_database(any_server: Server) -> Iterator[Database]:
    """An empty database on each server at hand."""
    with any_server.fresh_database() as database:
        yield database


@pytest.fixture(autouse=True)
def _skip_what_the_server_cannot_show(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("needs") is None or "fit_server" in request.fixturenames:
        return
    if "any_server" in request.fixturenames:
        source = _source(request.node.callspec.params["any_server"])
    elif "server" in request.fixturenames:
        source = _default_source()
    else:
        return
    needs = _needs(request.node)
    if not source.satisfies(needs):
        pytest.skip(f"{source.name} cannot show what this needs: {needs}")


def _needs(node: pytest.Item) -> Needs:
    marker = node.get_closest_marker("needs")
    return Needs(**marker.kwargs) if marker else Needs()


def _source(name: str) -> Source:
    return next(source for source in at_hand() if source.name == name)


def _default_source() -> Source:
    for source in at_hand():
        if source.name == default_name():
            return source
    names = ", ".join(source.name for source in at_hand()) or "none"
    pytest.fail(f"the server {default_name()} is not at hand; there are: {names}")
