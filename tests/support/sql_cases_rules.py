"""Golden SQL: functions, triggers, policies, rights and comments."""

from __future__ import annotations

from typing import Final

from qail import (
    INT4,
    INT8,
    TEXT,
    Qail,
    col,
    func,
    new,
    old,
)  # fmt: skip
from qail.ddl import (
    argument,
)  # fmt: skip
from support.sql_case import Case
from support.sql_ddl_setup import CLERK, GADGET, SALE, TOUCH
from support.sql_tables import User

ROUTINES: Final = (
    Case(
        "function of rows",
        Qail.create_function("f", [INT4, argument("n", INT4, default=3)])
        .returns(INT4, set_of=True)
        .body("SELECT generate_series($1, n)")
        .rows(5)
        .security_definer()
        .cost(0.5),
        (
            'CREATE FUNCTION "f" (int4, "n" int4 DEFAULT 3) RETURNS SETOF int4 LANGUAGE "sql" AS '
            "'SELECT generate_series($1, n)' ROWS 5 SECURITY DEFINER COST 0.5"
        ),
        [],
        once=True,
    ),
    Case(
        "function of a table",
        Qail.create_function(("public", "f"))
        .returns_table({"a": INT4, "b": TEXT})
        .body("SELECT 1, 'x'::text")
        .volatility("stable"),
        (
            'CREATE FUNCTION "public"."f" () RETURNS TABLE ("a" int4, "b" text) LANGUAGE "sql" AS '
            "'SELECT 1, ''x''::text' STABLE"
        ),
        [],
        once=True,
    ),
    Case(
        "function with out arguments",
        Qail.create_function(
            "f", [argument("n", INT4), argument("m", INT8, mode="out"), argument("k", TEXT, mode="out")]
        ).body("SELECT 1::int8, 'k'"),
        ('CREATE FUNCTION "f" ("n" int4, OUT "m" int8, OUT "k" text) LANGUAGE "sql" AS \'SELECT 1::int8, \'\'k\'\'\''),
        [],
        once=True,
    ),
    Case(
        "trigger function",
        Qail.create_function("f").returns_trigger().body("BEGIN RETURN NEW; END", language="plpgsql"),
        ('CREATE FUNCTION "f" () RETURNS "trigger" LANGUAGE "plpgsql" AS \'BEGIN RETURN NEW; END\''),
        [],
        once=True,
    ),
    Case(
        "function of nothing",
        Qail.create_function("f", {"a": INT4})
        .returns_void()
        .body("BEGIN END", language="plpgsql")
        .volatility("volatile"),
        ('CREATE FUNCTION "f" ("a" int4) RETURNS "void" LANGUAGE "plpgsql" AS \'BEGIN END\' VOLATILE'),
        [],
        once=True,
    ),
    Case(
        "procedure",
        Qail.create_procedure("p", [argument("n", INT4, mode="inout", default=1)]).body(
            "BEGIN n := n + 1; END -- $$ ' \\", language="plpgsql"
        ),
        (
            'CREATE PROCEDURE "p" (INOUT "n" int4 DEFAULT 1) LANGUAGE "plpgsql" AS E\'BEGIN n := n '
            "+ 1; END -- $$ '' \\\\'"
        ),
        [],
        once=True,
    ),
    Case(
        "rename a function",
        Qail.alter_object("function", "f", arguments=(INT4, TEXT)).rename_to("g"),
        'ALTER FUNCTION "f" (int4, text) RENAME TO "g"',
        [],
        setup="CREATE FUNCTION f(int4, text) RETURNS int4 LANGUAGE sql AS 'SELECT 1'",
        once=True,
    ),
    Case(
        "owner of a procedure",
        Qail.alter_object("procedure", "p", arguments=()).owner_to("qail_clerk"),
        'ALTER PROCEDURE "p" () OWNER TO "qail_clerk"',
        [],
        setup=f"CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; {CLERK}",
        once=True,
    ),
    Case(
        "drop a function",
        Qail.drop_object("function", ("public", "f"), arguments=(INT4,)).if_exists().cascade(),
        'DROP FUNCTION IF EXISTS "public"."f" (int4) CASCADE',
        [],
    ),
    Case(
        "trigger",
        Qail.create_trigger("t", "gadget")
        .or_replace()
        .before("insert", "update", of=["name", "age"])
        .for_each_row()
        .when(new("name") != "it's", new("age") > 3)
        .execute("touch", "it's", "\\"),
        (
            'CREATE OR REPLACE TRIGGER "t" BEFORE INSERT OR UPDATE OF "name", "age" ON "gadget" '
            'FOR EACH ROW WHEN (NEW."name" <> \'it\'\'s\' AND NEW."age" > 3) EXECUTE FUNCTION "touch" '
            "('it''s', E'\\\\')"
        ),
        [],
        setup=f"{GADGET}; {TOUCH}",
    ),
    Case(
        "trigger of changes",
        Qail.create_trigger("t", "gadget")
        .after("update")
        .for_each_row()
        .when(old("age").is_distinct_from(new("age")))
        .execute(("public", "touch")),
        (
            'CREATE TRIGGER "t" AFTER UPDATE ON "gadget" FOR EACH ROW WHEN (OLD."age" IS DISTINCT '
            'FROM NEW."age") EXECUTE FUNCTION "public"."touch" ()'
        ),
        [],
        setup=f"{GADGET}; {TOUCH}",
        once=True,
    ),
    Case(
        "trigger of a statement",
        Qail.create_trigger("t", "gadget").after("delete").referencing(old_table="gone").execute("touch"),
        ('CREATE TRIGGER "t" AFTER DELETE ON "gadget" REFERENCING OLD TABLE AS "gone" EXECUTE FUNCTION "touch" ()'),
        [],
        setup=f"{GADGET}; {TOUCH}",
        once=True,
    ),
    Case(
        "trigger of a view",
        Qail.create_trigger("t", "v").instead_of("insert", "delete").for_each_row().execute("touch"),
        ('CREATE TRIGGER "t" INSTEAD OF INSERT OR DELETE ON "v" FOR EACH ROW EXECUTE FUNCTION "touch" ()'),
        [],
        setup=f"CREATE VIEW v AS SELECT 1; {TOUCH}",
        once=True,
    ),
    Case(
        "drop a trigger",
        Qail.drop_trigger("t", ("public", "gadget")).if_exists(),
        'DROP TRIGGER IF EXISTS "t" ON "public"."gadget"',
        [],
        setup=GADGET,
    ),
    Case(
        "policy",
        Qail.create_policy("p", "gadget")
        .for_("update")
        .to("qail_clerk", "public")
        .using(col("name") == func.current_setting("app.user"), col("age") > 3)
        .with_check(col("name") != "it's"),
        (
            'CREATE POLICY "p" ON "gadget" FOR UPDATE TO "qail_clerk", "public" USING ("name" = '
            "\"current_setting\"('app.user') AND \"age\" > 3) WITH CHECK (\"name\" <> 'it''s')"
        ),
        [],
        setup=f"{GADGET}; {CLERK}",
        once=True,
    ),
    Case(
        "restrictive policy",
        Qail.create_policy("p", "gadget").restrictive().using(col("age").is_not_null()),
        'CREATE POLICY "p" ON "gadget" AS RESTRICTIVE USING ("age" IS NOT NULL)',
        [],
        setup=GADGET,
        once=True,
    ),
)

RIGHTS: Final = (
    Case(
        "typed policy",
        Qail.create_policy("p", User).for_("select").using(User.age > 18),
        'CREATE POLICY "p" ON "users" FOR SELECT USING ("users"."age" > 18)',
        [],
        once=True,
    ),
    Case(
        "alter a policy",
        Qail.alter_policy("p", "gadget").to("qail_clerk").using(col("age") > 3),
        'ALTER POLICY "p" ON "gadget" TO "qail_clerk" USING ("age" > 3)',
        [],
        setup=f"{GADGET}; CREATE POLICY p ON gadget; {CLERK}",
        once=True,
    ),
    Case(
        "drop a policy",
        Qail.drop_policy("p", "gadget").if_exists(),
        'DROP POLICY IF EXISTS "p" ON "gadget"',
        [],
        setup=GADGET,
    ),
    Case(
        "grant",
        Qail.grant("select", ("update", "name", "age"), "insert")
        .on("table", ("public", "gadget"))
        .to("qail_clerk")
        .with_grant_option(),
        ('GRANT SELECT, UPDATE ("name", "age"), INSERT ON TABLE "public"."gadget" TO "qail_clerk" WITH GRANT OPTION'),
        [],
        setup=f"{GADGET}; {CLERK}",
    ),
    Case(
        "grant on all",
        Qail.grant("all").on("all tables in schema", "public").to("qail_clerk", "public"),
        'GRANT ALL ON ALL TABLES IN SCHEMA "public" TO "qail_clerk", "public"',
        [],
        setup=f"{GADGET}; {CLERK}",
    ),
    Case(
        "grant on a schema",
        Qail.grant("usage", "create").on("schema", "public").to("qail_clerk"),
        'GRANT USAGE, CREATE ON SCHEMA "public" TO "qail_clerk"',
        [],
        setup=CLERK,
    ),
    Case(
        "grant of a setting",
        Qail.grant("set").on("parameter", "work_mem").to("qail_clerk"),
        'GRANT SET ON PARAMETER "work_mem" TO "qail_clerk"',
        [],
        needs=15,
        setup=CLERK,
    ),
    Case(
        "grant of maintenance",
        Qail.grant("maintain").on("table", "gadget").to("qail_clerk"),
        'GRANT MAINTAIN ON TABLE "gadget" TO "qail_clerk"',
        [],
        needs=17,
        setup=f"{GADGET}; {CLERK}",
    ),
    Case(
        "revoke",
        Qail.revoke("select", "delete").on("table", "gadget", "sale").from_("qail_clerk").cascade(),
        'REVOKE SELECT, DELETE ON TABLE "gadget", "sale" FROM "qail_clerk" CASCADE',
        [],
        setup=f"{GADGET}; {SALE}; {CLERK}",
    ),
    Case(
        "revoke an option",
        Qail.revoke("execute").grant_option().on("function", "touch").from_("qail_clerk"),
        'REVOKE GRANT OPTION FOR EXECUTE ON FUNCTION "touch" FROM "qail_clerk"',
        [],
        setup=f"{TOUCH}; {CLERK}",
    ),
    Case(
        "comment on a table",
        Qail.comment("table", ("public", "gadget"), "it's \\ $$ 'x' -- \n"),
        "COMMENT ON TABLE \"public\".\"gadget\" IS E'it''s \\\\ $$ ''x'' -- \n'",
        [],
        setup=GADGET,
    ),
    Case(
        "comment on a column",
        Qail.comment("column", ("gadget", "age"), "in years"),
        'COMMENT ON COLUMN "gadget"."age" IS \'in years\'',
        [],
        setup=GADGET,
    ),
    Case(
        "comment on a typed column",
        Qail.comment("column", User.age, "in years"),
        'COMMENT ON COLUMN "users"."age" IS \'in years\'',
        [],
    ),
    Case(
        "comment on a constraint",
        Qail.comment("constraint", "gadget_pkey", "the key", on="gadget"),
        'COMMENT ON CONSTRAINT "gadget_pkey" ON "gadget" IS \'the key\'',
        [],
        setup=GADGET,
    ),
    Case(
        "comment on a function",
        Qail.comment("function", "touch", "x", arguments=()),
        "COMMENT ON FUNCTION \"touch\" () IS 'x'",
        [],
        setup=TOUCH,
    ),
    Case("no comment", Qail.comment("schema", "public", None), 'COMMENT ON SCHEMA "public" IS NULL', []),
)
