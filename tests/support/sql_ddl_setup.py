"""What the golden cases of definitions find there: each is SQL that runs ahead of the case, in its transaction."""

from __future__ import annotations

from typing import Final

GADGET: Final = "CREATE TABLE gadget (id int8 PRIMARY KEY, name text, age int4, tags text[], price numeric, day date)"
SALE: Final = "CREATE TABLE sale (year int4, land text) PARTITION BY RANGE (year)"
SALE_BY_LAND: Final = "CREATE TABLE sale (year int4, land text) PARTITION BY LIST (land)"
SALE_BY_HASH: Final = "CREATE TABLE sale (year int4, land text) PARTITION BY HASH (land)"
CLERK: Final = "CREATE ROLE qail_clerk"
TOUCH: Final = "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
