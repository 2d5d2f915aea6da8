import json

import pytest

from otel_cert.receivers import _langfuse

KEY = bytes(range(32))
OBSERVATION = {"id": "o", "trace_id": "t", "type": "GENERATION", "start_time": "2026-01-01 00:00:00", "name": "n"}


def attributes(record):
    """Return the attributes of the span of a record."""
    (draft,) = _langfuse.drafts(record, KEY)
    draft.done()
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in draft.span.attributes}


def usage(**record):
    found = attributes(OBSERVATION | record)
    prefix = "gen_ai.usage."
    return {key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)}


USAGE = {
    "parts of the input": (
        {"usage_details": {"input": 2, "input_cached_tokens": 3, "input_audio_tokens": 4, "output": 5, "total": 14}},
        {"input_tokens": 9, "cache_read.input_tokens": 3, "output_tokens": 5},
    ),
    "Anthropic's names": (
        {"usage_details": {"input": 2, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 5, "output": 1}},
        {"input_tokens": 17, "cache_read.input_tokens": 10, "cache_creation.input_tokens": 5, "output_tokens": 1},
    ),
    "cache writes by lifetime": (
        {"usage_details": {"input": 2, "input_cache_creation_5m": 3, "input_cache_creation_1h": 4}},
        {"input_tokens": 9, "cache_creation.input_tokens": 7},
    ),
    "reasoning": (
        {"usage_details": {"input": 1, "output": 2, "output_reasoning_tokens": 8}},
        {"input_tokens": 1, "output_tokens": 10, "reasoning.output_tokens": 8},
    ),
    "JSON text": ({"usage_details": '{"input": 1, "output": 2}'}, {"input_tokens": 1, "output_tokens": 2}),
    "zero of both is not known": ({"usage_details": {"input": 0, "output": 0, "total": 0}}, {}),
    "usage of older exports": (
        {"usage": {"input": 1, "output": 2, "unit": "TOKENS"}},
        {"input_tokens": 1, "output_tokens": 2},
    ),
    "usage of the first exports": (
        {"usage": {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3}},
        {"input_tokens": 1, "output_tokens": 2},
    ),
    "usage in characters is no tokens": ({"usage": {"input": 100, "output": 200, "unit": "CHARACTERS"}}, {}),
    "nor are counts beside such a unit": ({"prompt_tokens": 100, "completion_tokens": 200, "unit": "CHARACTERS"}, {}),
    "counts beside their unit": ({"prompt_tokens": 1, "unit": "TOKENS"}, {"input_tokens": 1}),
    "sums of the API": ({"input_usage": 3, "output_usage": 4}, {"input_tokens": 3, "output_tokens": 4}),
    "details before sums": ({"usage_details": {"input": 1}, "input_usage": 3}, {"input_tokens": 1}),
    "total cost": ({"total_cost": 0.5}, {"cost": 0.5}),
    "calculated cost": ({"calculated_total_cost": "0.25"}, {"cost": 0.25}),
    "cost in details": ({"cost_details": {"input": 1, "total": 2}, "total_cost": 3}, {"cost": 2}),
    "zero without details is no price": ({"cost_details": {}, "total_cost": 0}, {}),
    "zero with details is free": ({"cost_details": {"total": 0.0}, "total_cost": 0}, {"cost": 0.0}),
}


@pytest.mark.parametrize(("record", "expected"), USAGE.values(), ids=USAGE)
def test_usage_and_cost(record, expected):
    assert usage(**record) == expected


def test_both_spellings_of_the_keys_say_the_same():
    camel = {"id": "o", "traceId": "t", "type": "GENERATION", "startTime": "2026-01-01 00:00:00", "name": "n"}
    more = {"sessionId": "s", "userId": "u", "parentObservationId": "p", "modelParameters": {"seed": 3}}
    snake = {"session_id": "s", "user_id": "u", "parent_observation_id": "p", "model_parameters": {"seed": 3}}
    (one,), (other,) = _langfuse.drafts(camel | more, KEY), _langfuse.drafts(OBSERVATION | snake, KEY)
    assert one.done().span == other.done().span
    assert attributes(camel | more)["gen_ai.request.seed"] == 3


def test_observations_inside_a_trace_belong_to_its_user_and_session():
    inside = [
        {"id": "a", "type": "GENERATION", "startTime": 1, "userId": None},
        {"id": "b", "type": "SPAN", "startTime": 1},
    ]
    trace = {"id": "t", "userId": "u", "sessionId": "s", "name": "ask", "environment": "test", "observations": inside}
    drafts = _langfuse.drafts(trace, KEY)
    assert len({draft.span.trace_id for draft in drafts}) == 1
    for draft in drafts:
        said = {a.key: a.value.string_value for a in draft.done().span.attributes}
        assert (said["user.id"], said["gen_ai.conversation.id"], said["langfuse.trace_name"]) == ("u", "s", "ask")
        assert draft.resource == {"deployment.environment.name": "test"}


def test_what_a_trace_says_itself_is_kept_with_its_first_observation():
    inside = [{"id": name, "type": "SPAN", "startTime": 1} for name in "ab"]
    said = {"input": {"a": 1}, "scores": [{"value": 0.5}], "totalCost": 0}
    first, second = _langfuse.drafts({"id": "t", "name": "ask", **said, "observations": inside}, KEY)
    kept = {a.key: a.value.string_value for a in first.done().span.attributes}
    assert json.loads(kept["langfuse.trace"]) == {
        "id": "t",
        "input": {"a": 1},
        "scores": [{"value": 0.5}],
        "total_cost": 0,
    }
    assert "langfuse.trace" not in {a.key for a in second.done().span.attributes}


@pytest.mark.parametrize(
    "record",
    [
        {"id": "t", "timestamp": "2026-01-01", "name": "a trace without observations"},
        {"id": "t", "observations": []},
        {"id": "t", "observations": ["o-1", "o-2"]},
        {"id": "s", "traceId": "t", "name": "a score", "value": 1},
        {"id": "x", "startTime": 1, "type": "something else"},
        {},
    ],
    ids=str,
)
def test_what_is_no_observation(record):
    assert _langfuse.drafts(record, KEY) is None


def test_ids_of_opentelemetry_stay_and_others_are_hashed_always_to_the_same():
    def ids(**given):
        (draft,) = _langfuse.drafts(OBSERVATION | given, KEY)
        return draft.span.trace_id, draft.span.span_id

    assert ids(trace_id="ab" * 16, id="cd" * 8) == (b"\xab" * 16, b"\xcd" * 8)
    assert ids(trace_id="t") == ids(trace_id="t")
    assert len({ids(trace_id=given)[0] for given in ("t", "u", "0" * 32, "AB" * 16, "ab" * 16)}) == 5
    assert ids(trace_id=None, id="")[0] == KEY[:16]


def test_a_session_that_is_no_text_stays_as_it_is_and_is_flagged():
    said = attributes(OBSERVATION | {"session_id": ["s"], "model_parameters": {"temperature": "hot"}})
    assert said["langfuse.session_id"] == '["s"]'
    assert said["langfuse.import.flags"] == "session_id: not text"
    assert said["langfuse.model_parameters"] == '{"temperature": "hot"}'
    assert "gen_ai.request.temperature" not in said
