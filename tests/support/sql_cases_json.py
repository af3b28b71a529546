"""Golden SQL: SQL/JSON."""

from __future__ import annotations

from typing import Final

from qail import (
    BYTEA,
    DATE,
    FLOAT8,
    INT4,
    JSONB,
    JSONPATH,
    NUMERIC,
    TEXT,
    Qail,
    array_of,
    cast,
    col,
    exists,
    func,
    json_array,
    json_arrayagg,
    json_column,
    json_exists,
    json_exists_column,
    json_nested,
    json_object,
    json_objectagg,
    json_ordinality,
    json_parse,
    json_query,
    json_scalar,
    json_serialize,
    json_table,
    json_value,
    literal,
    select,
)
from support.sql_case import Case
from support.sql_tables import Doc, Post, User

BODY: Final = Doc.data
DURING: Final = Doc.during.range
TITLES: Final = select(Post.title, Post.id).where(Post.author_id == User.id)
ITEMS: Final = json_table(BODY, "$.items[*]", json_ordinality("line"), json_column("sku", TEXT), alias="i")
FULL: Final = json_table(
    BODY,
    "$.items[*] ? (@.n > $least)",
    json_ordinality("line"),
    json_column("sku", TEXT, path="$.s", on_empty=literal("it's"), on_error="null"),
    json_column("raw", TEXT, format_json=True, wrapper="conditional", on_error="error"),
    json_column("text", TEXT, path="$.t", quotes="omit"),
    json_column("tags", array_of(TEXT), path="$.tags", on_empty="empty array"),
    json_exists_column("big", path="$.n ? (@ > 10)", on_error="unknown"),
    json_nested(
        "$.parts[*]", json_ordinality("part"), json_column("size", INT4), json_nested("$.x", json_column("y", FLOAT8))
    ),
    json_nested("$.notes[*]", json_column("note", TEXT, path="$")),
    alias="i",
    passing={"least": 3},
    on_error="error",
)

JSON: Final = (
    Case(
        "json_exists",
        select(Doc.id).where(
            json_exists(BODY, "$.a"),
            json_exists(BODY, "$.b[*] ? (@ > $n)", passing={"n": 3, "word": "x"}, on_error="error"),
        ),
        'SELECT "docs"."id" FROM "docs" WHERE JSON_EXISTS("docs"."data", $1) AND JSON_EXISTS("docs"."data", $2 '
        'PASSING $3 AS "n", $4 AS "word" ERROR ON ERROR)',
        ["$.a", "$.b[*] ? (@ > $n)", 3, "x"],
        17,
    ),
    Case(
        "json_exists of a value",
        select(json_exists({"a": 1}, "strict $.a", on_error="unknown")),
        "SELECT JSON_EXISTS($1, $2 UNKNOWN ON ERROR)",
        [{"a": 1}, "strict $.a"],
        17,
    ),
    Case(
        "json_value",
        select(
            json_value(BODY, "$.a"),
            json_value(BODY, "$.n", returning=INT4),
            json_value(BODY, "$.n", returning=NUMERIC.sized(4, 1), on_empty="error", on_error=literal(0)),
        ),
        'SELECT JSON_VALUE("docs"."data", $1), JSON_VALUE("docs"."data", $2 RETURNING int4), '
        'JSON_VALUE("docs"."data", $3 RETURNING numeric(4, 1) ERROR ON EMPTY DEFAULT 0 ON ERROR) FROM "docs"',
        ["$.a", "$.n", "$.n"],
        17,
    ),
    Case(
        "json_value with defaults",
        select(
            json_value(BODY, "$.d", returning=DATE, on_empty=cast("2024-01-01", DATE), on_error="null"),
            json_value(BODY, "$.a", on_empty=literal("it's")),
        ),
        'SELECT JSON_VALUE("docs"."data", $1 RETURNING date DEFAULT CAST(\'2024-01-01\' AS date) ON EMPTY NULL '
        'ON ERROR), JSON_VALUE("docs"."data", $2 DEFAULT \'it\'\'s\' ON EMPTY) FROM "docs"',
        ["$.d", "$.a"],
        17,
    ),
    Case(
        "json_query",
        select(
            json_query(BODY, "$.a"),
            json_query(BODY, "$.a[*]", wrapper="unconditional"),
            json_query(BODY, "$.a", wrapper="conditional", on_empty="empty array"),
        ),
        'SELECT JSON_QUERY("docs"."data", $1), JSON_QUERY("docs"."data", $2 WITH UNCONDITIONAL WRAPPER), '
        'JSON_QUERY("docs"."data", $3 WITH CONDITIONAL WRAPPER EMPTY ARRAY ON EMPTY) FROM "docs"',
        ["$.a", "$.a[*]", "$.a"],
        17,
    ),
    Case(
        "json_query of quotes",
        select(
            json_query(BODY, "$.a", returning=TEXT, quotes="omit", on_error="null"),
            json_query(
                BODY, "$.b", returning=array_of(INT4), wrapper="without", quotes="keep", on_empty="empty object"
            ),
        ),
        'SELECT JSON_QUERY("docs"."data", $1 RETURNING text OMIT QUOTES NULL ON ERROR), '
        'JSON_QUERY("docs"."data", $2 RETURNING int4[] WITHOUT WRAPPER KEEP QUOTES EMPTY OBJECT ON EMPTY) FROM '
        '"docs"',
        ["$.a", "$.b"],
        17,
    ),
    Case(
        "json_query with variables and a default",
        select(json_query(BODY, "$.a[$i]", passing={"i": User.id, "f": 1.5}, on_error=literal("{}")))
        .from_(Doc)
        .join(User, on=User.id == Doc.id),
        'SELECT JSON_QUERY("docs"."data", $1 PASSING "users"."id" AS "i", $2 AS "f" DEFAULT \'{}\' ON ERROR) '
        'FROM "docs" JOIN "users" ON "users"."id" = "docs"."id"',
        ["$.a[$i]", 1.5],
        17,
    ),
    Case(
        "json path of an expression",
        select(json_value(BODY, cast(User.name.concat(""), JSONPATH))).from_(Doc).join(User, on=User.id == Doc.id),
        'SELECT JSON_VALUE("docs"."data", CAST("users"."name" || $1 AS "jsonpath")) FROM "docs" JOIN "users" '
        'ON "users"."id" = "docs"."id"',
        [""],
        17,
    ),
    Case(
        "json_table",
        select(Doc.id, ITEMS["line"], ITEMS["sku"]).cross_join(ITEMS),
        'SELECT "docs"."id", "i"."line", "i"."sku" FROM "docs" CROSS JOIN JSON_TABLE("docs"."data", '
        '\'$.items[*]\' COLUMNS ("line" FOR ORDINALITY, "sku" text)) AS "i"',
        [],
        17,
    ),
    Case(
        "json_table with everything",
        select(FULL["line"], FULL["sku"], FULL["big"], FULL["size"], FULL["y"], FULL["note"])
        .from_(Doc)
        .left_join(FULL, on=literal(True)),
        'SELECT "i"."line", "i"."sku", "i"."big", "i"."size", "i"."y", "i"."note" FROM "docs" LEFT JOIN '
        'JSON_TABLE("docs"."data", \'$.items[*] ? (@.n > $least)\' PASSING $1 AS "least" COLUMNS ("line" FOR '
        "ORDINALITY, \"sku\" text PATH '$.s' DEFAULT 'it''s' ON EMPTY NULL ON ERROR, \"raw\" text FORMAT "
        'JSON WITH CONDITIONAL WRAPPER ERROR ON ERROR, "text" text PATH \'$.t\' OMIT QUOTES, "tags" text[] '
        "PATH '$.tags' EMPTY ARRAY ON EMPTY, \"big\" bool EXISTS PATH '$.n ? (@ > 10)' UNKNOWN ON ERROR, "
        "NESTED PATH '$.parts[*]' COLUMNS (\"part\" FOR ORDINALITY, \"size\" int4, NESTED PATH '$.x' COLUMNS "
        '("y" float8)), NESTED PATH \'$.notes[*]\' COLUMNS ("note" text PATH \'$\')) ERROR ON ERROR) AS "i" ON '
        "TRUE",
        [3],
        17,
    ),
    Case(
        "json_table of a value",
        Qail.get(json_table([{"a": 1}], "$[*]", json_column("a", INT4), alias="t")),
        'SELECT * FROM JSON_TABLE($1, \'$[*]\' COLUMNS ("a" int4)) AS "t"',
        [[{"a": 1}]],
        17,
    ),
    Case(
        "json_table in a subquery",
        select(Doc.id).where(exists(Qail.get(ITEMS).columns("sku").where(ITEMS["sku"] == "x"))),
        'SELECT "docs"."id" FROM "docs" WHERE EXISTS (SELECT "sku" FROM JSON_TABLE("docs"."data", '
        '\'$.items[*]\' COLUMNS ("line" FOR ORDINALITY, "sku" text)) AS "i" WHERE "i"."sku" = $1)',
        ["x"],
        17,
    ),
    Case(
        "json_object",
        select(
            json_object({"id": User.id, "name": User.name, "kind": "user"}),
            json_object(),
            json_object({"a": None, "b": [1]}, on_null="absent", unique_keys=True, returning=JSONB),
        ).from_(User),
        'SELECT JSON_OBJECT($1 : "users"."id", $2 : "users"."name", $3 : $4), JSON_OBJECT(), JSON_OBJECT($5 : '
        '$6, $7 : $8 ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb) FROM "users"',
        ["id", "name", "kind", "user", "a", None, "b", [1]],
        16,
    ),
    Case(
        "json_object of expressions",
        select(json_object([(User.name, User.id), ("n", 1.5)], on_null="null", returning=TEXT)),
        'SELECT JSON_OBJECT("users"."name" : "users"."id", $1 : $2 NULL ON NULL RETURNING text) FROM "users"',
        ["n", 1.5],
        16,
    ),
    Case(
        "json_array",
        select(
            json_array(User.id, "a", 1, None, on_null="null"), json_array(), json_array(True, returning=JSONB)
        ).from_(User),
        'SELECT JSON_ARRAY("users"."id", $1, $2, $3 NULL ON NULL), JSON_ARRAY(), JSON_ARRAY($4 RETURNING '
        'jsonb) FROM "users"',
        ["a", 1, None, True],
        16,
    ),
    Case(
        "json_array of a query",
        select(
            User.id, json_array(select(Post.title).where(Post.author_id == User.id).order_by(Post.id), returning=JSONB)
        ),
        'SELECT "users"."id", JSON_ARRAY(SELECT "posts"."title" FROM "posts" WHERE "posts"."author_id" = '
        '"users"."id" ORDER BY "posts"."id" RETURNING jsonb) FROM "users"',
        [],
        16,
    ),
    Case(
        "json aggregates",
        select(
            User.active,
            json_arrayagg(User.name, order_by=[User.age.desc(), User.id], on_null="null"),
            json_objectagg(User.name, User.age, on_null="absent", unique_keys=True, returning=JSONB),
        ).group_by(User.active),
        'SELECT "users"."active", JSON_ARRAYAGG("users"."name" ORDER BY "users"."age" DESC, "users"."id" NULL '
        'ON NULL), JSON_OBJECTAGG("users"."name" : "users"."age" ABSENT ON NULL WITH UNIQUE KEYS RETURNING '
        'jsonb) FROM "users" GROUP BY "users"."active"',
        [],
        16,
    ),
    Case(
        "json aggregates of some rows",
        select(json_arrayagg(User.id, returning=JSONB).filter(User.active, User.age > 1)),
        'SELECT JSON_ARRAYAGG("users"."id" RETURNING jsonb) FILTER (WHERE "users"."active" AND "users"."age" > $1) '
        'FROM "users"',
        [1],
        16,
    ),
    Case(
        "json aggregates over windows",
        select(
            json_objectagg("k", User.id).over(partition_by=User.active),
            json_arrayagg(1).filter(User.active).over("w"),
        ).window("w", order_by=User.id),
        'SELECT JSON_OBJECTAGG($1 : "users"."id") OVER (PARTITION BY "users"."active"), JSON_ARRAYAGG($2) '
        'FILTER (WHERE "users"."active") OVER "w" FROM "users" WINDOW "w" AS (ORDER BY "users"."id")',
        ["k", 1],
        16,
    ),
    Case(
        "json texts",
        select(
            json_parse(User.name),
            json_parse("[1]", unique_keys=True),
            json_scalar(User.age),
            json_scalar("x"),
            json_serialize(BODY),
            json_serialize({"a": 1}, returning=BYTEA),
        )
        .from_(User)
        .join(Doc, on=Doc.id == User.id),
        'SELECT JSON("users"."name"), JSON($1 WITH UNIQUE KEYS), JSON_SCALAR("users"."age"), JSON_SCALAR($2), '
        'JSON_SERIALIZE(CAST("docs"."data" AS json)), JSON_SERIALIZE(CAST($3 AS json) RETURNING bytea) FROM "users" '
        'JOIN "docs" ON "docs"."id" = "users"."id"',
        ["[1]", "x", {"a": 1}],
        17,
    ),
    Case(
        "is json",
        select(User.id).where(
            User.name.json.is_json(),
            User.name.json.is_not_json("object"),
            User.name.json.is_json("array", unique_keys=True) | ~User.name.concat("x").json.is_json("scalar"),
        ),
        'SELECT "users"."id" FROM "users" WHERE "users"."name" IS JSON AND "users"."name" IS NOT JSON OBJECT '
        'AND ("users"."name" IS JSON ARRAY WITH UNIQUE KEYS OR NOT "users"."name" || $1 IS JSON SCALAR)',
        ["x"],
        16,
    ),
    Case(
        "json subscripts",
        select(
            Doc.data.json.at("a", 0, "b"),
            Doc.data.json.at(User.name).json.at(1).json.text("c"),
            Doc.data.json.get("a").json.at("b"),
        )
        .from_(Doc)
        .join(User, on=User.id == Doc.id),
        'SELECT "docs"."data"[$1][$2][$3], "docs"."data"["users"."name"][$4] ->> $5, ("docs"."data" -> $6)[$7] '
        'FROM "docs" JOIN "users" ON "users"."id" = "docs"."id"',
        ["a", 0, "b", 1, "c", "a", "b"],
    ),
    Case(
        "json set by a function",
        Qail.set("docs").values({"data": func.jsonb_set(col("data"), ["a", "b"], cast({"x": 1}, JSONB))}).eq("id", 1),
        'UPDATE "docs" SET "data" = "jsonb_set"("data", $1, CAST($2 AS jsonb)) WHERE "id" = $3',
        [["a", "b"], {"x": 1}, 1],
    ),
)
