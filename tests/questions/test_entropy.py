"""Means over tokens with an interval over conversations, and why the rest has none."""

from __future__ import annotations

from math import exp, sqrt

import pytest

from otel_cert.questions import ENTROPY, UNCERTAIN, UNMEASURED, ask
from tests.calls import call, connect

Z = 1.959963984540054


def asked(number, conversation=None, **fields):
    return call(number, at_s=number, operation="chat", request_model="m", conversation_id=conversation, **fields)


def told(number, *surprisal, choice=0, source="recorded", upper=None, reason=None, **fields):
    known = [value for value in surprisal if value is not None]
    return {
        "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "source": source, "choice": choice, "reason": reason,
        "n_tokens": len(surprisal), "n_known": len(known), "n_unlikely": len(surprisal) - len(known), "n_unreadable": 0,
        "surprisal": surprisal, "sum_surprisal": sum(known) if known else None,
        "mean_nll": sum(known) / len(known) if known else None, "share_below": 0.5 if known else None,
        "entropy_lower": surprisal, "entropy_upper": upper or [None] * len(surprisal),
    } | fields  # fmt: skip


def only(con, **params):
    (row,) = ask(con, ENTROPY, **params).dicts()
    return row


def test_means_are_of_tokens_and_the_interval_of_conversations():
    con = connect(
        [asked(1, "a"), asked(2, "a"), asked(3, "b"), asked(4)],
        entropy=[told(1, 1.0, 2.0), told(2, 3.0), told(3, 0.0, 0.0, None), told(4, reason="failed_call")],
    )
    row = only(con)
    assert (row["calls"], row["measured"], row["units"], row["tokens"], row["unlikely"]) == (4, 3, 2, 5, 1)
    assert (row["mean_nll"], row["perplexity"], row["share_below"]) == (6 / 5, pytest.approx(exp(6 / 5)), 0.5)
    # Sums and tokens of the conversations: (6, 3) and (0, 2).
    variance = ((6 - 1.2 * 3) ** 2 + (0 - 1.2 * 2) ** 2) / 5**2 * 2
    assert row["mean_nll_high"] == pytest.approx(1.2 + Z * sqrt(variance))
    assert row["mean_nll_low"] == 0, "no surprisal is below"
    assert (row["call_p50"], row["unavailable"]) == (1.5, {"failed_call": 1})
    assert (row["mean_entropy_lower"], row["mean_entropy_upper"]) == (6 / 5, None)


def test_a_single_conversation_has_no_interval():
    row = only(connect([asked(1, "a"), asked(2, "a")], entropy=[told(1, 1.0), told(2, 2.0)]))
    assert (row["mean_nll"], row["mean_nll_low"], row["mean_nll_high"]) == (1.5, None, None)


def test_of_no_answer_it_is_unknown_how_many_tokens_were_unlikely():
    row = only(connect([asked(1)], entropy=[told(1, reason="failed_call")]))
    assert (row["tokens"], row["unlikely"], row["unreadable"], row["mean_nll"]) == (0, None, None, None)


def test_answers_of_one_call_are_one_call():
    row = only(connect([asked(1)], entropy=[told(1, 1.0), told(1, 3.0, choice=1, upper=[4.0])]))
    assert (row["calls"], row["measured"], row["tokens"], row["mean_nll"]) == (1, 1, 2, 2.0)
    assert row["mean_entropy_upper"] is None, "of one of the two tokens"


def test_sources_are_never_put_together():
    con = connect([asked(1), asked(2)], entropy=[told(1, 1.0), told(1, 9.0, source="gpt2", scoring_model="gpt2")])
    assert [only(con, source=source)["mean_nll"] for source in ("recorded", "gpt2")] == [1.0, 9.0]
    assert only(con)["unavailable"] == {"not_computed": 1}
    assert [row["mean_nll"] for row in ask(con, UNCERTAIN).dicts()] == [1.0]


def test_two_scoring_models_are_not_put_together():
    entropy = [told(n, s, source="lm", scoring_model=model) for n, s, model in ((1, 9.0, "gpt2"), (2, 7.0, "other"))]
    rows = [*ask(connect([asked(1), asked(2), asked(3)], entropy=entropy), ENTROPY, source="lm").dicts()]
    assert [(r["scoring_model"], r["calls"], r["mean_nll"]) for r in rows] == [
        ("gpt2", 1, 9.0), ("other", 1, 7.0), (None, 1, None),
    ]  # fmt: skip


def test_why_there_are_none_by_provider():
    con = connect(
        [asked(1, provider="openai"), asked(2, provider="anthropic"), asked(3, provider="openai"), asked(4)],
        entropy=[told(1, 1.0), told(2, reason="provider_has_none"), told(3, reason="not_recorded")],
    )
    assert [tuple(row.values()) for row in ask(con, UNMEASURED).dicts()] == [
        ("anthropic", "provider_has_none", 1), ("openai", "not_recorded", 1), ("openai", None, 1), (None, "not_computed", 1),
    ]  # fmt: skip


def test_the_least_certain_first():
    con = connect([asked(n) for n in range(4)], entropy=[told(0, 1.0), told(1, 5.0, 1.0), told(2, 2.0), told(3, None)])
    assert [int(row["span_id"], 16) for row in ask(con, UNCERTAIN, most=2).dicts()] == [1, 2]
    assert len([*ask(con, UNCERTAIN).dicts()]) == 3
