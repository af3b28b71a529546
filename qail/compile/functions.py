"""PostgreSQL's own functions by what they are: aggregates, window functions, functions of one value, of sets of rows.

Rule: a call is known by its name and by how many arguments it has. Any other is of a function of the user's own, and
nothing is known of it.

Source: pg_proc of PostgreSQL 14 to 18; functions.html
"""

from __future__ import annotations

from typing import Final

PAIRED: Final = frozenset(
    {
        "corr", "covar_pop", "covar_samp", "json_object_agg", "json_object_agg_strict", "json_object_agg_unique",
        "json_object_agg_unique_strict", "json_objectagg", "jsonb_object_agg", "jsonb_object_agg_strict",
        "jsonb_object_agg_unique", "jsonb_object_agg_unique_strict", "regr_avgx", "regr_avgy", "regr_count",
        "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "string_agg",
    }
)  # fmt: skip
AGGREGATES: Final[dict[str, int]] = {
    **dict.fromkeys(
        (
            "any_value", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "count", "every",
            "json_agg", "json_agg_strict", "json_arrayagg", "jsonb_agg", "jsonb_agg_strict", "max", "min",
            "range_agg", "range_intersect_agg", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp",
            "variance", "xmlagg",
        ),
        1,
    ),
    **dict.fromkeys(PAIRED, 2),
}  # fmt: skip
"""Those of a group of rows, pg_proc.prokind 'a', and the number of their arguments."""
ORDERED_SETS: Final[dict[str, int]] = {"mode": 0, "percentile_cont": 1, "percentile_disc": 1}
"""Aggregates of sorted rows, and the number of their arguments ahead of WITHIN GROUP."""
HYPOTHETICAL_SETS: Final = frozenset({"cume_dist", "dense_rank", "percent_rank", "rank"})
"""Window functions that are aggregates of sorted rows as well."""
WINDOW_FUNCTIONS: Final[dict[str, tuple[int, int]]] = {
    **dict.fromkeys(HYPOTHETICAL_SETS, (0, 0)),
    "first_value": (1, 1),
    "lag": (1, 3),
    "last_value": (1, 1),
    "lead": (1, 3),
    "nth_value": (2, 2),
    "ntile": (1, 1),
    "row_number": (0, 0),
}
"""And how many arguments they have, at least and at most."""

SET_FUNCTIONS: Final = frozenset(
    {
        "generate_series", "generate_subscripts", "json_array_elements", "json_array_elements_text", "json_each",
        "json_each_text", "json_object_keys", "json_populate_recordset", "json_to_recordset", "jsonb_array_elements",
        "jsonb_array_elements_text", "jsonb_each", "jsonb_each_text", "jsonb_object_keys", "jsonb_path_query",
        "jsonb_path_query_tz", "jsonb_populate_recordset", "jsonb_to_recordset", "regexp_matches",
        "regexp_split_to_table", "string_to_table", "unnest",
    }
)  # fmt: skip
"""Every one of their names gives rows."""

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

ROW_FUNCTIONS: Final = frozenset(
    {
        "abs", "age", "array_append", "array_cat", "array_dims", "array_length", "array_lower", "array_ndims",
        "array_position", "array_positions", "array_prepend", "array_remove", "array_replace", "array_to_string",
        "array_upper", "ascii", "bit_length", "btrim", "cardinality", "cbrt", "ceil", "ceiling", "char_length",
        "character_length", "chr", "cos", "current_database", "current_schema", "current_setting", "date_bin",
        "date_part", "date_trunc", "decode", "degrees", "div", "encode", "exp", "factorial", "floor", "format_type",
        "gcd", "generate_series", "generate_subscripts", "has_table_privilege", "initcap", "isfinite",
        "json_array_length", "json_typeof", "jsonb_array_elements", "jsonb_array_elements_text",
        "jsonb_array_length", "jsonb_each", "jsonb_each_text", "jsonb_object_keys", "jsonb_path_exists",
        "jsonb_path_query", "jsonb_pretty", "jsonb_set", "jsonb_strip_nulls", "jsonb_typeof", "justify_days",
        "justify_hours", "lcm", "ln", "log", "log10", "lower", "lower_inc", "lpad", "ltrim", "make_date",
        "make_interval", "make_time", "make_timestamp", "make_timestamptz", "md5", "mod", "now", "numrange",
        "octet_length", "overlay", "pg_backend_pid", "pg_column_size", "pg_get_expr", "pg_get_indexdef",
        "pg_size_pretty", "pg_typeof", "phraseto_tsquery", "pi", "plainto_tsquery", "position", "power",
        "quote_ident", "quote_literal", "radians", "range_merge", "regexp_count", "regexp_instr", "regexp_like",
        "regexp_match", "regexp_matches", "regexp_replace", "regexp_split_to_array", "regexp_split_to_table",
        "regexp_substr", "repeat", "replace", "reverse", "round", "row_to_json", "rpad", "rtrim", "scale", "sha256",
        "sha512", "sign", "sin", "split_part", "sqrt", "starts_with", "string_to_array", "string_to_table",
        "substr", "substring", "tan", "to_char", "to_date", "to_json", "to_jsonb", "to_number", "to_timestamp",
        "to_tsquery", "to_tsvector", "translate", "trim_scale", "trunc", "ts_headline", "ts_rank", "ts_rank_cd",
        "unnest", "upper", "upper_inc", "version", "websearch_to_tsquery", "width_bucket",
    }
)  # fmt: skip
"""Functions of the values of one row, none of them volatile, but for those that take any number of arguments."""

# Of pg_catalog, none of them volatile: they change nothing, and a search_path finds them before a user's own.
# Source: functions.html; the volatility is pg_proc.provolatile's
SAFE_FUNCTIONS: Final = ROW_FUNCTIONS | {
    "array_agg", "bit_and", "bit_or", "bool_and", "bool_or", "concat", "concat_ws", "corr", "covar_pop",
    "covar_samp", "cume_dist", "every", "first_value", "format", "greatest", "json_agg", "json_build_array",
    "json_build_object", "json_object_agg", "jsonb_agg", "jsonb_build_array", "jsonb_build_object",
    "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_object_agg", "lag", "last_value", "lead", "least",
    "mode", "nth_value", "ntile", "num_nonnulls", "num_nulls", "percent_rank", "percentile_cont",
    "percentile_disc", "stddev", "stddev_pop", "stddev_samp", "string_agg", "var_pop", "var_samp", "variance",
}  # fmt: skip
