"""Every expectation that GX registers, with kwargs that find something in the small table below."""

from __future__ import annotations

from typing import Any

TABLE = """
CREATE TABLE small AS SELECT * FROM (VALUES
 (0, 1, 10, 10, 5,   1.5, 'apple',  DATE '2024-01-01', TIMESTAMP '2024-01-01 10:00:00', true,  '{"a": 1}',   '2024-01-01', 3::DECIMAL(12,2)),
 (1, 2, 20, 10, 5,   2.5, 'banana', DATE '2024-02-01', TIMESTAMP '2024-02-01 10:00:00', false, '{"a": "x"}', '01.02.2024', 4),
 (2, 2, 30, 40, 6,  NULL, 'apple',  NULL,              NULL,                            NULL,  '[]',         NULL,         NULL),
 (3, 3, NULL, NULL, 7, 100.0, NULL, DATE '2024-03-01', TIMESTAMP '2024-03-01 10:00:00', true,  NULL,         'yesterday',  5),
 (4, NULL, 50, NULL, 7, 3.5, 'Cherry', DATE '2023-01-01', TIMESTAMP '2023-01-01 10:00:00', true, '[1]',      '2024-13-01', 3),
 (5, 5, NULL, 60, 8, 4.5, '',       DATE '2024-05-01', TIMESTAMP '2024-05-01 10:00:00', false, '{"b": 2}',   '12 May 2024', 7),
 (6, 4, 70, 70, 7,   4.5, '50%_x',  DATE '2024-05-01', TIMESTAMP '2024-05-01 10:00:00', false, '{"a": 2}',   '5/5/2024',   7)
) t(_row, i, p, q, r, d, s, dt, ts, b, j, w, m)
"""

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
OVER_FIVE = {"type": "comparison", "column": {"name": "r"}, "operator": ">", "parameter": 5}
NAMED = {"type": "nullity", "column": {"name": "s"}, "is_null": False}
BOTH = {"type": "and", "conditions": [OVER_FIVE, NAMED]}

ONE_COLUMN: dict[str, list[dict[str, Any]]] = {
    "expect_column_value_lengths_to_be_between": [{"column": "s", "min_value": 1, "max_value": 5}, {"column": "s", "min_value": 5, "strict_min": True}],
    "expect_column_value_lengths_to_equal": [{"column": "s", "value": 5}],
    "expect_column_value_z_scores_to_be_less_than": [{"column": "d", "threshold": 1, "double_sided": True}, {"column": "d", "threshold": 1, "double_sided": False}],
    "expect_column_values_to_be_between": [
        {"column": "i", "min_value": 2, "max_value": 4}, {"column": "d", "max_value": 4.5, "strict_max": True}, {"column": "m", "min_value": 3.5},
        {"column": "dt", "min_value": "2024-01-01", "max_value": "2024-03-01"}, {"column": "ts", "min_value": "2024-01-01T00:00:00"}],
    "expect_column_values_to_be_dateutil_parseable": [{"column": "w"}, {"column": "s"}],
    "expect_column_values_to_be_decreasing": [{"column": "i"}, {"column": "i", "strictly": True}, {"column": "dt"}],
    "expect_column_values_to_be_increasing": [{"column": "i"}, {"column": "i", "strictly": True}, {"column": "dt"}],
    "expect_column_values_to_be_in_set": [
        {"column": "s", "value_set": ["apple", "50%_x"]}, {"column": "i", "value_set": [1, 2.5, 3]}, {"column": "b", "value_set": [True]},
        {"column": "m", "value_set": [3, 4]}, {"column": "s", "value_set": []}, {"column": "s", "value_set": ["apple", None]}],
    "expect_column_values_to_not_be_in_set": [
        {"column": "s", "value_set": ["apple", "50%_x"]}, {"column": "i", "value_set": [1, 2, 3]}, {"column": "s", "value_set": []},
        {"column": "i", "value_set": [None, 3]}],
    "expect_column_values_to_be_json_parseable": [{"column": "j"}, {"column": "s"}],
    "expect_column_values_to_match_json_schema": [{"column": "j", "json_schema": SCHEMA}],
    "expect_column_values_to_be_null": [{"column": "s"}, {"column": "i"}],
    "expect_column_values_to_not_be_null": [{"column": "s"}, {"column": "d"}, {"column": "i"}, {"column": "dt"}],
    "expect_column_values_to_be_unique": [{"column": "s"}, {"column": "i"}, {"column": "dt"}],
    "expect_column_values_to_match_regex": [{"column": "s", "regex": "^[a-z]+$"}, {"column": "s", "regex": "an"}, {"column": "s", "regex": "%_"}],
    "expect_column_values_to_match_regex_list": [{"column": "s", "regex_list": ["^a", "e$"], "match_on": how} for how in ("any", "all")],
    "expect_column_values_to_match_strftime_format": [{"column": "w", "strftime_format": "%Y-%m-%d"}],
    "expect_column_values_to_not_be_outliers": [{"column": "d", "method": "iqr", "multiplier": 1.5}, {"column": "d", "method": "std", "multiplier": 1}],
    "expect_column_values_to_not_match_regex": [{"column": "s", "regex": "an"}],
    "expect_column_values_to_not_match_regex_list": [{"column": "s", "regex_list": ["^a", "e$"]}],
}  # fmt: skip

SEVERAL_COLUMNS: dict[str, list[dict[str, Any]]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": [{"column_A": "p", "column_B": "q"}, {"column_A": "p", "column_B": "q", "or_equal": True}],
    "expect_column_pair_values_to_be_equal": [{"column_A": "p", "column_B": "q"}],
    "expect_column_pair_values_to_be_in_set": [{"column_A": "s", "column_B": "r", "value_pairs_set": [["apple", 5], ["banana", 5], ["apple", 6]]}],
    "expect_compound_columns_to_be_unique": [{"column_list": columns} for columns in (["i", "r"], ["p", "q"], ["d", "r"], ["d", "dt"])],
    "expect_multicolumn_sum_to_equal": [{"column_list": ["p", "q", "r"], "sum_total": 25}],
    "expect_multicolumn_values_to_be_equal": [{"column_list": ["p", "q"]}, {"column_list": ["p", "q", "r"]}],
    "expect_select_column_values_to_be_unique_within_record": [{"column_list": ["p", "q", "r"]}, {"column_list": ["p", "q"]}],
}  # fmt: skip

# GX has these on SQL alone, so no pandas tells what is right: the rows that violate them
ON_SQL_ONLY: list[tuple[str, dict[str, Any], set[int]]] = [
    ("expect_column_values_to_match_like_pattern", {"column": "s", "like_pattern": "%a%"}, {4, 5, 6}),
    ("expect_column_values_to_match_like_pattern", {"column": "s", "like_pattern": "50\\%%", "escape": "\\"}, {0, 1, 2, 4, 5}),
    ("expect_column_values_to_match_like_pattern_list", {"column": "s", "like_pattern_list": ["a%", "%e"], "match_on": "any"}, {1, 4, 5, 6}),
    ("expect_column_values_to_match_like_pattern_list", {"column": "s", "like_pattern_list": ["a%", "%e"], "match_on": "all"}, {1, 4, 5, 6}),
    ("expect_column_values_to_not_match_like_pattern", {"column": "s", "like_pattern": "%a%", "row_condition": OVER_FIVE}, {2}),
    ("expect_column_values_to_not_match_like_pattern_list", {"column": "s", "like_pattern_list": ["a%", "%e"]}, {0, 2}),
    ("expect_column_values_to_be_in_set", {"column": "dt", "value_set": ["2024-01-01"]}, {1, 3, 4, 5, 6}),
    ("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE i > 3"}, {5, 6}),
]  # fmt: skip

AGGREGATES: dict[str, list[dict[str, Any]]] = {
    "expect_column_distinct_values_to_be_in_set": [{"column": "s", "value_set": ["apple", "banana"]}, {"column": "i", "value_set": [1, 2, 3, 4, 5]}],
    "expect_column_distinct_values_to_contain_set": [{"column": "s", "value_set": ["apple"]}, {"column": "i", "value_set": [1, 9]}],
    "expect_column_distinct_values_to_equal_set": [{"column": "i", "value_set": [1, 2, 3, 4, 5]}],
    **{f"expect_column_{what}_to_be_between": [{"column": "d", "min_value": 1, "max_value": 10}, {"column": "i", "min_value": 1, "max_value": 5, "strict_min": True},
                                               {"column": "m", "min_value": 1, "max_value": 10}]
       for what in ("max", "mean", "median", "min", "stdev", "sum")},
    "expect_column_most_common_value_to_be_in_set": [{"column": "s", "value_set": ["apple"]}, {"column": "d", "value_set": [4.5], "ties_okay": True}],
    "expect_column_proportion_of_non_null_values_to_be_between": [{"column": "s", "min_value": 0.5, "max_value": 0.9}, {"column": "i", "min_value": 0.9}],
    "expect_column_proportion_of_unique_values_to_be_between": [{"column": "s", "min_value": 0.5, "max_value": 0.9}, {"column": "i", "min_value": 0.9}],
    "expect_column_quantile_values_to_be_between": [
        {"column": "d", "quantile_ranges": {"quantiles": [0.1, 0.5, 0.9], "value_ranges": [[1, 2], [2, 5], [4, None]]}},
        {"column": "r", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[7, 7]]}}],
    "expect_column_unique_value_count_to_be_between": [{"column": "s", "min_value": 1, "max_value": 5}, {"column": "i", "max_value": 3}],
    "expect_table_row_count_to_be_between": [{"min_value": 1, "max_value": 6}],
    "expect_table_row_count_to_equal": [{"value": 7}],
}  # fmt: skip

TABLE_LEVEL: dict[str, list[dict[str, Any]]] = {
    "expect_column_kl_divergence_to_be_less_than": [
        {"column": "s", "partition_object": {"values": ["apple", "banana"], "weights": [0.5, 0.5]}, "threshold": 0.2},
        {"column": "d", "partition_object": {"bins": [0, 2, 4, 200], "weights": [0.3, 0.3, 0.4]}, "threshold": 5}],
    "expect_column_to_exist": [{"column": "s"}, {"column": "zzz"}, {"column": "i", "column_index": 0}, {"column": "i", "column_index": 1}],
    "expect_table_column_count_to_be_between": [{"min_value": 1, "max_value": 3}, {"min_value": 12}],
    "expect_table_column_count_to_equal": [{"value": 12}],
    "expect_table_columns_to_match_ordered_list": [{"column_list": ["i"]}, {"column_list": ["i", "p", "q", "r", "d", "s", "dt", "ts", "b", "j", "w", "m"]}],
    "expect_table_columns_to_match_set": [{"column_set": ["i"]}, {"column_set": ["i"], "exact_match": False}],
}  # fmt: skip

# types are named as the engine names them, so pandas cannot be asked
OF_TYPE = {
    "expect_column_type_to_be": [({"column": "s", "type_": "VARCHAR"}, True), ({"column": "i", "type_": "VARCHAR"}, False)],
    "expect_column_values_to_be_of_type": [({"column": "s", "type_": "VARCHAR"}, True), ({"column": "dt", "type_": "VARCHAR"}, False)],
    "expect_column_values_to_be_in_type_list": [({"column": "m", "type_list": ["DECIMAL(12,2)"]}, True), ({"column": "s", "type_list": ["DATE"]}, False)],
}  # fmt: skip

ELSEWHERE: dict[str, dict[str, Any]] = {
    "expect_query_results_to_match_comparison": {"base_query": "SELECT 1", "comparison_data_source_name": "x", "comparison_query": "SELECT 1"},
    "expect_table_row_count_to_equal_other_table": {"other_table_name": "x"},
}  # fmt: skip

_MISSING = {
    "column_A": ("both_values_are_missing", "either_value_is_missing", "neither"),
    "column_list": ("all_values_are_missing", "any_value_is_missing", "never"),
}


def compared_with_pandas() -> list[tuple[str, dict[str, Any]]]:
    """Each with row conditions, `mostly` and `ignore_row_if`."""
    cases = []
    for kind, all_kwargs in (ONE_COLUMN | SEVERAL_COLUMNS | AGGREGATES).items():
        row_level = kind not in AGGREGATES
        for kwargs in all_kwargs:
            conditions = [{}, *({"row_condition": each} for each in (OVER_FIVE, NAMED, BOTH))]
            cases += [(kind, kwargs | condition) for condition in conditions]
            if row_level:
                cases += [(kind, kwargs | {"mostly": 0.5}), (kind, kwargs | {"mostly": 0.1, "row_condition": OVER_FIVE})]
    for kind, all_kwargs in SEVERAL_COLUMNS.items():
        for kwargs in all_kwargs:
            for rule in next(rules for key, rules in _MISSING.items() if key in kwargs):
                missing = {"ignore_row_if": rule}
                cases += [
                    (kind, kwargs | missing),
                    (kind, kwargs | missing | {"row_condition": OVER_FIVE}),
                    (kind, kwargs | missing | {"mostly": 0.6}),
                ]
    cases += [(kind, kwargs) for kind, all_kwargs in TABLE_LEVEL.items() for kwargs in all_kwargs]
    return cases
