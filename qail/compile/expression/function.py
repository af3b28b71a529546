"""FuncCall as SQL."""

from __future__ import annotations

from typing import Final

from qail.ast.expression.function import FuncCall, types_of_arguments
from qail.ast.tokens import FUNCTION_DISTINCT, FUNCTION_STAR
from qail.compile.clause.window import write_over
from qail.compile.expression.boolean import write_conditions
from qail.compile.quote import PLAIN_FUNCTIONS, function_name, identifier, qualified
from qail.compile.sql_writer import SqlWriter

# They change what the session is, or tell what it did before, whoever's call that was. Those that only hold until the
# transaction ends are none of them.
# Source: functions-admin.html, "Configuration Settings Functions", "Advisory Lock Functions"; functions-sequence.html
SESSION_FUNCTIONS: Final = frozenset(
    {
        "currval", "dblink_connect", "dblink_connect_u", "dblink_disconnect", "dblink_open", "lastval",
        "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_all",
        "pg_advisory_unlock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "set_config", "setseed",
    }
)  # fmt: skip


# Of pg_catalog, none of them volatile: they change nothing, and a search_path finds them before a user's own.
# Source: functions.html; the volatility is pg_proc.provolatile's
SAFE_FUNCTIONS: Final = frozenset(
    {
        "abs", "age", "array_agg", "array_append", "array_cat", "array_dims", "array_length", "array_lower",
        "array_ndims", "array_position", "array_positions", "array_prepend", "array_remove", "array_replace",
        "array_to_string", "array_upper", "ascii", "bit_and", "bit_length", "bit_or", "bool_and", "bool_or", "btrim",
        "cardinality", "cbrt", "ceil", "ceiling", "char_length", "character_length", "chr", "concat", "concat_ws",
        "corr", "cos", "covar_pop", "covar_samp", "cume_dist", "current_database", "current_schema",
        "current_setting", "date_bin", "date_part", "date_trunc", "decode", "degrees", "div", "encode", "every",
        "exp", "factorial", "first_value", "floor", "format", "format_type", "gcd", "generate_series",
        "generate_subscripts", "greatest", "has_table_privilege", "initcap", "isfinite", "json_agg",
        "json_array_length", "json_build_array", "json_build_object", "json_object_agg", "json_typeof", "jsonb_agg",
        "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_array_length", "jsonb_build_array",
        "jsonb_build_object", "jsonb_each", "jsonb_each_text", "jsonb_extract_path", "jsonb_extract_path_text",
        "jsonb_object_agg", "jsonb_object_keys", "jsonb_path_exists", "jsonb_path_query", "jsonb_pretty", "jsonb_set",
        "jsonb_strip_nulls", "jsonb_typeof", "justify_days", "justify_hours", "lag", "last_value", "lcm", "lead",
        "least", "ln", "log", "log10", "lower", "lower_inc", "lpad", "ltrim", "make_date", "make_interval",
        "make_time", "make_timestamp", "make_timestamptz", "md5", "mod", "mode", "now", "nth_value", "ntile",
        "num_nonnulls", "num_nulls", "numrange", "octet_length", "overlay", "percent_rank", "percentile_cont",
        "percentile_disc", "pg_backend_pid", "pg_column_size", "pg_get_expr", "pg_get_indexdef", "pg_size_pretty",
        "pg_typeof", "phraseto_tsquery", "pi", "plainto_tsquery", "position", "power", "quote_ident", "quote_literal",
        "radians", "range_merge", "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches",
        "regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "repeat", "replace",
        "reverse", "round", "row_to_json", "rpad", "rtrim", "scale", "sha256", "sha512", "sign", "sin", "split_part",
        "sqrt", "starts_with", "stddev", "stddev_pop", "stddev_samp", "string_agg", "string_to_array",
        "string_to_table", "substr", "substring", "tan", "to_char", "to_date", "to_json", "to_jsonb", "to_number",
        "to_timestamp", "to_tsquery", "to_tsvector", "translate", "trim_scale", "trunc", "ts_headline", "ts_rank",
        "ts_rank_cd", "unnest", "upper", "upper_inc", "var_pop", "var_samp", "variance", "version",
        "websearch_to_tsquery", "width_bucket",
    }
)  # fmt: skip


def write_call(writer: SqlWriter, node: FuncCall) -> None:
    """`name(arguments ORDER BY ...) WITHIN GROUP (...) FILTER (WHERE ...) OVER (...)`."""
    form = node.form
    if form.schema is not None or (node.name not in PLAIN_FUNCTIONS and node.name not in SAFE_FUNCTIONS):
        writer.is_pure = False
        if node.name in SESSION_FUNCTIONS:
            writer.is_session_bound = True
    owner = writer.begin_call(node)
    writer.put(function_name(node.name) if form.schema is None else qualified((form.schema, node.name)))
    writer.put("(")
    if node.kind == FUNCTION_STAR:
        writer.put("*")
    elif node.kind == FUNCTION_DISTINCT:
        writer.put("DISTINCT ")
    _write_arguments(writer, node)
    if form.order and not form.is_within_group:
        writer.put(" ORDER BY ")
        writer.write_list(list(form.order))
    writer.put(")")
    if form.is_within_group:
        writer.put(" WITHIN GROUP (ORDER BY ")
        writer.write_list(list(form.order))
        writer.put(")")
    if node.condition is not None:
        writer.put(" FILTER (WHERE ")
        write_conditions(writer, [node.condition])
        writer.put(")")
    if node.window is not None:
        writer.put(" OVER ")
        write_over(writer, node.window)
    writer.end_call(node, owner)


def _write_arguments(writer: SqlWriter, node: FuncCall) -> None:
    first_named = len(node.arguments) - len(node.form.names)
    # Where values are text of the statement, that has no types to be refused for.
    types = [] if writer.writes_literals else types_of_arguments(node)
    for index, argument in enumerate(node.arguments):
        if index:
            writer.put(", ")
        if index >= first_named:
            writer.put(identifier(node.form.names[index - first_named]) + " => ")
        writer.write(argument, pg=types[index] if types else None)
