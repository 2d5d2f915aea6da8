"""Requests with several answers, found among stored calls, and the meanings of their answers."""

import json
import math

import pytest

from otel_cert.errors import UsageError
from otel_cert.evaluation.semantic import sampled_requests
from otel_cert.questions import SEMANTIC_ENTROPY, ask
from tests.calls import START_NS, call, connect
from tests.measures.entropy.test_semantic import FirstLetter

WARM = {"temperature": 0.7}


def message(text, role="user", **part):
    return {"role": role, "parts": [{"type": "text", "content": text, **part}]}


def asked(number, *answers, question="Which animal?", params=WARM, at_s=None, **fields):
    usual = {
        "operation": "chat", "provider": "openai", "request_model": "m", "service_name": "bot", "content_state": "present",
        "request_params": None if params is None else json.dumps(params),
        "input_messages": json.dumps([message(question)]),
        "output_messages": json.dumps([message(text, "assistant") for text in answers]),
    }  # fmt: skip
    return call(number, at_s=number if at_s is None else at_s, **usual | fields)


def tokens(*values):
    return [{"token": "t", "logprob": value} for value in values]


def ids(*numbers):
    return [f"{n:032x}/{n:016x}" for n in numbers]


def test_choices_and_repeated_requests_are_found():
    calls = [
        asked(1, "ant", "bee", "ape"),
        asked(2, "cow", question="Another?", at_s=9), asked(3, "cat", question="Another?", at_s=5),
        asked(4, "alone", question="Once?"),
    ]  # fmt: skip
    rows = list(ask(connect(calls), SEMANTIC_ENTROPY).dicts())
    assert [(r["calls"], r["n"], r["members"]) for r in rows] == [(1, 3, ids(1)), (2, 2, ids(3, 2))]
    assert {(r["service"], r["provider"], r["model"], r["temperature"]) for r in rows} == {("bot", "openai", "m", 0.7)}
    assert (rows[1]["first_unix_ns"], rows[1]["last_unix_ns"]) == (START_NS + 5 * 10**9, START_NS + 9 * 10**9)


@pytest.mark.parametrize(
    "other",
    [
        {"service_name": "shop"}, {"request_model": "n"}, {"provider": "azure"}, {"question": "Which plant?"},
        {"params": {"temperature": 0.8}}, {"system_instructions": '[{"type": "text", "content": "be short"}]'},
        {"tool_definitions": "[]"}, {"error_type": "timeout"}, {"content_state": "redacted"}, {"operation": "embeddings"},
        {"params": {"temperature": 0}}, {"params": None}, {"output_messages": None}, {"output_messages": "no json"},
        {"output_messages": "{}"}, {"input_messages": None}, {"request_params": "no json"},
    ],
)  # fmt: skip
def test_what_differs_or_was_not_drawn_is_no_repetition(other):
    assert ask(connect([asked(1, "ant"), asked(2, "bee", **other)]), SEMANTIC_ENTROPY).rows == ()


def test_a_seed_draws_the_same_answer_again_but_not_the_same_choices():
    seeded = {"temperature": 1, "seed": 7}
    assert ask(connect([asked(1, "ant", params=seeded), asked(2, "ant", params=seeded)]), SEMANTIC_ENTROPY).rows == ()
    con = connect([asked(1, "ant", "bee", params=seeded), asked(2, "ant", "bee", params=seeded)])
    assert [r["members"] for r in ask(con, SEMANTIC_ENTROPY).dicts()] == [ids(1), ids(2)]


def test_unknown_temperatures_are_taken_when_asked_for():
    con = connect([asked(1, "ant", params=None), asked(2, "bee", params=None)])
    assert ask(con, SEMANTIC_ENTROPY).rows == ()
    [row] = ask(con, SEMANTIC_ENTROPY, unknown_temperature="taken").dicts()
    assert (row["n"], row["temperature"]) == (2, None)
    with pytest.raises(UsageError, match="left_out, taken"):
        ask(con, SEMANTIC_ENTROPY, unknown_temperature="maybe")


def test_windows_filters_and_a_bound():
    con = connect([asked(n, "ant", "bee", question=str(n)) for n in range(5)])
    assert len(ask(con, SEMANTIC_ENTROPY, since_ns=START_NS + 10**9, until_ns=START_NS + 3 * 10**9).rows) == 2
    assert ask(con, SEMANTIC_ENTROPY, services='["shop"]').rows == ()
    assert len(ask(con, SEMANTIC_ENTROPY, most=3).rows) == 3


def test_meanings_of_stored_answers():
    calls = [
        asked(1, "ant", "ape", logprobs=json.dumps([tokens(-0.5, -0.5), tokens(-0.5)])),
        asked(2, "bee", logprobs=json.dumps([tokens(-0.5)])),
        asked(3, "cow", "cat", question="Another?"),
    ]
    meaning = FirstLetter()
    found = sampled_requests(connect(calls), meaning, with_question=True)
    assert (found.calls, found.snapshot, len(found.evidence_id)) == (3, 1, 12)
    first, second = found.requests
    assert (first.calls, first.choices, first.without_text, first.service) == (2, 3, 0, "bot")
    assert [(d.trace_id[-1], d.choice) for d in first.answers] == [("1", 0), ("1", 1), ("2", 0)]
    # The question begins every text, so that all mean the same.
    assert meaning.asked[0] == ("Which animal? ant", "Which animal? ape")
    assert first.result.question_read
    found = sampled_requests(connect(calls), FirstLetter())
    first, second = found.requests
    expected = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    assert (first.result.entropy, first.result.weighted_entropy) == pytest.approx((expected, expected))
    assert [c.members for c in first.result.clusters] == [(0, 1), (2,)]
    assert (second.result.entropy, second.result.weighted_entropy) == (0.0, None)
    assert second.result.weighted_reason == "no log probabilities are known of answer 0"


def test_what_is_no_answer_is_counted():
    tool = {"role": "assistant", "parts": [{"type": "tool_call", "name": "f"}]}
    sent = json.dumps([message("ant", "assistant"), tool, message(" ", "assistant")])
    calls = [asked(1, output_messages=sent, logprobs=json.dumps([tokens(-1), tokens(-1), tokens(-1)])), asked(2, "bee")]
    [one] = sampled_requests(connect(calls), FirstLetter()).requests
    assert (one.choices, one.without_text, one.result.n, one.result.left_out) == (4, 2, 2, 0)
    assert one.result.entropy == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    "sent", [None, "no json", "{}", "[]", "[[]]", "[[{}], [{}]]", '[["x"]]', "[null]", '[[{"logprob": null}]]', "[3]"]
)
def test_unreadable_log_probabilities_are_unknown(sent):
    calls = [asked(1, "ant", logprobs=sent), asked(2, "bee", logprobs=json.dumps([tokens(-1)]))]
    [one] = sampled_requests(connect(calls), FirstLetter()).requests
    assert (one.result.weighted_entropy, one.result.n) == (None, 2)
    assert "of answer 0" in one.result.weighted_reason


def test_many_answers_are_bounded_and_counted():
    calls = [asked(n, "ant", "bee", "cow") for n in range(10)]
    [one] = sampled_requests(connect(calls), FirstLetter(), most=4).requests
    assert (one.choices, one.result.n, one.result.left_out, len(one.answers)) == (30, 4, 26, 4)
    assert one.result.entropy == pytest.approx(-(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25)))


def test_halves_of_characters_and_nothing_are_no_error():
    calls = [asked(1, output_messages='[{"role": "assistant", "parts": [{"type": "text", "content": "\\ud800"}]}]')]
    assert sampled_requests(connect([*calls, asked(2, "bee")]), FirstLetter()).requests == ()
    assert sampled_requests(connect(), FirstLetter()).requests == ()
