"""What the project's documents show is there: their code parses, their links and make targets exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from support import source

FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
TARGET: Final = re.compile(r"\bmake ([a-z][a-z-]*)")


def documents() -> list[Path]:
    pages = (page for page in source.ROOT.joinpath("docs").rglob("*.md") if "_build" not in page.parts)
    return sorted([*source.ROOT.glob("*.md"), *pages])


def blocks(page: Path, *languages: str) -> Iterator[str]:
    for match in FENCE.finditer(page.read_text(encoding="utf-8")):
        if match[1] in languages:
            yield match[2]


def syntax_fault(code: str) -> str:
    try:
        compile(code, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except SyntaxError as error:
        return str(error)
    return ""


def test_python_blocks_parse() -> None:
    found = [
        f"{source.name_of(page)}: {fault}: {block.splitlines()[0]}"
        for page in documents()
        for block in blocks(page, "python")
        if ">>>" not in block and (fault := syntax_fault(block))
    ]

    source.fail_with(found, "blocks that are not Python")


def test_links_lead_somewhere() -> None:
    found = [
        f"{source.name_of(page)}: {link}"
        for page in documents()
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists() and not (source.PACKAGE.parent / link).exists()
    ]

    source.fail_with(found, "links to files that are not there")


def test_make_targets_exist() -> None:
    makefile = (source.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))

    found = [
        f"{source.name_of(page)}: make {name}"
        for page in documents()
        for block in blocks(page, "sh", "bash", "console")
        for name in TARGET.findall(block)
        if name not in targets
    ]

    source.fail_with(found, "make targets that are not there")
