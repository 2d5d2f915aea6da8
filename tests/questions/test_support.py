"""How many answers are supported, with an interval, and which are least."""

import json
from math import sqrt

import pytest

from otel_cert.questions import SUPPORT, UNSUPPORTED, ask
from otel_cert.statistics.intervals import wilson
from tests.calls import START_NS, call, connect

PLAN = '{"share": 1.0}'


def answer(number, conversation=None, **fields):
    return call(number, at_s=number, operation="chat", request_model="m", conversation_id=conversation, **fields)


def scored(number, score=None, *, share=1.0, error=None, **fields):
    label = None if score is None else "supported" if score >= 0.5 else "unsupported"
    return {
        "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "evaluation_name": "support", "evaluator": "e",
        "evaluator_version": "1", "score_value": score, "score_label": label, "error_type": error, "threshold": 0.5,
        "threshold_source": "given", "sample_plan": PLAN, "sample_share": share, "scored_unix_ns": 5,
        "context_sources": ["retrieval"] if score is not None else None,
    } | fields  # fmt: skip


def only(calls, support, **params):
    (row,) = ask(connect(calls, support=support), SUPPORT, **params).dicts()
    return row


def test_independent_answers_have_wilsons_interval():
    calls = [answer(n) for n in range(12)] + [answer(20, error_type="timeout"), call(21, operation="embeddings")]
    row = only(
        calls,
        [scored(n, 1.0 if n < 6 else 0.0) for n in range(8)]
        + [scored(8, error="no_context"), scored(9, error="no_answer")],
    )
    assert (row["answers"], row["taken"], row["scored"], row["supported"], row["units"]) == (12, 10, 8, 6, 8)
    assert (row["unscored"], row["sources"]) == ({"no_context": 1, "no_answer": 1}, {"retrieval": 8})
    assert (row["support_rate"], row["mean_score"], row["first_scored_unix_ns"]) == (0.75, 0.75, 5)
    assert bounds(row) == pytest.approx(wilson(6, 8))


def bounds(row):
    return row["support_rate_low"], row["support_rate_high"]


def of_effective(rate, n, z2=1.959963984540054**2):
    centre, half = (rate + z2 / n / 2) / (1 + z2 / n), sqrt(z2 / n * (rate * (1 - rate) + z2 / n / 4)) / (1 + z2 / n)
    return max(0, centre - half), min(1, centre + half)


def test_the_interval_here_is_the_librarys():
    assert of_effective(0.75, 8) == pytest.approx(wilson(6, 8))


def test_answers_of_a_conversation_count_as_one_where_they_agree():
    calls = [answer(n, conversation=f"c{n // 10}") for n in range(40)]
    row = only(calls, [scored(n, 1.0 if n < 20 else 0.0) for n in range(40)])
    # By hand: residuals of 4 conversations are +5, +5, -5, -5; variance = 100 / 40^2 * 4 / 3 = 1 / 12; 0.25 / (1 / 12) = 3.
    assert (row["units"], row["support_rate"]) == (4, 0.5)
    assert bounds(row) == pytest.approx(of_effective(0.5, 3))


def test_when_all_agree_conversations_count():
    row = only([answer(n, conversation=f"c{n % 5}") for n in range(50)], [scored(n, 1.0) for n in range(50)])
    assert bounds(row) == pytest.approx(of_effective(1.0, 5))


def test_one_conversation_gives_no_interval_and_no_score_no_rate():
    row = only([answer(n, conversation="c") for n in range(3)], [scored(n, 1.0) for n in range(3)])
    assert (row["support_rate"], *bounds(row)) == (1.0, None, None)
    row = only([answer(1)], [scored(1, error="no_context")])
    assert (row["scored"], row["support_rate"], row["mean_score"], *bounds(row)) == (0, None, None, None, None)


def test_answers_are_weighted_by_their_share():
    # Three supported answers stand for themselves, one unsupported for nine others.
    support = [*(scored(n, 1.0) for n in range(3)), scored(3, 0.0, share=0.1)]
    row = only([answer(n) for n in range(4)], support)
    assert (row["supported"], row["scored"]) == (3, 4)
    assert row["support_rate"] == pytest.approx(3 / 13)


def test_windows_models_and_versions():
    calls = [answer(0), answer(1), answer(2) | {"request_model": "other"}]
    support = [scored(0, 1.0), scored(1, 0.0), scored(2, 1.0)]
    assert only(calls, support, until_ns=START_NS + 10**9)["scored"] == 1
    con = connect(calls, support=support)
    assert [(r["model"], r["answers"], r["support_rate"]) for r in ask(con, SUPPORT, by="model").dicts()] == [
        ("m", 2, 0.5), ("other", 1, 1.0),
    ]  # fmt: skip
    con = connect(calls, support=[*support[:2], scored(2, 1.0, threshold=0.9)])
    assert [(r["threshold"], r["scored"]) for r in ask(con, SUPPORT).dicts()] == [(0.5, 2), (0.9, 1)]
    assert list(ask(connect(calls), SUPPORT).dicts()) == []


def test_least_supported_answers_with_their_worst_sentence():
    claims = [
        {
            "trace_id": f"{n:032x}", "span_id": f"{n:016x}", "evaluation_name": "support", "evaluator": "e", "ordinal": k,
            "text": f"{n}.{k}", "answer_start": 9 * k, "score": score, "reasons": json.dumps([k]), "evidence_text": "so",
        }
        for n in (1, 2) for k, score in enumerate((0.4, 0.1, 0.1))
    ]  # fmt: skip
    support = [scored(1, 0.3), scored(2, 0.2), scored(3, 0.9), scored(4, 0.4)]
    con = connect([answer(n) for n in range(1, 5)], support=support, claims=claims)
    rows = list(ask(con, UNSUPPORTED, most=3).dicts())
    told = [(r["score"], r["claim"], r["claim_start"], r["claim_score"], r["reasons"], r["evidence"]) for r in rows]
    assert told == [
        (0.2, "2.1", 9, 0.1, "[1]", "so"),
        (0.3, "1.1", 9, 0.1, "[1]", "so"),
        (0.4, None, None, None, None, None),
    ]
    assert len(ask(con, UNSUPPORTED, most=1).rows) == 1
