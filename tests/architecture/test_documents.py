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


NAMED_TASKS: Final = {
    "upsert": "Insert, or update what is there",
    "keyset paging": "Page behind a row",
    "top-n per group": "The two dearest orders of each customer",
    "recursive tree": "Everybody below somebody",
    "queue": "Take a job from a queue",
    "bulk update": "Update many rows, each to values of its own",
    "JSON documents": "Find by what a document holds",
    "full text": "Search text, the best first",
}


def cookbook() -> dict[str, str]:
    """The tasks of the cookbook by their titles."""
    found: dict[str, str] = {}
    for page in sorted(source.ROOT.joinpath("docs/how-to").glob("cookbook-*.md")):
        for section in page.read_text(encoding="utf-8").split("\n## ")[1:]:
            title, _, body = section.partition("\n")
            found[title] = body
    return found


def test_the_cookbook_has_forty_tasks_that_run_and_show_what_comes_of_it() -> None:
    tasks = cookbook()

    idle = [title for title, body in tasks.items() if "```python" not in body or "not run:" in body]
    silent = [title for title, body in tasks.items() if "# ->" not in body and "```text" not in body]
    source.fail_with(idle, "tasks without code that runs")
    source.fail_with(silent, "tasks that show no result")
    assert len(tasks) >= 40
    assert set(NAMED_TASKS.values()) <= tasks.keys()
    assert "skip_locked=True" in tasks[NAMED_TASKS["queue"]]


def test_each_statement_has_a_reference_page() -> None:
    folder = source.ROOT / "docs/reference"
    pages = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    statements = {
        "select": ["Qail.get", "select("],
        "insert": ["Qail.add", "on_conflict"],
        "update": ["Qail.set"],
        "delete": ["Qail.delete"],
        "merge": ["Qail.merge"],
        "utility": ["EXPLAIN", "CALL", "DO", "SHOW", "TRUNCATE", "LOCK", "VACUUM", "ANALYZE", "REFRESH", "COPY"],
        "ddl": ["create_index", "create_view", "create_schema", "create_sequence", "create_enum", "create_extension"],
        "raw-sql": ["Qail.sql"],
    }

    missing = [f"{page}.md: {word}" for page, words in statements.items() for word in words if word not in pages[page]]
    source.fail_with(missing, "what the reference does not speak of")
    source.fail_with([page for page in statements if "```python" not in pages[page]], "pages without an example")
