"""The Python blocks of a document page: found, run in order in one namespace, and their output compared.

Rule 1: the blocks of a page share one namespace and one event loop; `await` stands at top level, as in `python -m
asyncio`. A block that calls `asyncio.run`, or imports `qail.sync`, is a whole program, and runs as one, in a process
of its own.
Rule 2: `expression  # -> text` says the repr of the value, or what a `print` prints; `statement  # raises Name`
says the error. A fence of `text` straight behind a block says all it prints.
Rule 3: `<!-- not run: why -->` on the line before a block keeps it from running. Such blocks are counted by a test.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from qail.errors import QailError
from support.source import ROOT

FENCE: Final = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?^```(?P<language>python|text)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PROMISE: Final = re.compile(r"  # (->|raises) (.*)$")


@dataclass(frozen=True)
class Block:
    """One fence of Python: its code, its first line's number in the page, what it prints, why it is not run."""

    code: str
    line: int
    output: str | None
    why_not: str | None


def pages() -> list[Path]:
    """README and the documents that hold Python blocks."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if "_build" not in page.parts and blocks_of(page)]


def blocks_of(page: Path) -> list[Block]:
    """The Python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    made: list[Block] = []
    for number, match in enumerate(found):
        if match["language"] != "python":
            continue
        following = found[number + 1] if number + 1 < len(found) else None
        is_output = following is not None and following["language"] == "text"
        is_output = is_output and following is not None and not text[match.end() : following.start()].strip()
        output = following["code"] if is_output and following is not None else None
        line = text.count("\n", 0, match.start("code")) + 1
        made.append(Block(match["code"], line, output, match["why"]))
    return made


def is_program(block: Block) -> bool:
    """Whether the block runs its own event loop, or needs that there is none."""
    return "asyncio.run(" in block.code or "import qail.sync" in block.code


async def run_block(block: Block, namespace: dict[str, Any], page: Path) -> None:
    """Run one block and compare what it promises."""
    # Blank lines ahead make a traceback's line numbers those of the page.
    source = "\n" * (block.line - 1) + block.code
    lines = source.splitlines()
    tree = compile(source, str(page), "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert isinstance(tree, ast.Module)
    printed = io.StringIO()
    for statement in tree.body:
        promise = PROMISE.search(lines[(statement.end_lineno or 1) - 1])
        printed.write(await _run_statement(statement, promise, namespace, page))
    if block.output is not None:
        assert printed.getvalue().rstrip() == block.output.rstrip(), f"{page.name}:{block.line}"


async def _run_statement(
    statement: ast.stmt, promise: re.Match[str] | None, namespace: dict[str, Any], page: Path
) -> str:
    place = f"{page.name}:{statement.lineno}"
    out = io.StringIO()
    if promise is not None and promise[1] == "raises":
        with pytest.raises(QailError) as caught:
            await _evaluate(statement, namespace, page)
        assert caught.typename == promise[2], f"{place}: {caught.typename}: {caught.value}"
        return ""
    with contextlib.redirect_stdout(out):
        value = await _evaluate(statement, namespace, page)
    if promise is None:
        return out.getvalue()
    shown = out.getvalue().rstrip("\n") or repr(value)
    assert shown == promise[2], f"{place}: {shown}"
    return ""


async def _evaluate(statement: ast.stmt, namespace: dict[str, Any], page: Path) -> Any:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    if isinstance(statement, ast.Expr):
        code = compile(ast.Expression(statement.value), str(page), "eval", flags)
    else:
        code = compile(ast.Module([statement], []), str(page), "exec", flags)
    value = eval(code, namespace)
    return await value if code.co_flags & inspect.CO_COROUTINE else value


def run_program(block: Block, page: Path, folder: Path, environment: dict[str, str]) -> None:
    """Run a block as a script of its own, in an empty folder."""
    script = folder / f"block_{block.line}.py"
    script.write_text(block.code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{page.name}:{block.line}: {done.stderr[-3000:]}"
    if block.output is not None:
        assert done.stdout.rstrip() == block.output.rstrip(), f"{page.name}:{block.line}"


def examples_of(path: Path) -> Iterator[tuple[str, str, int]]:
    """The docstrings with `>>>` of a source file: qualified name, docstring, line. Works for compiled modules too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text and ">>>" in text:
                yield getattr(node, "name", path.stem), text, getattr(node, "lineno", 1)
