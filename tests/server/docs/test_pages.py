"""Every Python block of README and docs runs, page by page, on an empty database of its own.

The blocks find it as a newcomer's program does: through the PG* variables.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

import qail
from support.pages import blocks_of, is_program, pages, run_block, run_program
from support.servers import Database
from support.source import ROOT

# A block that cannot run (another library's code, a server that is not there) says why; each is a promise unchecked.
MOST_NOT_RUN = 8


@pytest.mark.feature("IN4", partial="documentation only: wheels are not built for every Python here")
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_blocks_of_a_page_run(
    page: Path, fresh_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = fresh_database.server
    places = {"HOST": server.host, "PORT": str(server.port), "USER": server.user, "DATABASE": fresh_database.name}
    for name, value in places.items():
        monkeypatch.setenv(f"PG{name}", value)
    monkeypatch.syspath_prepend(str(ROOT / "docs/how-to"))
    monkeypatch.chdir(tmp_path)

    async def run() -> None:
        # A module, since dataclasses look theirs up.
        module = ModuleType("page")
        monkeypatch.setitem(sys.modules, "page", module)
        try:
            for block in blocks_of(page):
                if block.why_not is None and not is_program(block):
                    await run_block(block, vars(module), page)
        finally:
            if isinstance(pool := vars(module).get("pool"), qail.Pool):
                await pool.close(timeout=0)

    asyncio.run(run())
    for block in blocks_of(page):
        if block.why_not is None and is_program(block):
            run_program(block, page, tmp_path, dict(os.environ))


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    found = [
        f"{page.name}:{block.line}: {block.why_not}" for page in pages() for block in blocks_of(page) if block.why_not
    ]

    assert len(found) <= MOST_NOT_RUN, "\n".join(found)
