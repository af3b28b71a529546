"""Records what psql and a server say to each other: `python -m support.wire_capture --bin FOLDER --port PORT`.

The scripts are `tests/vectors/*.sql`; the first line of each is a comment with the connection settings.

Needs a throw-away server on loopback where `postgres` comes in without a password, and `scram_user`, `md5_user` and
`clear_user` with the password `throw-away` by the method of their name (pg_hba.conf); wal_level=logical too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from support.wire_vectors import VECTORS, Chunk, Vector, save

PASSWORD = "throw-away"


class RecordingProxy:
    """Passes bytes between clients and one server, and keeps them in order of arrival."""

    def __init__(self, server_port: int) -> None:
        self.chunks: list[Chunk] = []
        self._server_port = server_port
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            number = 0
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                for side, source, target in (("F", client, server), ("B", server, client)):
                    thread = threading.Thread(target=self._pass, args=(number, side, source, target), daemon=True)
                    self._threads.append(thread)
                    thread.start()
                number += 1

    def _pass(self, number: int, side: str, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                with self._lock:
                    self.chunks.append(Chunk(number, side, data))
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> list[Chunk]:
        for thread in self._threads:
            thread.join(5)
        self._listener.close()
        return self.chunks


def program_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "PGCLIENTENCODING": "UTF8", "PSQLRC": "/dev/null"}


def run_script(folder: Path, server_port: int, name: str) -> Vector:
    first, _, script = (VECTORS / f"{name}.sql").read_text(encoding="utf-8").partition("\n")
    settings = first.removeprefix("-- ")
    proxy = RecordingProxy(server_port)
    command = [str(folder / "psql"), "-X", "-q", f"{settings} host=127.0.0.1 port={proxy.port}"]
    subprocess.run(command, input=script.encode(), env=program_environment(), capture_output=True, check=False)
    return Vector({"command": f"tail -n +2 {name}.sql | psql -X -q '{settings}'"}, proxy.close())


def run_cancel(folder: Path, server_port: int) -> Vector:
    """psql is interrupted while it waits: it opens a second connection for its CancelRequest."""
    proxy = RecordingProxy(server_port)
    settings = "user=postgres dbname=postgres max_protocol_version=latest"
    command = [
        str(folder / "psql"),
        "-X",
        "-q",
        f"{settings} host=127.0.0.1 port={proxy.port}",
        "-c",
        "SELECT pg_sleep(60)",
    ]
    with subprocess.Popen(command, env=program_environment(), stderr=subprocess.DEVNULL) as psql:
        time.sleep(1)
        psql.send_signal(signal.SIGINT)
        psql.wait(10)
    return Vector(
        {"command": f"psql -X -q '{settings}' -c 'SELECT pg_sleep(60)'; SIGINT after a second"}, proxy.close()
    )


def run_replication(folder: Path, server_port: int) -> Vector:
    """pg_recvlogical reads one transaction as pgoutput tells it."""
    direct = f"user=postgres dbname=postgres host=127.0.0.1 port={server_port}"
    psql = [str(folder / "psql"), "-X", "-q", "-A", "-t", direct]
    environment = program_environment()

    def sql(script: str) -> str:
        done = subprocess.run(psql, input=script.encode(), env=environment, capture_output=True, check=True)
        return "".join(done.stdout.decode().split())

    sql("DROP TABLE IF EXISTS r; CREATE TABLE r (a int)")
    sql("DROP PUBLICATION IF EXISTS p; CREATE PUBLICATION p FOR TABLE r")
    sql("SELECT pg_create_logical_replication_slot('vector', 'pgoutput')")
    end = sql("INSERT INTO r VALUES (1), (2);\nSELECT pg_current_wal_lsn()")
    proxy = RecordingProxy(server_port)
    options = [
        "--start",
        "--slot=vector",
        "--option=proto_version=1",
        "--option=publication_names=p",
        f"--endpos={end}",
    ]
    command = [str(folder / "pg_recvlogical"), "--file=/dev/null", "--status-interval=1", *options]
    target = f"--dbname=user=postgres dbname=postgres host=127.0.0.1 port={proxy.port}"
    subprocess.run([*command, target], env=environment, check=True, timeout=60)
    sql("SELECT pg_drop_replication_slot('vector')")
    return Vector({"command": f"pg_recvlogical --status-interval=1 {' '.join(options)}"}, proxy.close())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="folder of psql and pg_recvlogical")
    parser.add_argument("--port", type=int, required=True, help="of the server")
    parser.add_argument("--only", action="append", help="names to record; all when left out")
    options = parser.parse_args()
    psql = [
        str(options.bin / "psql"),
        "-X",
        "-A",
        "-t",
        f"user=postgres dbname=postgres host=127.0.0.1 port={options.port}",
    ]
    server = (
        subprocess.run([*psql, "-c", "SHOW server_version"], capture_output=True, check=True).stdout.decode().strip()
    )
    program = subprocess.run([*psql[:1], "--version"], capture_output=True, check=True).stdout.decode().strip()
    for name in options.only or [*sorted(path.stem for path in VECTORS.glob("*.sql")), "cancel", "replication"]:
        if name == "cancel":
            vector = run_cancel(options.bin, options.port)
        elif name == "replication":
            vector = run_replication(options.bin, options.port)
        else:
            vector = run_script(options.bin, options.port, name)
        about = {"server": f"PostgreSQL {server}", "program": program, **vector.about}
        save(VECTORS / f"{name}_{server.split('.')[0]}.txt", Vector(about, vector.chunks))


if __name__ == "__main__":
    main()
