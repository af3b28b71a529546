"""What a module that `pull` writes may consist of: a closed set of statements and expressions, all names known."""

from __future__ import annotations

import ast
import builtins
import sys
from types import ModuleType

IMPORTED_FROM = frozenset(
    {"__future__", "builtins", "datetime", "decimal", "enum", "ipaddress", "qail", "qail.pg.codec.snapshot",
     "qail.pgtype", "typing", "typing_extensions", "uuid"}
)  # fmt: skip
CALLED = frozenset({"PgType", "TypedDict", "array_of", "col"})
EXPRESSIONS = (ast.Name, ast.Constant, ast.Tuple, ast.Subscript, ast.BinOp, ast.BitOr, ast.Load, ast.Store, ast.Call,
    ast.keyword, ast.Dict, ast.UnaryOp, ast.USub)  # fmt: skip


def check_module(source: str) -> ast.Module:
    """The tree of a generated module; AssertionError where anything in it could do more than describe."""
    tree = ast.parse(source)
    known = {
        name for name in dir(builtins) if name in ("bool", "bytes", "dict", "float", "int", "list", "str", "tuple")
    }
    for statement in tree.body:
        known |= check_statement(statement, known)
    return tree


def check_statement(statement: ast.stmt, known: set[str]) -> set[str]:
    """The names that a statement at the top defines."""
    if isinstance(statement, ast.Expr):
        assert is_text(statement.value)
        return set()
    if isinstance(statement, ast.ImportFrom):
        assert statement.module in IMPORTED_FROM
        assert statement.level == 0
        return {alias.asname or alias.name for alias in statement.names}
    if isinstance(statement, ast.ClassDef):
        check_class(statement, known)
        return {statement.name}
    assert isinstance(statement, (ast.Assign, ast.AnnAssign)), ast.dump(statement)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    assert isinstance(target, ast.Name)
    assert statement.value is not None
    check_expression(statement.value, known)
    return {target.id}


def check_class(found: ast.ClassDef, known: set[str]) -> None:
    assert not found.decorator_list
    for part in (*found.bases, *found.keywords):
        check_expression(part, known | {found.name, f"{found.name}Insert", f"{found.name}Update"})
    for line in found.body:
        if isinstance(line, ast.Expr):
            assert is_text(line.value) or (isinstance(line.value, ast.Constant) and line.value.value is ...)
        elif isinstance(line, ast.Assign):
            assert isinstance(line.targets[0], ast.Name)
            assert is_text(line.value)
        else:
            assert isinstance(line, ast.AnnAssign)
            assert isinstance(line.target, ast.Name)
            check_expression(line.annotation, known)
            if line.value is not None:
                check_expression(line.value, known)


def check_expression(found: ast.AST, known: set[str]) -> None:
    for node in ast.walk(found):
        assert isinstance(node, EXPRESSIONS), ast.dump(node)
        if isinstance(node, ast.Name):
            assert node.id in known, node.id
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            assert node.func.id.rstrip("_") in CALLED


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def loaded(source: str) -> ModuleType:
    """The module of a checked source."""
    check_module(source)
    module = ModuleType("pulled")
    sys.modules["pulled"] = module
    try:
        exec(compile(source, "pulled.py", "exec"), vars(module))
    finally:
        del sys.modules["pulled"]
    return module
