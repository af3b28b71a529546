"""Golden SQL: JSON, ranges, networks, text search."""

from __future__ import annotations

from typing import Final

from qail.ast.build.select import select
from qail.ast.expression.case import cast
from qail.ast.expression.function import func
from qail.ast.expression.parameter import literal
from qail.pgtype import INET, INT4, INT4RANGE, TSQUERY
from support.sql_case import Case
from support.sql_tables import Doc, User

DATA: Final = Doc.data.json
DURING: Final = Doc.during.range

DOCUMENTS: Final = (
    Case(
        "json parts",
        select(DATA.get("a"), DATA.get(0), DATA.text("a"), DATA.text(-1), DATA.get("a").json.text("b")),
        'SELECT "docs"."data" -> $1, "docs"."data" -> $2, "docs"."data" ->> $3, "docs"."data" ->> $4, "docs"."data" '
        '-> $5 ->> $6 FROM "docs"',
        ["a", 0, "a", -1, "a", "b"],
    ),
    Case(
        "json paths",
        select(DATA.path("a", 0), DATA.path_text("a", "b")),
        'SELECT "docs"."data" #> $1, "docs"."data" #>> $2 FROM "docs"',
        [["a", "0"], ["a", "b"]],
    ),
    Case(
        "json key of an expression",
        select(DATA.text(User.name)).from_(Doc).join(User, on=User.id == Doc.id),
        'SELECT "docs"."data" ->> "users"."name" FROM "docs" JOIN "users" ON "users"."id" = "docs"."id"',
        [],
    ),
    Case(
        "json tests",
        select(Doc.id).where(DATA.contains({"a": 1}), DATA.contained_by({"a": 1, "b": [2]}), DATA.has_key("a")),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."data" @> $1 AND "docs"."data" <@ $2 AND "docs"."data" ? $3',
        [{"a": 1}, {"a": 1, "b": [2]}, "a"],
    ),
    Case(
        "json keys",
        select(Doc.id).where(DATA.has_any_key(["a", "b"]), DATA.has_all_keys(["c"])),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."data" ?| $1 AND "docs"."data" ?& $2',
        [["a", "b"], ["c"]],
    ),
    Case(
        "json changes",
        select(
            DATA.merge({"a": 1}),
            DATA.without("a"),
            DATA.without(0),
            DATA.without_keys(["a", "b"]),
            DATA.without_path("a", 1),
        ),
        'SELECT "docs"."data" || $1, "docs"."data" - $2, "docs"."data" - $3, "docs"."data" - $4, "docs"."data" #- '
        '$5 FROM "docs"',
        [{"a": 1}, "a", 0, ["a", "b"], ["a", "1"]],
    ),
    Case(
        "json in conditions",
        select(Doc.id).where(DATA.text("name") == "Ada", cast(DATA.text("age"), INT4) > 18),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."data" ->> $1 = $2 AND CAST("docs"."data" ->> $3 AS int4) > $4',
        ["name", "Ada", "age", 18],
    ),
    Case(
        "json path language",
        select(Doc.id).where(DATA.path_exists("$.a[*] ? (@ > 1)"), DATA.path_matches("$.a > 1")),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."data" @? $1 AND "docs"."data" @@ $2',
        ["$.a[*] ? (@ > 1)", "$.a > 1"],
    ),
    Case(
        "json binds tighter than comparison",
        select(Doc.id).where(DATA.get("a") == DATA.get("b"), DATA.text("a").concat("x").like("%x")),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."data" -> $1 = "docs"."data" -> $2 AND "docs"."data" ->> $3 || '
        "$4 LIKE $5",
        ["a", "b", "a", "x", "%x"],
    ),
    Case(
        "ranges",
        select(Doc.id).where(
            DURING.contains(cast(literal("[1,2)"), INT4RANGE)),
            DURING.contains_element(3, INT4),
            DURING.overlaps(Doc.during),
        ),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."during" @> CAST(\'[1,2)\' AS "int4range") AND "docs"."during" '
        '@> $1 AND "docs"."during" && "docs"."during"',
        [3],
    ),
    Case(
        "ranges side by side",
        select(
            DURING.left_of(Doc.during),
            DURING.right_of(Doc.during),
            DURING.adjacent_to(Doc.during),
            DURING.contained_by(Doc.during),
        ),
        'SELECT "docs"."during" << "docs"."during", "docs"."during" >> "docs"."during", "docs"."during" -|- '
        '"docs"."during", "docs"."during" <@ "docs"."during" FROM "docs"',
        [],
    ),
    Case(
        "ranges that go no further",
        select(DURING.not_right_of(Doc.during), DURING.not_left_of(Doc.during)),
        'SELECT "docs"."during" &< "docs"."during", "docs"."during" &> "docs"."during" FROM "docs"',
        [],
    ),
    Case(
        "range arithmetic",
        select(DURING.union(Doc.during), DURING.intersection(Doc.during), DURING.difference(Doc.during)),
        'SELECT "docs"."during" + "docs"."during", "docs"."during" * "docs"."during", "docs"."during" - '
        '"docs"."during" FROM "docs"',
        [],
    ),
    Case(
        "range bounds",
        select(DURING.lower(), DURING.upper(), DURING.is_empty()),
        'SELECT "lower"("docs"."during"), "upper"("docs"."during"), "isempty"("docs"."during") FROM "docs"',
        [],
    ),
    Case(
        "networks",
        select(Doc.id).where(
            Doc.address.network.within(cast("10.0.0.0/8", INET)),
            Doc.address.network.within_or_equal(Doc.address),
            Doc.address.network.overlaps(Doc.address),
        ),
        'SELECT "docs"."id" FROM "docs" WHERE "docs"."address" << CAST($1 AS inet) AND "docs"."address" <<= '
        '"docs"."address" AND "docs"."address" && "docs"."address"',
        ["10.0.0.0/8"],
    ),
    Case(
        "networks inside",
        select(Doc.address.network.contains(Doc.address), Doc.address.network.contains_or_equals(Doc.address)),
        'SELECT "docs"."address" >> "docs"."address", "docs"."address" >>= "docs"."address" FROM "docs"',
        [],
    ),
    Case(
        "text search",
        select(Doc.id, func.ts_rank(Doc.words, func.to_tsquery("english", "cat"))).where(
            Doc.words.search.matches(func.to_tsquery("english", "cat & rat"))
        ),
        'SELECT "docs"."id", "ts_rank"("docs"."words", "to_tsquery"($1, $2)) FROM "docs" WHERE "docs"."words" @@ '
        '"to_tsquery"($3, $4)',
        ["english", "cat", "english", "cat & rat"],
    ),
    Case(
        "text search queries",
        select(
            cast("a", TSQUERY).search.and_(cast("b", TSQUERY)),
            cast("a", TSQUERY).search.followed_by(cast("b", TSQUERY)),
            Doc.words.search.concat(Doc.words),
        ),
        'SELECT CAST($1 AS "tsquery") && CAST($2 AS "tsquery"), CAST($3 AS "tsquery") <-> CAST($4 AS "tsquery"), '
        '"docs"."words" || "docs"."words" FROM "docs"',
        ["a", "b", "a", "b"],
    ),
)
