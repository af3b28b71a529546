"""ScriptedServer: a PostgreSQL server without a database, for any client: it listens and answers by script.

    with ScriptedServer({'SELECT "name" FROM "users"': Script(columns=["name"], rows=[["Ada"]])}) as server:
        async with qail.connect(server.dsn()) as connection: ...
        assert server.executed == [...]

Rule 1: it runs in threads of its own; its calls may come from any thread and block at most as long as they say.
Rule 2: a client takes it for a server: start-up, login, statements, transactions, COPY, cancellation, faults.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import Final

from qail.errors import ProtocolError
from qail.pg.wire.authentication import AuthenticationOk
from qail.pg.wire.constants import IDLE, PROTOCOL_3_2
from qail.pg.wire.message import Message
from qail.pg.wire.notice import NotificationResponse, ParameterStatus
from qail.pg.wire.result import ReadyForQuery
from qail.pg.wire.startup import BackendKeyData, CancelRequest
from qail.testing.backend import PROCESS_ID, SECRET_KEY, ScriptedBackend
from qail.testing.book import Scripts
from qail.testing.listener import Listener
from qail.testing.login import Login
from qail.testing.script import Delay, End, Executed, Hold, Output, StartTls, error, frames
from qail.testing.sockets import reset

READ_BYTES: Final = 65_536
PARAMETERS: Final = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "integer_datetimes": "on",
    "server_encoding": "UTF8",
    "server_version": "18.0",
    "standard_conforming_strings": "on",
    "TimeZone": "UTC",
}


class ScriptedConnection:
    """One client. `backend` knows what it sent and ran; `is_open` until either side has ended it."""

    def __init__(self, server: ScriptedServer, number: int, client: socket.socket) -> None:
        self.number: Final = number
        self.process_id: Final = PROCESS_ID + number
        self.is_open = True
        self.is_held = False
        self.bytes_unanswered = 0
        """What came behind a script's end that closes nothing."""
        self.backend: Final = server.new_backend(self.process_id)
        self._server: Final = server
        self._socket: socket.socket = client
        self._is_cancelled = False
        self._releases = 0

    @property
    def received(self) -> list[Message]:
        """Every message of the client."""
        return self.backend.received

    def send(self, *parts: Message | bytes) -> None:
        """Send something that nobody asked for: a notification, an ErrorResponse, garbage.

        Raises:
            OSError: the client is gone.
        """
        self._socket.sendall(b"".join(part if isinstance(part, bytes) else frames(part) for part in parts))

    def close(self) -> None:
        """End what the server says, in order; it still reads."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def run(self) -> None:
        """Talk until the end."""
        try:
            while self.is_open and (data := self._socket.recv(READ_BYTES)):
                self._take(data)
        finally:
            self.is_open = False
            self._socket.close()
            self._server.changed()

    def _take(self, data: bytes) -> None:
        try:
            messages = self.backend.reader.feed(data)
        except ProtocolError as problem:
            self.send(error("08P01", "FATAL", str(problem)))
            self.is_open = False
            return
        for message in messages:
            if isinstance(message, CancelRequest):
                self._server.cancel(message)
            outputs = self.backend.take(message)
            self._server.changed()
            self._perform(outputs)
            if not self.is_open:
                return

    def _perform(self, outputs: list[Output]) -> None:
        gathered = b""
        for output in outputs:
            if isinstance(output, Message | bytes):
                gathered += output if isinstance(output, bytes) else frames(output)
                continue
            self._socket.sendall(gathered)
            gathered = b""
            if not self._act(output):
                # The rest of the answer is not sent; a cancelled statement has another one.
                self._perform(self.backend.cancel() if self.is_open else [])
                return
        self._socket.sendall(gathered)

    def _act(self, output: Output) -> bool:
        """Perform what is no message; whether what follows it is still to be sent."""
        if isinstance(output, Delay):
            time.sleep(output.seconds)
        elif isinstance(output, Hold):
            return self._hold()
        elif isinstance(output, StartTls):
            assert self._server.tls is not None
            self._socket = self._server.tls.wrap_socket(self._socket, server_side=True)
        elif isinstance(output, End):
            self._end(output.how)
            return False
        return True

    def _hold(self) -> bool:
        """Wait to be released (true) or cancelled (false)."""
        server = self._server
        with server.condition:
            self.is_held, self._is_cancelled, before = True, False, self._releases
            server.condition.notify_all()
            server.condition.wait_for(lambda: self._releases > before or self._is_cancelled or server.is_stopping)
            self.is_held = False
            self.is_open = not server.is_stopping
            return self.is_open and not self._is_cancelled

    def release(self) -> None:
        """Let go of the statement that is held."""
        with self._server.condition:
            self._releases += 1
            self._server.condition.notify_all()

    def cancel(self) -> None:
        """Cancel the statement that is held; a backend that holds none does not mind."""
        with self._server.condition:
            self._is_cancelled = True
            self._server.condition.notify_all()

    def _end(self, how: str) -> None:
        if how == "freeze":
            while data := self._socket.recv(READ_BYTES):
                self.bytes_unanswered += len(data)
        elif how == "reset":
            reset(self._socket)
        self.is_open = False


class ScriptedServer(Listener):
    """A server whose answers are scripts by SQL text: a dict whose keys are texts or compiled patterns.

    `login` is how clients get in (Trust, Cleartext, Md5, Scram), `parameters` more of ParameterStatus, `secret_key` of
    4 to 256 bytes what cancels, `protocol` the newest version it speaks, `tls` a context of the server's side.
    """

    def __init__(
        self,
        scripts: Scripts | None = None,
        *,
        login: Login | None = None,
        parameters: dict[str, str] | None = None,
        secret_key: bytes = SECRET_KEY,
        protocol: int = PROTOCOL_3_2,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.scripts: Final[Scripts] = {} if scripts is None else scripts
        self.connections: Final[list[ScriptedConnection]] = []
        self.tls: Final = tls
        self._login: Final = login
        self._parameters: Final = {**PARAMETERS, **(parameters or {})}
        self._secret_key: Final = secret_key
        self._protocol: Final = protocol
        super().__init__("scripted")

    def __repr__(self) -> str:
        return f"ScriptedServer(connections={len(self.connections)}, executed={len(self.executed)})"

    @property
    def executed(self) -> list[Executed]:
        """Every statement that was run, in the order of the connections."""
        return [each for connection in self.connections for each in connection.backend.executed]

    @property
    def unknown(self) -> list[str]:
        """Texts without a script, which were answered with an error."""
        return [each for connection in self.connections for each in connection.backend.unknown]

    @property
    def received(self) -> list[Message]:
        """Every message, in the order of the connections."""
        return [each for connection in self.connections for each in connection.received]

    @property
    def held(self) -> int:
        """How many statements are held."""
        return sum(each.is_held for each in self.connections)

    def release(self) -> None:
        """Let go of every statement that is held."""
        for each in self.connections:
            each.release()

    def notify(self, channel: str, payload: str = "", *, process_id: int = PROCESS_ID) -> None:
        """Send a notification to every open session."""
        for each in self.connections:
            if each.is_open and each.backend.startup is not None:
                each.send(NotificationResponse(process_id, channel, payload))

    def new_backend(self, process_id: int) -> ScriptedBackend:
        """What a new connection talks to."""
        statuses = [ParameterStatus(name, value) for name, value in self._parameters.items()]
        greeting = (
            AuthenticationOk(),
            *statuses,
            BackendKeyData(process_id, self._secret_key),
            ReadyForQuery(IDLE),
        )
        return ScriptedBackend(
            self.scripts, greeting, login=self._login, protocol=self._protocol, has_tls=self.tls is not None
        )

    def cancel(self, request: CancelRequest) -> None:
        """Do what a CancelRequest asks for, if its key is right."""
        for each in self.connections:
            if each.process_id == request.process_id and request.secret_key == self._secret_key:
                each.cancel()

    def serve(self, client: socket.socket) -> None:
        """See Listener."""
        with self.condition:
            connection = ScriptedConnection(self, len(self.connections), client)
            self.connections.append(connection)
        connection.run()
