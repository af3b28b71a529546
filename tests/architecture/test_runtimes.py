"""The tests of the driver run on every runtime: what names one of them is listed here, with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SERVER_TESTS = Path(__file__).resolve().parent.parent / "server"
DRIVER_TESTS = sorted([*(SERVER_TESTS / "pg").rglob("test_*.py"), *(SERVER_TESTS / "behaviour").rglob("test_*.py")])
# Values and catalogs: what they find out of the server does not depend on who moves the bytes.
ABOUT_VALUES = SERVER_TESTS / "pg" / "codec"
OF_ASYNCIO = {
    "behaviour/test_deadlines.py": "a loop whose clock leaps, beside the same test on trio",
    "behaviour/test_fetching.py": "a connection used from the loop of another thread",
    "pg/driver/test_connecting.py": "how many tasks a connection has",
    "pg/pool/test_pool.py": "the name of a task",
    "pg/sync/test_misuse.py": "blocking calls inside a running loop",
}


def uses_asyncio(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.Name) and node.id == "asyncio" for node in ast.walk(tree))


@pytest.mark.feature("CN9")
def test_only_what_is_about_asyncio_uses_it() -> None:
    assert len(DRIVER_TESTS) > 30

    found = {str(path.relative_to(SERVER_TESTS)) for path in DRIVER_TESTS if uses_asyncio(path)}

    assert {name for name in found if not (SERVER_TESTS / name).is_relative_to(ABOUT_VALUES)} == set(OF_ASYNCIO)
