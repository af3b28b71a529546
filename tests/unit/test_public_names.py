"""The public names, and what `import qail` costs: no driver, no third-party package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qail

STORED = Path(__file__).with_name("public_names.txt")
LATE = (
    "asyncio",
    "anyio",
    "attr",
    "inspect",
    "msgspec",
    "pydantic",
    "scramp",
    "ssl",
    "typing_extensions",
    "qail.compile",
    "qail.pg.driver",
)


def in_a_fresh_interpreter(source: str) -> str:
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.feature("TY8")
def test_the_public_names_are_the_stored_ones() -> None:
    assert qail.__all__ == STORED.read_text().split()


@pytest.mark.feature("TY8")
def test_every_public_name_is_there_and_the_package_says_it_is_typed() -> None:
    missing = [name for name in qail.__all__ if not hasattr(qail, name)]

    assert missing == []
    assert Path(qail.__file__).with_name("py.typed").exists()
    assert set(qail.__all__) <= set(dir(qail))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nme"):
        qail.nme


def test_importing_qail_imports_no_driver_and_no_compiler() -> None:
    found = in_a_fresh_interpreter(f"import sys, qail; print(*[name for name in {LATE!r} if name in sys.modules])")

    assert found.split() == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("print(qail.Qail.get('t'))", 'SELECT * FROM "t"'),
        ("print(callable(qail.rows))", "True"),
        ("qail.Pool; print(callable(qail.rows))", "True"),
        ("print(qail.Unknown('x'))", "x"),
    ],
)
def test_parts_that_are_loaded_late_are_there_when_they_are_used(source: str, expected: str) -> None:
    assert in_a_fresh_interpreter(f"import qail\n{source}").strip() == expected


def test_into_checks_its_model_without_the_driver() -> None:
    source = (
        "import qail\ntry:\n    qail.Qail.get('t').into(int)\nexcept qail.BuildError as error:\n    print('refused')"
    )

    assert in_a_fresh_interpreter(source).strip() == "refused"
