"""Ceilings on the size of files and functions: what grows past them is two things."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from support import source

FILE_LINES: Final = 400
FUNCTION_LINES: Final = 40
NESTING: Final = 3
ARGUMENTS: Final = 6
OVERLOAD_BLOCK: Final = re.compile(
    r"^ *# overloads of \w+: tools/gen_overloads\.py$.*?^ *# fmt: on$", re.DOTALL | re.MULTILINE
)


def offenders(files: list[Path], measure: Callable[[source.Function], int], ceiling: int, *, unit: str) -> list[str]:
    found: list[str] = []
    for path in files:
        for function in source.functions(path):
            count = measure(function)
            if count > ceiling:
                found.append(f"{source.name_of(path)}:{function.lineno} {function.name}: {count} {unit}")
    return found


def code() -> list[Path]:
    return source.package_files() + source.tree_files("tools")


def written_lines(path: Path) -> int:
    """The lines of a file without the blocks of overloads that a tool writes into it."""
    text = path.read_text(encoding="utf-8")
    return len(OVERLOAD_BLOCK.sub("", text).splitlines())


def test_no_file_has_more_than_400_lines() -> None:
    files = source.package_files() + source.tree_files("tests", "tools", "benchmarks", "examples")

    lengths = {path: written_lines(path) for path in files}

    found = [f"{source.name_of(path)}: {lines} lines" for path, lines in lengths.items() if lines > FILE_LINES]
    source.fail_with(found, f"files over {FILE_LINES} lines")


def test_no_function_has_more_than_40_lines() -> None:
    found = offenders(code(), source.body_lines, FUNCTION_LINES, unit="lines")

    source.fail_with(found, f"functions over {FUNCTION_LINES} lines without docstring")


def test_no_function_nests_deeper_than_3() -> None:
    found = offenders(code(), source.nesting, NESTING, unit="levels")

    source.fail_with(found, f"functions nested deeper than {NESTING}")


def test_no_function_takes_more_than_6_arguments() -> None:
    def count(function: source.Function) -> int:
        return 0 if source.only_stores_fields(function) else source.argument_count(function)

    found = offenders(code(), count, ARGUMENTS, unit="arguments")

    source.fail_with(found, f"functions with more than {ARGUMENTS} arguments")
