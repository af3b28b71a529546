"""Definition and its kin as SQL: a form filled in. DefElem, Constraint, IndexElem and the small nodes they hold."""

from __future__ import annotations

from typing import Final

from qail.ast.clause.constraint import Constraint
from qail.ast.clause.definition import AlterTableCmd, DefElem, Defined, Number, ObjectName, TypeName
from qail.ast.clause.from_ import RangeVar
from qail.ast.clause.index import IndexElem, OperatorName
from qail.ast.expression.domain import DomainValue
from qail.ast.statement.definition import Definition
from qail.ast.statement.statements import statement_of
from qail.ast.tokens import CREATE_TRIGGER, SET_PARAMETER
from qail.compile.clause.sort import write_order
from qail.compile.level import DEFAULT_CLAUSE, DEFINITION_CLAUSE, POLICY_CLAUSE, Level
from qail.compile.precedence import LOWEST, PRIMARY
from qail.compile.quote import identifier, qualified, type_name
from qail.compile.sql_writer import SqlWriter, column_name
from qail.compile.statement.forms import FORMS, NEEDS, OF_SESSION, WITH_PARAMETERS
from qail.compile.statement.query import query_of, write_inner
from qail.errors import BuildError

REST: Final = ("*", "*,", "(*)")


def write_definition(writer: SqlWriter, node: Definition) -> None:
    """The pieces of the statement's form, with a space between them.

    Raises:
        BuildError: it was given an option or a clause that its form has no place for.
    """
    form = FORMS[node.form]
    writer.has_literals = True  # a plan of one use: it would only fill the cache
    was_literal = writer.writes_literals
    writer.writes_literals = was_literal or node.form not in WITH_PARAMETERS
    if node.form in OF_SESSION or "TEMPORARY" in node.words:
        writer.is_session_bound = writer.is_session_bound or not ("LOCAL" in node.words and node.form == SET_PARAMETER)
    _check_taken(node, form)
    taken = [piece[1:] for piece in form if piece.startswith(":")]
    rest = [clause for clause in node.clauses if clause.kind not in taken]
    scope = _relation(node)
    writer.is_in_trigger = node.form == CREATE_TRIGGER
    writer.push_scope([] if scope is None else [scope.token])
    separator = ""
    for piece in form:
        if _is_absent(piece, node, rest):
            continue
        writer.put(separator)
        separator = " "
        _write_piece(writer, piece, node, rest)
    writer.pop_scope()
    writer.is_in_trigger = False
    writer.writes_literals = was_literal


def _check_taken(node: Definition, form: tuple[str, ...]) -> None:
    takes_rest = any(piece in REST for piece in form)
    for word in node.words:
        if "?" + word not in form:
            raise BuildError(f"{type(node).__name__} has no {word}")
    for clause in node.clauses:
        if not takes_rest and ":" + clause.kind not in form:
            raise BuildError(f"{type(node).__name__} has no {clause.kind}")


def _relation(node: Definition) -> RangeVar | None:
    """The table whose columns the statement may name."""
    if isinstance(node.subject, RangeVar):
        return node.subject
    for clause in node.clauses:
        for part in clause.parts if clause.kind == "ON" else ():
            if isinstance(part, RangeVar):
                return part
    return None


def _is_absent(piece: str, node: Definition, rest: list[DefElem]) -> bool:
    if piece.startswith("?"):
        return piece[1:] not in node.words
    if piece.startswith(":"):
        return all(clause.kind != piece[1:] for clause in node.clauses)
    if piece == "@":
        return isinstance(node.subject, DefElem) and not node.subject.parts
    if piece == "()":
        return not node.elements and any(clause.kind == "PARTITION OF" for clause in node.clauses)
    return piece in REST and not rest


def _write_piece(writer: SqlWriter, piece: str, node: Definition, rest: list[DefElem]) -> None:
    if piece == "@":
        writer.write(node.subject)
    elif piece.startswith("?"):
        writer.put(piece[1:])
        needed = NEEDS.get((node.form, piece[1:]))
        if needed is not None:
            writer.need(needed[0], needed[1])
    elif piece.startswith(":"):
        _write_clauses(writer, [clause for clause in node.clauses if clause.kind == piece[1:]], " ")
    elif piece == "()":
        writer.put("(")
        writer.write_list(node.elements)
        writer.put(")")
    elif piece in REST:
        writer.put("(" if piece == "(*)" else "")
        _write_clauses(writer, rest, " " if piece == "*" else ", ")
        writer.put(")" if piece == "(*)" else "")
    else:
        writer.put(piece)


def _write_clauses(writer: SqlWriter, clauses: list[DefElem], between: str) -> None:
    separator = ""
    for clause in clauses:
        writer.put(separator)
        separator = between
        writer.write(clause)


def write_def_elem(writer: SqlWriter, node: DefElem) -> None:
    """Keywords and nodes with spaces between them, none inside parentheses and ahead of a comma."""
    if node.needs:
        writer.need(node.needs, node.what)
    # The grammar takes no AND, NOT or IS behind DEFAULT, where NOT NULL may follow.
    level = PRIMARY if node.kind == "DEFAULT" else LOWEST
    is_query = any(isinstance(part, Defined) for part in node.parts)
    if not is_query:
        writer.levels.append(Level(writer.innermost_scope(), _clause_of(node)))
    separator = ""
    for part in node.parts:
        if isinstance(part, str):
            writer.put(part if part in (")", ",") else separator + part)
            separator = "" if part == "(" else " "
        else:
            writer.put(separator)
            separator = " "
            writer.write(part, level)
    if not is_query:
        writer.levels.pop()


def _clause_of(node: DefElem) -> str:
    """What the expressions in it may hold: of definitions, only a policy may look at other rows."""
    if any(part in ("DEFAULT", "SET DEFAULT") for part in node.parts if isinstance(part, str)):
        return DEFAULT_CLAUSE
    is_policy = node.kind in ("USING", "WITH CHECK") and not isinstance(node, (AlterTableCmd, Constraint))
    return POLICY_CLAUSE if is_policy else DEFINITION_CLAUSE


def write_object_name(writer: SqlWriter, node: ObjectName) -> None:
    """`"schema"."name"`."""
    writer.put(qualified(node.names))


def write_number(writer: SqlWriter, node: Number) -> None:
    """The digits, by the base's own repr: a subclass may print anything."""
    value = node.value
    writer.put(float.__repr__(value) if isinstance(value, float) else int.__repr__(value))


def write_type_name(writer: SqlWriter, node: TypeName) -> None:
    """The type's name."""
    writer.put(type_name(node.pg))


def write_domain_value(writer: SqlWriter, node: DomainValue) -> None:
    """`VALUE`."""
    writer.put("VALUE")


def write_operator_name(writer: SqlWriter, node: OperatorName) -> None:
    """The operator itself, which is made of operator characters alone."""
    writer.put(node.symbol)


def write_defined(writer: SqlWriter, node: Defined) -> None:
    """A query without parentheses; for EXPLAIN and COPY any statement, which stands at the top as it would alone."""
    if writer.writes_literals:
        writer.know_values_of(node.query)
    if node.is_any:
        writer.write(statement_of(node.query))
    else:
        write_inner(writer, query_of(node.query))


def write_index_elem(writer: SqlWriter, node: IndexElem) -> None:
    """`"column"` or `(expression)`, with collation, operator class and order."""
    name = column_name(node.key)
    if name:
        writer.put(identifier(name))
    else:
        writer.levels.append(Level([], DEFINITION_CLAUSE))
        writer.put("(")
        writer.write(node.key)
        writer.put(")")
        writer.levels.pop()
    if node.collation is not None:
        writer.put(" COLLATE " + qualified(node.collation.names))
    if node.operator_class is not None:
        writer.put(" " + qualified(node.operator_class.names))
    if node.order is not None:
        write_order(writer, node.order)
