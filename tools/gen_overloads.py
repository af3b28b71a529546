"""Write the overload blocks of `select`, `columns`, `returning` and `returns` into the builder modules.

A block stands between two marker lines; what is between them is replaced. The last overload starts at one item more
than the widest typed one: a tail that takes any number would catch every call whose expected type does not fit.

    python tools/gen_overloads.py [--check] [--width 16]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final, NamedTuple

BUILD: Final = Path(__file__).resolve().parent.parent / "qail" / "ast" / "build"
LINE_LENGTH: Final = 120
WIDTH: Final = 16


class Block(NamedTuple):
    """One block: where it is, the function it is for, and the class it returns."""

    file_name: str
    function: str
    result: str
    is_method: bool
    item: str = "Item"


BLOCKS: Final = (
    Block("select.py", "columns", "Select", is_method=True),
    Block("select.py", "select", "Select", is_method=False),
    Block("returning.py", "returning", "Returning", is_method=True),
    Block("sql.py", "returns", "SqlRows", is_method=True, item="Column"),
)


def overload(block: Block, arguments: list[str], result: str) -> str:
    """One overload, its arguments wrapped to the line length."""
    pad = "    " if block.is_method else ""
    first = ["self"] if block.is_method else []
    one_line = f"{pad}def {block.function}({', '.join(first + arguments)}) -> {result}: ..."
    if len(one_line) <= LINE_LENGTH:
        return f"{pad}@overload\n{one_line}"
    lines: list[str] = []
    line = pad + "    "
    for argument in [*first, *arguments]:
        if len(line) + len(argument) + 2 > LINE_LENGTH:
            lines.append(line.rstrip())
            line = pad + "    "
        line += argument + ", "
    lines.append(line.rstrip().rstrip(","))
    body = "\n".join(lines)
    return f"{pad}@overload\n{pad}def {block.function}(\n{body}\n{pad}) -> {result}: ..."


def overloads(block: Block, width: int) -> str:
    """All overloads of a block: one for each width, then the tail."""
    found: list[str] = []
    for count in range(1, width + 1):
        arguments = [f"c{index}: {block.item}[T{index}]" for index in range(count)]
        types = ", ".join(f"T{index}" for index in range(count))
        found.append(overload(block, [*arguments, "/"], f"{block.result}[{types}]"))
    tail = [f"c{index}: {block.item}[Any]" for index in range(width + 1)]
    found.append(overload(block, [*tail, "/", f"*more: {block.item}[Any]"], f"{block.result}[*tuple[Any, ...]]"))
    return "\n".join(found)


def replaced(text: str, begin: str, end: str, body: str) -> str:
    """`text` with `body` between the two marker lines."""
    head, _, rest = text.partition(begin + "\n")
    _, _, tail = rest.partition(end)
    if not rest or not tail:
        raise SystemExit(f"no markers {begin.strip()!r} ... {end.strip()!r}")
    return f"{head}{begin}\n{body}\n{end}{tail}"


def written(path: Path, width: int) -> str:
    """What the file should hold."""
    text = path.read_text(encoding="utf-8")
    type_variables = "\n".join(f'T{index} = TypeVar("T{index}")' for index in range(width))
    text = replaced(text, "# type variables: tools/gen_overloads.py", "# end of type variables", type_variables)
    for block in BLOCKS:
        if block.file_name == path.name:
            pad = "    " if block.is_method else ""
            begin = f"{pad}# overloads of {block.function}: tools/gen_overloads.py\n{pad}# fmt: off"
            text = replaced(text, begin, f"{pad}# fmt: on", overloads(block, width))
    return text


def main() -> int:
    """Write the files; with --check only say if they are fresh (exit code 1 when not)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--width", type=int, default=WIDTH)
    arguments = parser.parse_args()
    is_fresh = True
    for name in sorted({block.file_name for block in BLOCKS}):
        path = BUILD / name
        text = written(path, arguments.width)
        if text == path.read_text(encoding="utf-8"):
            continue
        is_fresh = False
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        print(f"{name}: {'is stale' if arguments.check else 'written'}")
    return 0 if is_fresh or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
