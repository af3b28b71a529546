"""Composite types, row types of tables included: a named tuple, or an object of the class registered for the type.

A value is Int32 number of fields, then each field: Int32 type OID, and the field as everywhere (Int32 length, bytes).

Rule 1: each value says how many fields it has and of which types; where that is not what the catalog said when it was
asked, the type was altered: TypesNeeded, and nothing is decoded by what held before.
Rule 2: a codec is made of those of its fields, which are there before: so none can contain itself, and how deep values
nest is known, and bounded, when a type is learnt (`learning.py`).

Source: src/backend/utils/adt/rowtypes.c, record_send and record_recv
"""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any, Final, cast

from librt.strings import BytesWriter, read_i32_be, write_i32_be
from mypy_extensions import i32, i64

from qail.errors import DecodeError, EncodeError
from qail.pg.codec.array import patch_i32
from qail.pg.codec.base import Codec
from qail.pg.codec.refusal import TypesNeeded, decode_inside, encode_inside, out_of_range, short_repr, wrong_type
from qail.pg.codec.text import MAX_FIELD_BYTES
from qail.pg.wire.constants import LENGTH_BYTES, NULL_LENGTH, OID_BYTES

COUNT_BYTES: Final = 4
MAX_KEPT_CLASSES: Final = 1024
# Past type checkers: the names are known at run time only.
_NAMED_TUPLE: Final[Any] = vars(collections)["namedtuple"]


class CompositeForm:
    """How the fields of a composite value become one Python value, and the other way."""

    def make(self, values: list[object]) -> object:
        """The value of these fields, in order. Raises DecodeError."""
        raise AssertionError("a form defines make")

    def take(self, value: object) -> list[object] | None:
        """The fields of a value of the form's own class, in order; None for anything else. Raises EncodeError."""
        return None


class NamedTupleForm(CompositeForm):
    """Fields as a named tuple."""

    def __init__(self, type_name: str, names: list[str]) -> None:
        self._class: Final = tuple_class(type_name, tuple(names))

    def make(self, values: list[object]) -> object:
        return self._class._make(values)


_classes: Final[dict[tuple[str, tuple[str, ...]], Any]] = {}


def tuple_class(name: str, fields: tuple[str, ...]) -> Any:
    """The class of named tuples with these fields, one for equal names; a field whose name is no identifier, or means
    something to named tuples, is `_0`, `_1` ... by its place.
    """
    found = _classes.get((name, fields))
    if found is None:
        if len(_classes) >= MAX_KEPT_CLASSES:
            del _classes[next(iter(_classes))]
        plain = name.rpartition(".")[2]
        title = plain if plain.isidentifier() and not iskeyword(plain) else "composite"
        base: Any = _NAMED_TUPLE(title, fields, rename=True)

        def reduce(self: Any) -> tuple[Any, ...]:
            return rebuild_tuple, (name, fields, tuple(self))

        found = type(title, (base,), {"__slots__": (), "__reduce__": reduce, "__doc__": f"A value of {name}."})
        _classes[name, fields] = found
    return found


def rebuild_tuple(name: str, fields: tuple[str, ...], values: tuple[object, ...]) -> object:
    """What a pickled value of a composite type comes back as."""
    return tuple_class(name, fields)._make(values)


class CompositeCodec(Codec):
    """A composite type whose attributes all have a binary codec. Takes a tuple or list of all fields, or a mapping."""

    def __init__(
        self, type_name: str, type_oid: int, names: list[str], codecs: list[Codec], form: CompositeForm | None = None
    ) -> None:
        """`names` and `codecs` are the attributes'; without a `form` values are named tuples."""
        super().__init__(type_name, type_oid)
        self.names: Final = names
        self.codecs: Final = codecs
        self.form: Final[CompositeForm] = NamedTupleForm(type_name, names) if form is None else form

    def is_sequence_like(self) -> bool:
        return True

    def encode(self, out: BytesWriter, value: object) -> None:
        """Append the fields.

        Raises:
            EncodeError: not all fields and no others, or one that does not fit; `out` is unchanged.
        """
        fields = fields_of(self.type_name, self.names, self.form, value)
        start = len(out)
        write_i32_be(out, 0)  # the length, known at the end
        write_i32_be(out, i32(len(fields)))
        index: i64 = 0
        try:
            for field in fields:
                codec = self.codecs[index]
                oid = codec.type_oid
                write_i32_be(out, i32(oid if oid < 2**31 else oid - 2**32))
                if field is None:
                    write_i32_be(out, NULL_LENGTH)
                else:
                    codec.encode(out, field)
                index += 1
        except EncodeError as error:
            out.truncate(start)
            raise encode_inside(error, f"{self.type_name}.{self.names[index]}") from error.__cause__
        length = len(out) - start - LENGTH_BYTES
        if length > MAX_FIELD_BYTES:
            out.truncate(start)
            raise out_of_range(self.type_name, value, f"at most {MAX_FIELD_BYTES} bytes", "split it")
        patch_i32(out, start, length)

    def decode(self, buffer: bytes, position: i64, length: i64) -> object:
        """A named tuple, or an object of the registered class.

        Raises:
            TypesNeeded: the fields are not those the catalog told of: the type was altered.
            DecodeError: counts and bytes disagree, or a field is no value of its type.
        """
        if length < COUNT_BYTES:
            raise DecodeError(f"{self.type_name} has at least {COUNT_BYTES} bytes, and {length} came")
        end = position + length
        count = i64(read_i32_be(buffer, position))
        position += COUNT_BYTES
        codecs = self.codecs
        if count != len(codecs):
            raise self._altered(f"{count} fields instead of {len(codecs)}")
        values: list[object] = []
        index: i64 = 0
        try:
            while index < count:
                if end - position < OID_BYTES + LENGTH_BYTES:
                    raise DecodeError(f"{self.type_name} ends before its last field")
                codec = codecs[index]
                oid = i64(read_i32_be(buffer, position)) & 0xFFFFFFFF
                if oid != codec.type_oid:
                    raise self._altered(f"a field of the type with OID {oid} instead of {codec.type_oid}")
                size = i64(read_i32_be(buffer, position + OID_BYTES))
                position += OID_BYTES + LENGTH_BYTES
                if size == NULL_LENGTH:
                    values.append(None)
                elif size < 0 or size > end - position:
                    raise DecodeError(f"it claims {size} of {end - position} bytes")
                else:
                    values.append(codec.decode(buffer, position, size))
                    position += size
                index += 1
        except DecodeError as error:
            raise decode_inside(error, f"{self.type_name}.{self.names[index]}") from error.__cause__
        if position != end:
            raise DecodeError(f"{end - position} bytes follow the last field of {self.type_name}")
        return self.form.make(values)

    def _altered(self, what: str) -> DecodeError:
        return TypesNeeded(f"{self.type_name} came with {what}: it was altered; run the query again", [self.type_oid])


def fields_of(type_name: str, names: list[str], form: CompositeForm, value: object) -> list[object]:
    """The fields of `value`, in order.

    Raises:
        EncodeError: it is no value of the form's class, tuple, list or mapping of exactly these fields.
    """
    fields = form.take(value)
    if fields is not None:
        return fields
    shown: object = value
    if isinstance(value, (tuple, list)):
        found = list(cast("Sequence[object]", value))
        if len(found) == len(names):
            return found
        given_text = f"{len(found)} as in {type(shown).__name__} {short_repr(shown)}"
        raise EncodeError(f"{type_name} takes {len(names)} fields, not {given_text}: give all of {_some(names)}")
    if isinstance(value, Mapping):
        given = cast("Mapping[object, object]", value)
        missing = [name for name in names if name not in given]
        if not missing and len(given) == len(names):
            return [given[name] for name in names]
        what = f"lacks {_some(missing)}" if missing else "has keys that are no attributes"
        raise EncodeError(
            f"{type_name} takes a mapping of its attributes, and {short_repr(shown)} {what}: give {_some(names)}"
        )
    takes = f"a tuple, list or mapping of {len(names)} fields"
    raise wrong_type(type_name, value, takes, f"give {_some(names)} as a tuple")


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
