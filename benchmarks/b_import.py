"""IMPORT: `import qail` in a new interpreter, beside the peers; and a module of typed tables, as `qail pull` writes it.

Bar: 60 ms for the import, 1 ms for a table of a schema module. Byte-code is at hand, as pip leaves it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import ROUNDS

MODULES = ("qail", "asyncpg", "psycopg", "sqlalchemy")
BAR_MS = 60
TABLES = 200
BAR_TABLE_MS = 1
TIMED = """
import sys, time
{before}
cpu = time.process_time()
import {module}
print((time.process_time() - cpu) * 1000)
"""
TABLE = '''
class _Order{number}(Columns):
    id: Col[int] = col(INT8, pk=True)
    user_id: Col[int] = col(INT8)
    email: Col[str] = col(TEXT)
    note: Col[str | None] = col(TEXT, null=True)
    total: Col[Decimal] = col(NUMERIC)
    placed_at: Col[datetime] = col(TIMESTAMPTZ)


class Order{number}(_Order{number}, Table, name="orders_{number}"):
    """One of many."""

'''
HEAD = """from datetime import datetime
from decimal import Decimal
from qail import INT8, NUMERIC, TEXT, TIMESTAMPTZ, Col, Columns, Table, col
"""


async def main(server: Any) -> None:
    print(f"\nIMPORT client CPU in a new interpreter  ({ROUNDS} rounds)")
    found: dict[str, list[float]] = {module: [] for module in MODULES}
    for number in range(ROUNDS + 1):
        for module in MODULES if number % 2 == 0 else reversed(MODULES):
            spent = _milliseconds(module)
            # The first round is not counted: it may write byte-code.
            if number:
                found[module].append(spent)
    for module, spent_each in found.items():
        print(f"  {module:<28}{_figure(spent_each)}")
    _verdict(statistics.median(found["qail"]), BAR_MS, "")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schema.py").write_text(HEAD + "".join(TABLE.format(number=number) for number in range(TABLES)))
        before = f"import qail; sys.path.insert(0, {folder!r})"
        spent_each = [_milliseconds("schema", before) / TABLES for _ in range(ROUNDS + 1)][1:]
    print(f"  {f'a table of {TABLES} in a module':<28}{_figure(spent_each)}")
    _verdict(statistics.median(spent_each), BAR_TABLE_MS, " a table")


def _milliseconds(module: str, before: str = "") -> float:
    """The CPU time of `import module` in an interpreter of its own."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-P", "-c", TIMED.format(module=module, before=before)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def _figure(milliseconds: list[float]) -> str:
    return f"{statistics.median(milliseconds):>9.2f} ms ({min(milliseconds):.2f} .. {max(milliseconds):.2f})"


def _verdict(figure: float, bar: float, unit: str) -> None:
    print(f"  {'holds ' if figure <= bar else 'MISSED'} {figure:.2f} ms{unit}; bar <= {bar} ms")
