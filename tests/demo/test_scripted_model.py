import math

import pytest

from otel_cert.demo.knowledge import QUESTION_MARK, load
from otel_cert.demo.scripted_model import CACHE_BLOCK, Refusal, Reply, ScriptedModel, count_tokens, embed, latency_s

TOOL = {"type": "function", "function": {"name": "opening_hours"}}


def asked(question):
    return [{"role": "user", "content": f"Visitor information:\n...\n\n{QUESTION_MARK}{question}"}]


@pytest.fixture
def model():
    return ScriptedModel(load())


@pytest.mark.parametrize("question", [q for q in load().questions if q.passage], ids=lambda q: q.id)
def test_the_passage_with_the_answer_is_among_the_nearest_three(question):
    vector = embed(question.question)

    def nearness(passage):
        return sum(a * b for a, b in zip(vector, embed(f"{passage.title}. {passage.text}"), strict=True))

    nearest = sorted(load().passages, key=nearness, reverse=True)[:3]
    assert question.passage in {p.id for p in nearest}


def test_embeddings_are_unit_vectors():
    assert math.isclose(math.hypot(*embed("lines 2 and 7")), 1.0)
    assert set(embed("the of and")) == {0.0}


def test_it_says_the_wrong_answer_where_one_is_declared(model):
    for question in load().questions:
        if not question.error:
            assert model.reply(asked(question.question), []) == Reply(question.wrong or question.answer)


def test_it_refuses_where_an_error_is_declared(model):
    assert model.reply(asked("Can I borrow a wheelchair?"), []) == Refusal(500)


def test_it_calls_the_tool_once(model):
    messages = asked("Can I visit on a Monday?")
    call = model.reply(messages, [TOOL])
    assert call == Reply(tool_name="opening_hours", tool_arguments='{"day": "monday"}')
    assert call.finish_reason == "tool_calls"
    answered = [*messages, {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "closed"}]
    assert model.reply(answered, [TOOL]).content.startswith("The museum is closed on Monday")


def test_it_does_not_know_other_questions(model):
    assert model.reply(asked("Who painted this?"), []) == Reply("The visitor information does not say.")


def test_a_repeated_beginning_is_cached_in_whole_blocks_per_model(model):
    prompt = "x" * (4 * CACHE_BLOCK * 2 + 100)
    assert model.cached_tokens("a", prompt) == 0
    assert model.cached_tokens("a", prompt + " more") == 2 * CACHE_BLOCK
    assert model.cached_tokens("a", prompt[: 4 * CACHE_BLOCK] + "different" * 60) == CACHE_BLOCK
    assert model.cached_tokens("b", prompt) == 0


def test_counts_and_latencies_repeat():
    assert [count_tokens(t) for t in ("", "four", "fives")] == [1, 1, 2]
    assert 0.005 <= latency_s("text", 5, 60) == latency_s("text", 5, 60) <= 0.060
