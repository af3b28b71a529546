"""What every module of qail has and has not."""

from __future__ import annotations

import ast
import re
from typing import Final

from support import source

# Packages that users import names from: their __init__ imports and lists those.
PUBLIC: Final = {source.PACKAGE, source.PACKAGE / "sync", source.PACKAGE / "testing"}
UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


def test_every_module_opens_with_its_contract() -> None:
    found = [source.name_of(path) for path in source.package_files() if not ast.get_docstring(source.parse(path))]

    source.fail_with(found, "modules without a docstring")


def test_a_package_below_the_root_is_only_a_docstring() -> None:
    packages = [path for path in source.package_files() if path.name == "__init__.py" and path.parent not in PUBLIC]

    found = [source.name_of(path) for path in packages if len(source.parse(path).body) > 1]

    source.fail_with(found, "packages whose __init__.py holds code: import a name from the file that defines it")


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in source.package_files()}

    found = [source.name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()]

    source.fail_with(found, "folders without __init__.py")


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{source.name_of(path)}:{number} {line.strip()[:80]}"
        for path in source.package_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    source.fail_with(found, "unfinished marks")


def test_every_public_function_and_class_is_documented() -> None:
    found = [
        f"{source.name_of(path)}:{node.lineno} {node.name}"
        for path in source.package_files()
        for node in source.parse(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not (isinstance(node, ast.FunctionDef) and source.is_overload(node))
        and not ast.get_docstring(node)
    ]

    source.fail_with(found, "public names without a docstring")
