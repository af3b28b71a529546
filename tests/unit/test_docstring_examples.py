"""The `>>>` examples of docstrings hold to the letter.

They are read from the source files, since compiled code may have no docstrings.
"""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import pytest

import qail
from support.pages import examples_of

PACKAGE = Path(qail.__file__).parent
FOUND = [
    pytest.param(path, name, text, line, id=f"{path.relative_to(PACKAGE).as_posix()}:{name}")
    for path in sorted(PACKAGE.rglob("*.py"))
    for name, text, line in examples_of(path)
]


def names_for(path: Path) -> dict[str, Any]:
    """What an example may use without importing it: the public names, and those of its own module."""
    from importlib import import_module

    module = import_module(".".join(("qail", *path.relative_to(PACKAGE).with_suffix("").parts)))
    return {name: getattr(qail, name) for name in qail.__all__} | vars(module)


@pytest.mark.parametrize(("path", "name", "text", "line"), FOUND)
def test_an_example_shows_what_happens(path: Path, name: str, text: str, line: int) -> None:
    told: list[str] = []
    example = doctest.DocTestParser().get_doctest(text, names_for(path), name, str(path), line)

    doctest.DocTestRunner(verbose=False).run(example, out=told.append)

    assert not told, "".join(told)
