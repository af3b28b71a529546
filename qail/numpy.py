"""pgvector's vector and halfvec as numpy arrays: `create_pool(types=qail.numpy.VECTORS)`.

Without it they arrive as lists of float; arrays are taken either way. This module needs numpy, and nothing else does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from qail.pg.codec.user import TypeCodec

_numpy: Final[Any] = import_module("numpy")
# Int16 dimensions and Int16 zero, ahead of the numbers.
_HEADER_BYTES: Final = 4
_MAX_DIMENSIONS: Final = 16_000


def _codec(wire: str, native: str) -> TypeCodec:
    """A codec of arrays: `wire` is the type of the numbers as they are sent, `native` as they arrive."""

    def encode(value: Any) -> bytes:
        given = _numpy.asarray(value)
        if given.ndim != 1 or given.dtype.kind not in "fiu" or not 0 < given.size <= _MAX_DIMENSIONS:
            raise ValueError(f"it is no array of one dimension, of 1 to {_MAX_DIMENSIONS} numbers")
        with _numpy.errstate(over="ignore", under="ignore"):
            numbers = given.astype(wire)
        if not _numpy.isfinite(numbers).all():
            raise ValueError("a number is not finite, or beyond the type's precision")
        dimensions: int = given.size
        data: bytes = numbers.tobytes()
        return dimensions.to_bytes(2, "big") + b"\0\0" + data

    def decode(data: bytes) -> Any:
        return _numpy.frombuffer(data, dtype=wire, offset=_HEADER_BYTES).astype(native)

    return TypeCodec(encode=encode, decode=decode, format="binary")


VECTORS: Final[dict[str, TypeCodec]] = {"vector": _codec(">f4", "float32"), "halfvec": _codec(">f2", "float16")}
"""What to register: arrays of one dimension, float32 and float16."""
