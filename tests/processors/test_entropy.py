"""`token_entropy`: figures of the calls that carry log probabilities, and the reason of every other."""

from __future__ import annotations

import json
from math import exp, inf, log, nan
from typing import Any

import duckdb
import pytest

from otel_cert.config.loader import check
from otel_cert.processors.entropy import FACTORY, Entropy, EntropySettings
from otel_cert.processors.genai import Genai
from otel_cert.questions.unmeasured import REASONS
from otel_cert.registry import Registry
from otel_cert.schema import EVALUATIONS, GENAI_CALLS, TOKEN_ENTROPY, sql_type
from tests.processors.rows import DIALECTS, chat, connect
from tests.stored import Store, body
from tests.stored import chat as stored_chat

Row = dict[str, Any]


def told(*spans: Row, **settings: Any) -> duckdb.DuckDBPyConnection:
    """Return a connection that shows the calls of spans and what is told about their tokens."""
    con = connect(spans)
    con.register("genai_calls", Genai(DIALECTS).evaluate(con)["genai_calls"])
    for name, rows in Entropy(EntropySettings(**settings)).evaluate(con).items():
        con.register(name, rows)
    return con


def rows(con: duckdb.DuckDBPyConnection, sql: str = "FROM token_entropy ORDER BY span_id, choice") -> list[Row]:
    found: list[Row] = con.sql(sql).to_arrow_table().to_pylist()
    return found


def answer(*tokens: tuple[Any, Any, Any], parts: Any = None, **more: Any) -> Row:
    """Return a chat span with log probabilities: (token, logarithm, alternatives) each."""
    texts, values, top = zip(*tokens, strict=True)
    said = parts or [{"type": "text", "content": "".join(map(str, texts))}]
    listed = [[{"token": t, "logprob": v} for t, v in each or ()] for each in top]
    return chat(
        otel_cert__logprobs__tokens=json.dumps(texts),
        otel_cert__logprobs__values=[{"doubleValue": {nan: "NaN", -inf: "-Infinity"}.get(v, v)} for v in values],
        otel_cert__logprobs__top=json.dumps(listed),
        gen_ai__output__messages=json.dumps([{"role": "assistant", "parts": said}]),
        **more,
    )


HALF, QUARTER = log(0.5), log(0.25)


def test_every_figure_by_hand() -> None:
    top = [("Os", HALF), ("Ber", QUARTER)]
    con = told(answer(("Os", HALF, top), ("lo", QUARTER, None), ("!", 0.0, None)), window=2, below=0.4)
    (row,) = rows(con)
    assert (row["source"], row["choice"], row["reason"], row["scoring_model"]) == ("recorded", 0, None, None)
    assert (row["n_tokens"], row["n_known"], row["n_unlikely"], row["n_unreadable"]) == (3, 3, 0, 0)
    assert row["tokens"] == ["Os", "lo", "!"]
    assert row["surprisal"] == pytest.approx([log(2), log(4), 0])
    # The rest of the first, 0.25, may be one token; of the second, 0.75.
    assert row["entropy_lower"] == pytest.approx([1.5 * log(2), 0.5 * log(2) - 0.75 * log(0.75), 0])
    rest = [0.25 * log((200_019 - 2) / 0.25), 0.75 * log(200_018 / 0.75)]
    assert row["entropy_upper"] == pytest.approx([log(2) + rest[0], 0.5 * log(2) + rest[1], 0])
    assert (row["ranks"], row["alternatives"]) == ([1, None, None], [2, 0, 0])
    assert (row["kinds"], row["starts"], row["ends"]) == (["text"] * 3, [0, 2, 4], [2, 4, 5])
    assert (row["sum_surprisal"], row["mean_nll"]) == (pytest.approx(3 * log(2)), pytest.approx(log(2)))
    assert row["perplexity"] == pytest.approx(2)
    assert (row["share_below"], row["below_probability"]) == (pytest.approx(1 / 3), 0.4)
    assert (row["worst_token"], row["worst_text"], row["worst_surprisal"]) == (1, "lo", pytest.approx(log(4)))
    assert (row["window_first"], row["window_last"], row["window_text"]) == (0, 2, "Oslo")
    assert row["window_mean"] == pytest.approx(1.5 * log(2))
    assert (row["vocabulary"], row["vocabulary_size"]) == ("o200k_base", 200_019)
    (evaluation,) = rows(con, "FROM evaluations")
    assert (evaluation["evaluation_name"], evaluation["evaluator"], evaluation["error_type"]) == (
        "surprisal", "otel-cert/entropy", None,
    )  # fmt: skip
    assert evaluation["score_value"] == row["mean_nll"]
    assert "Os" not in evaluation["explanation"], "explanations go where content may not"


def test_odd_numbers_are_counted_and_never_computed_with() -> None:
    con = told(
        answer(("a", -9999.0, None), ("b", nan, None), ("c", -inf, None), ("d", 3.0, None), ("e", HALF, None)),
        answer(("a", -9999.0, [("x", -9999.0)]), ("b", nan, None), number=2),
    )
    first, second = rows(con)
    assert (first["n_tokens"], first["n_known"], first["n_unlikely"], first["n_unreadable"]) == (5, 1, 2, 2)
    assert first["surprisal"] == [None] * 4 + [pytest.approx(log(2))]
    assert (first["mean_nll"], first["reason"]) == (pytest.approx(log(2)), None)
    assert (second["reason"], second["n_tokens"], second["n_known"]) == ("no_numbers", 2, 0)
    assert [
        second[name] for name in ("mean_nll", "perplexity", "sum_surprisal", "worst_token", "mean_entropy_lower")
    ] == [None] * 5
    assert len(rows(con, "FROM evaluations")) == 1
    text = json.dumps([{**row, "receive_day": None} for row in (first, second)])
    assert "NaN" not in text
    assert "Infinity" not in text


def test_reasoning_text_and_tool_calls_apart() -> None:
    parts = [
        {"type": "reasoning", "content": "Where?"},
        {"type": "text", "content": "Wait."},
        {"type": "tool_call", "id": "1", "name": "find", "arguments": {"city": "Oslo"}},
    ]
    tokens = [
        ("<think>", 0.0),
        ("Where?", HALF),
        ("</think>", 0.0),
        ("Wait", QUARTER),
        (".", 0.0),
        ('{"city":', HALF),
        (' "Oslo"}', HALF),
    ]
    (row,) = rows(told(answer(*((t, v, None) for t, v in tokens), parts=parts)))
    assert row["kinds"] == [None, "reasoning", None, "text", "text", "tool_call", "tool_call"]
    assert (row["reasoning_mean_nll"], row["text_mean_nll"], row["tool_call_mean_nll"]) == pytest.approx(
        (log(2), log(2), log(2))
    )
    assert row["starts"] == [None, 0, None, 0, 4, 0, 8]


def test_values_alone_have_no_texts() -> None:
    (row,) = rows(told(chat(otel_cert__logprobs__values=[{"doubleValue": HALF}, {"doubleValue": 0.0}])))
    assert (row["tokens"], row["worst_text"], row["window_text"]) == (None, None, None)
    assert (row["kinds"], row["perplexity"]) == ([None, None], pytest.approx(exp(log(2) / 2)))


def test_several_answers_have_a_row_each_and_one_evaluation() -> None:
    con = connect()
    choices = [
        [{"token": "a", "logprob": HALF}],
        [{"token": "b", "logprob": QUARTER}, {"token": "c", "logprob": 0.0}],
        None,
    ]
    call = {"trace_id": "1", "span_id": "1", "logprobs": json.dumps(choices), "request_model": "my-model"}
    con.register("genai_calls", GENAI_CALLS.empty().from_pylist([call], schema=GENAI_CALLS.arrow))
    found = Entropy().evaluate(con)
    answers = found["token_entropy"].to_pylist()
    assert [(row["choice"], row["reason"], row["n_known"]) for row in answers] == [
        (0, None, 1), (1, None, 2), (2, "no_tokens", 0),
    ]  # fmt: skip
    assert answers[1]["entropy_upper"] == [None, 0.0], "a vocabulary that is not known bounds nothing"
    assert answers[1]["mean_entropy_upper"] is None
    assert [row["score_value"] for row in found["evaluations"].to_pylist()] == [pytest.approx(log(2))]


def test_the_users_vocabulary_bounds_models_that_are_not_known() -> None:
    con = told(answer(("a", HALF, None), gen_ai__request__model="in-house"), vocabulary_sizes={"in-house": 3})
    (row,) = rows(con)
    assert (row["vocabulary"], row["vocabulary_size"]) == ("in-house", 3)
    assert row["entropy_upper"] == pytest.approx([1.5 * log(2)])


@pytest.mark.parametrize(
    ("reason", "attributes"),
    [
        ("failed_call", {"error__type": "timeout"}),
        ("embeddings", {"gen_ai__operation__name": "embeddings"}),
        ("provider_has_none", {"gen_ai__provider__name": "anthropic", "gen_ai__request__model": "claude-sonnet-4-5"}),
        (
            "provider_has_none",
            {"gen_ai__provider__name": "aws.bedrock", "gen_ai__request__model": "eu.anthropic.claude-sonnet-4-5"},
        ),
        ("model_has_none", {"gen_ai__request__model": "o3"}),
        ("model_has_none", {"gen_ai__request__model": "o4-mini-2025-04-16"}),
        ("not_recorded", {}),
        ("not_recorded", {"gen_ai__provider__name": "aws.bedrock", "gen_ai__request__model": "amazon.nova-lite-v1:0"}),
        ("asked_not_recorded", {"gen_ai__request__logprobs": True}),
        ("not_asked", {"gen_ai__request__logprobs": False}),
        ("no_tokens", {"otel_cert__logprobs__values": []}),
    ],
)
def test_why_there_are_no_figures(reason: str, attributes: Row) -> None:
    con = told(chat(**attributes))
    (row,) = rows(con)
    assert row["reason"] == reason
    assert reason in REASONS
    assert row["mean_nll"] is row["surprisal"] is None or reason == "no_tokens"
    assert not rows(con, "FROM evaluations")


def test_the_rows_have_the_declared_columns_also_of_nothing() -> None:
    for con in (told(), told(chat()), told(answer(("a", HALF, None)))):
        for table in (TOKEN_ENTROPY, EVALUATIONS):
            described = con.sql(f"DESCRIBE {table.name}").fetchall()
            assert [row[:2] for row in described] == [(c.name, sql_type(c.type)) for c in table.columns]


def test_it_runs_without_being_configured(tmp_path: Any) -> None:
    store = Store(tmp_path)
    logged = {"otel_cert__logprobs__values": "[-0.5, -1.5, -9999.0]", "otel_cert__logprobs__tokens": '["a", "b", "c"]'}
    store.take(body(stored_chat(1, **logged)), body(stored_chat(2)))
    assert store.rows("SELECT span_id, n_known, mean_nll, reason FROM token_entropy ORDER BY span_id") == [
        (f"{1:016x}", 2, 1.0, None), (f"{2:016x}", None, None, "not_recorded"),
    ]  # fmt: skip
    assert store.rows("SELECT evaluation_name, score_value FROM evaluations") == [("surprisal", 1.0)]
    # DuckDB's functions over lists.
    assert store.rows(
        "SELECT list_sum(surprisal), list_avg(surprisal), list_max(surprisal), len(surprisal), list_count(surprisal),"
        " list_position(surprisal, list_max(surprisal)), tokens[worst_token + 1],"
        " list_filter(list_zip(tokens, surprisal), lambda x: x[2] > 1).list_transform(lambda x: x[1]),"
        " list_transform(surprisal, lambda x: round(exp(-x), 3))"
        " FROM token_entropy WHERE reason IS NULL"
    ) == [(2.0, 1.0, 1.5, 3, 2, 2, "b", ["b"], [0.607, 0.223, None])]
    unnested = store.rows(
        "SELECT t, s FROM (SELECT unnest(tokens) AS t, unnest(surprisal) AS s FROM token_entropy)"
        " WHERE s IS NOT NULL ORDER BY s"
    )
    assert unnested == [("a", 0.5), ("b", 1.5)]


def test_a_late_span_replaces_the_row(tmp_path: Any) -> None:
    store = Store(tmp_path)
    store.take(body(stored_chat(1, 1, gen_ai__response__id="r")))
    store.take(body(stored_chat(1, 2, otel_cert__logprobs__values="[-0.5]")))
    assert store.rows("SELECT reason, count(*) FROM token_entropy GROUP BY ALL ORDER BY ALL") == [
        ("not_recorded", 1), (None, 1),
    ]  # fmt: skip


def test_settings_that_cannot_be_are_named() -> None:
    for settings, key in (
        ("window: 0", "window"),
        ("below: 2", "below"),
        ("vocabulary_sizes: {a: x}", "vocabulary_sizes"),
    ):
        problems = check(f"processors: {{entropy: {{{settings}}}}}", Registry.of(FACTORY)).problems
        assert any(key in str(problem) for problem in problems), problems
