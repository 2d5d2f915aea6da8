import pytest

from otel_cert.costs.predicate import checked, columns
from otel_cert.errors import UsageError
from tests.calls import connect


@pytest.mark.parametrize(
    "text",
    [
        "error_type IS NULL",
        "score['relevance'] >= 0.7 AND label['verdict'] IN ('pass', 'good')",
        "list_contains(finish_reasons, 'stop')",
        "len(list_filter(finish_reasons, lambda reason: reason = 'stop')) = 1",
        "output_messages ILIKE '%resolved%' -- a comment",
        "CASE WHEN http_status BETWEEN 200 AND 299 THEN true END",
        "request_params->>'temperature' = '0' OR total_cost < 0.01",
        "start_time >= TIMESTAMP '2026-01-01' AND start_time::DATE < DATE '2026-02-01'",
        "'FROM read_csv(''x'')' <> model",
    ],
)
def test_a_condition_over_a_call_may_be_written_as_one_likes(text: str):
    condition = checked(connect(), text)
    assert checked(connect(), condition) == condition


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(SELECT true)", "subquery"),
        ("EXISTS (FROM spans)", "subquery"),
        ("error_type IN (SELECT name FROM spans)", "subquery"),
        ("error_type = ANY (VALUES ('x'))", "subquery"),
        ("1) FROM read_csv('x') WHERE (1", "one expression"),
        ("true) FROM spans WHERE (true", "one expression"),
        ("true), (true", "one expression"),
        ("true) LIMIT (1", "one expression"),
        ("true) UNION SELECT (true", "one expression"),
        ("true); DROP TABLE spans; SELECT (true", "Only SELECT"),
        ("true); SELECT (true", "one expression"),
        ("true /* ", "unterminated"),
        ("read_text('/etc/hostname') <> ''", "read_text"),
        ("getenv('HOME') = ''", "getenv"),
        ("nextval('s') > 1", "nextval"),
        ("write_log('x') IS NULL", "write_log"),
        ("random() > 0.5", "random"),
        ("unnest([true])", "unnest"),
        ("regexp_split_to_table(model, 'x') = ''", "regexp_split_to_table"),
        ("count(*) > 1", "count_star"),
        ("row_number() OVER () > 1", "window"),
        ("$task = 'call'", "parameter"),
        ("COLUMNS('a.*') IS NULL", "star"),
        ("erorr_type IS NULL", "error_type"),
        ("duration_ns", "BIGINT, not a condition"),
        ("", "predicate ''"),
    ],
)
def test_anything_else_is_refused_with_the_reason_and_the_columns(text: str, why: str):
    with pytest.raises(UsageError, match="predicate") as caught:
        checked(connect(), text)
    assert why in caught.value.message
    assert ", ".join(columns()) in caught.value.hint
