"""PostGIS' geometry and geography as shapely's objects: `create_pool(types=qail.shapely.GEOMETRIES)`.

Without it they are EWKB, as bytes. The SRID is kept both ways: `shapely.get_srid` and `set_srid`. This module needs
shapely, and nothing else does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from qail.pg.codec.user import TypeCodec

_shapely: Final[Any] = import_module("shapely")


def _encode(value: Any) -> bytes:
    if not isinstance(value, _shapely.Geometry):
        raise TypeError("it is no shapely geometry")
    data: bytes = _shapely.to_wkb(value, include_srid=True, flavor="extended")
    return data


GEOMETRIES: Final[dict[str, TypeCodec]] = {
    name: TypeCodec(encode=_encode, decode=_shapely.from_wkb, format="binary") for name in ("geometry", "geography")
}
"""What to register: any shapely geometry."""
