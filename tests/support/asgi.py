"""A client of an ASGI application, in the test's own loop: no server, no socket, no thread."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What the application sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Calls one application. Its lifespan is the caller's affair."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def get(self, path: str, **query: object) -> Answer:
        return await self._call("GET", path, urlencode(query).encode(), b"")

    async def post(self, path: str, body: object) -> Answer:
        return await self._call("POST", path, b"", json.dumps(body).encode())

    async def _call(self, method: str, path: str, query: bytes, body: bytes) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "scheme": "http",
            "headers": [(b"content-type", b"application/json")],
            "server": ("test", 80),
        }
        await self._app(scope, receive, send)
        start, *rest = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in rest))
