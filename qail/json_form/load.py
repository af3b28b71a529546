"""A statement of its JSON form. Nothing but BuildError comes out for whatever goes in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from pydantic_core import ValidationError

from qail.ast.build.builder import Builder
from qail.ast.walk import Walk
from qail.compile.compiler import make_plan
from qail.errors import BuildError, EncodeError
from qail.json_form.limits import parsed
from qail.json_form.rules import Rules
from qail.json_form.schema import FAULTS, Loading, core, validator

MOST_PLACES = 12


def from_json(
    data: str | bytes | dict[str, Any],
    *,
    trusted: bool = False,
    tables: Iterable[Any] = (),
    functions: Collection[str] = (),
) -> Any:
    """The statement of a JSON form that `to_json()` has written, or a client.

    Without `trusted` it may only be a query of the subset that docs/reference/json-form.md states: it reads the tables
    that are given and calls functions of a short list.

    Args:
        data: the text, or what it parses to.
        trusted: whoever wrote it may do whatever your own code may.
        tables: table classes, names and (schema, name) pairs that may be read; whole rows need the class. As a mapping
            it says the columns of each name, which a column behind a table's name needs: `{"orders": ["id", "total"]}`.
        functions: names of functions that may be called besides the listed ones.

    Raises:
        BuildError: it is none, or over a limit, or not allowed; the message names the place.
    """
    document = parsed(data)
    loading = Loading(Rules(trusted=trusted, tables=tables, functions=functions))
    try:
        statement: Builder = validator().validate_python(document, context=loading)["statement"]
    except ValidationError as error:
        raise BuildError(_told(error)) from None
    except RecursionError:
        raise BuildError("the JSON form is nested too deep") from None
    loading.rules.check_columns()
    _check(statement)
    return statement


def _told(error: ValidationError) -> str:
    """The first fault, with its place."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    places = [str(part) for part in first["loc"]]
    if len(places) > MOST_PLACES:
        places = [*places[:2], "...", *places[2 - MOST_PLACES :]]
    return f"the JSON form at {'.'.join(places) or 'its top'}: {first['msg']}"


def _check(statement: Builder) -> None:
    """Refuse what no statement can be made of: clauses that do not fit, values in the wrong place."""
    try:
        walk = Walk()
        statement.shape(walk)
        make_plan(statement, walk)
    except BuildError:
        raise
    except EncodeError as error:
        raise BuildError(str(error)) from None
    except (*FAULTS, RecursionError) as error:
        raise BuildError(f"no statement can be made of the JSON form: {type(error).__name__}") from None


@cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema of the form, for editors and other languages: all that `from_json(trusted=True)` may take."""
    from pydantic.json_schema import GenerateJsonSchema

    return GenerateJsonSchema().generate(core())
