"""The build under test is whole: every core module is compiled, or none is."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Final

import qail
from support import source

SETUP: Final = ast.parse((source.ROOT / "setup.py").read_text(encoding="utf-8"))


def setting(name: str) -> list[str]:
    """A constant of setup.py: running that file would start a build."""
    for node in SETUP.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            value = node.value.args[0] if isinstance(node.value, ast.Call) else node.value
            assert value is not None
            return list(ast.literal_eval(value))
    raise AssertionError(f"setup.py has no {name}")


def core_modules() -> list[str]:
    files: list[Path] = []
    for entry in setting("COMPILED"):
        path = source.PACKAGE.parent / entry
        files += [path] if path.suffix == ".py" else path.rglob("*.py")
    names = {file.relative_to(source.PACKAGE.parent).as_posix() for file in files if file.name != "__init__.py"}
    return sorted(name.removesuffix(".py").replace("/", ".") for name in names - set(setting("INTERPRETED")))


def is_compiled(module: str) -> bool:
    return not (importlib.import_module(module).__file__ or "").endswith(".py")


def test_every_core_module_is_of_the_build_that_qail_names() -> None:
    modules = core_modules()

    odd = [module for module in modules if is_compiled(module) is not (qail.IMPLEMENTATION == "compiled")]

    assert modules
    source.fail_with(odd, f"modules that are not {qail.IMPLEMENTATION}")


def test_the_files_that_stay_interpreted_exist() -> None:
    gone = [name for name in setting("INTERPRETED") if not (source.PACKAGE.parent / name).exists()]

    source.fail_with(gone, "INTERPRETED of setup.py names files that are not there")
