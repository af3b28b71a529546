"""Row: a row of an untyped query. A tuple of its values that also knows its columns' names.

Rule 1: it iterates values, is equal to a tuple of them, hashes like one, unpacks, matches `case (id, name)`, pickles.
Rule 2: `row["name"]`, `row[0]` and `row.name` are values; columns win over methods, which are `keys()` and `as_dict()`.
Rule 3: a name that two columns have cannot be looked up, only indexed. Python's own names (`__class__`) stay Python's:
a column of such a name is reached by `row["__class__"]`.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Final, SupportsIndex, overload

MOST_ROW_TYPES: Final = 1_000  # names may come from outside; past this a class lives as long as its rows
_ROW_TYPES: Final[dict[tuple[str, ...], type[Row]]] = {}
_GETTERS: Final[list[Any]] = []
_item: Final[Callable[[Any, Any], Any]] = tuple.__getitem__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - tuple of anything


class Row(tuple[Any, ...]):
    """A row: by index, by name, by attribute."""

    __slots__ = ()
    __qail_names__: ClassVar[tuple[str, ...]] = ()
    __qail_index__: ClassVar[dict[str, int]] = {}

    @overload
    def __getitem__(self, key: str | SupportsIndex, /) -> Any: ...
    @overload
    def __getitem__(self, key: slice, /) -> tuple[Any, ...]: ...
    def __getitem__(self, key: Any, /) -> Any:
        """The value of a column, by name or by number; of a slice a plain tuple.

        Raises:
            KeyError: no column has this name, or more than one.
            IndexError: no column has this number.
        """
        if isinstance(key, str):
            number = self.__qail_index__.get(key)
            if number is None:
                raise KeyError(_why_not(type(self), key))
            key = number
        return _item(self, key)

    def keys(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return type(self).__qail_names__

    def as_dict(self) -> dict[str, Any]:
        """The values by name. Raises KeyError where two columns share a name."""
        row_type = type(self)
        if len(row_type.__qail_index__) < len(row_type.__qail_names__):
            raise KeyError(f"columns {duplicates(row_type.__qail_names__)} stand more than once: name them apart")
        return dict(zip(row_type.__qail_names__, self, strict=True))

    def __repr__(self) -> str:
        fields = " ".join(f"{name}={value!r}" for name, value in zip(type(self).__qail_names__, self, strict=True))
        return f"<Row {fields}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (restored, (type(self).__qail_names__, tuple(self)))

    # For type checkers any attribute may be a column; at run time only names that the class lacks come here.
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None


def _why_not(row_type: type[Row], name: str) -> str:
    if name in row_type.__qail_names__:
        return f"{name!r} is the name of more than one column of this row: name them apart, or use numbers"
    return f"no column {name!r}; the row has {', '.join(row_type.__qail_names__)}"


def _refuse(name: str, row: Row) -> Any:
    raise AttributeError(_why_not(type(row), name))


def duplicates(names: Sequence[str]) -> str:
    """The names that stand more than once, for an error."""
    return ", ".join(repr(name) for name in dict.fromkeys(names) if list(names).count(name) > 1)


def row_type_of(names: tuple[str, ...]) -> type[Row]:
    """The class of rows with these columns; the same one for the same names, most of the time."""
    found = _ROW_TYPES.get(names)
    if found is None:
        index: dict[str, int] = {}
        body: dict[str, Any] = {
            "__slots__": (),
            "__module__": __name__,
            "__qail_names__": names,
            "__qail_index__": index,
        }
        ambiguous: set[str] = set()
        for number, name in enumerate(names):
            if index.setdefault(name, number) != number:
                ambiguous.add(name)
        for name in ambiguous:
            del index[name]
            if not name.startswith("__"):
                body[name] = property(partial(_refuse, name))  # also where a method has the name
        getters = _getters(len(names))
        for name, number in index.items():
            if not name.startswith("__"):
                body[name] = getters[number]
        found = type("Row", (Row,), body)
        if len(_ROW_TYPES) < MOST_ROW_TYPES:
            _ROW_TYPES[names] = found
    return found


def make_rows(names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[Row]:
    """Tuples as rows with these names."""
    return list(map(row_type_of(names), rows))


def restored(names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    """A row from its pickle."""
    return make_rows(names, [values])[0]


def _getters(count: int) -> list[Any]:
    """Descriptors of a tuple's items by number, as named tuples have them: no Python call for an attribute."""
    if len(_GETTERS) < count:
        fields = [f"c{number}" for number in range(count)]
        # The fields are counted and not listed, hence no NamedTuple.
        source: Any = namedtuple("source", fields)  # type: ignore[misc]  # pyright: ignore[reportUntypedNamedTuple]  # noqa: PYI024
        _GETTERS.extend(getattr(source, field) for field in fields[len(_GETTERS) :])
    return _GETTERS


def is_nothing(values: Sequence[Any], places: Iterable[int]) -> bool:
    """Whether the values at these places are all None. Asked of every row: no generator."""
    for place in places:
        if values[place] is not None:
            return False
    return True
