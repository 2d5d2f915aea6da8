import json
from typing import Any

import pytest

from tests.processors.rows import calls, connect, decoded_capture, evaluate, span

REQUEST = {
    "gen_ai.operation.name": "chat", "llm.request.type": "completion", "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o-mini", "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1", "litellm.call_id": "0000-1", "hidden_params": "{}", "llm.is_streaming": "False",
}  # fmt: skip


def request(number: int = 1, **fields: Any) -> dict[str, Any]:
    attributes = REQUEST | {key.replace("__", "."): value for key, value in fields.items()}
    return span(attributes, number=number, name="litellm_request", scope_name="litellm")


def raw(attributes: dict[str, Any]) -> dict[str, Any]:
    parent = request()
    ids = {"trace_id": parent["trace_id"], "parent_span_id": parent["span_id"]}
    return span(attributes, number=2, name="raw_gen_ai_request", scope_name="litellm", **ids)


def only(*spans: dict[str, Any]) -> dict[str, Any]:
    (call,) = calls(*spans)
    return call


def read(capture: str) -> dict[str, list[dict[str, Any]]]:
    return evaluate(connect(decoded_capture(f"litellm/{capture}", "traces")))


def test_raw_answer_completes_its_request() -> None:
    tables = read("logprobs_a")
    (call,), (raw_answer,) = tables["genai_calls"], tables["genai_duplicates"]
    assert raw_answer["parent_span_id"] == call["span_id"]
    ((token,),) = json.loads(call["logprobs"])
    assert (token["token"], token["logprob"], len(token["top"])) == ("Yes.", -0.05, 3)
    assert call["cost_recorded_usd"] == pytest.approx(3.75e-6)


def test_user_of_the_request() -> None:
    assert read("session_a")["genai_calls"][0]["user_id"] == "user-anna"
    assert read("chat_a")["genai_calls"][0]["user_id"] is None


def test_tools_are_defined() -> None:
    call = read("tools_a")["genai_calls"][0]
    (tool,) = json.loads(call["tool_definitions"])
    assert (tool["name"], tool["parameters"]["required"]) == ("get_weather", ["city"])


def test_tool_calls_without_a_raw_answer_have_no_id() -> None:
    called = {
        "gen_ai.output.messages": '[{"role": "assistant", "parts": [], "finish_reason": "tool_calls"}]',
        "gen_ai.completion.0.function_call.name": "get_weather",
        "gen_ai.completion.0.function_call.arguments": '{"city": "Oslo"}',
        "gen_ai.completion.1.function_call.name": "get_time",
        "gen_ai.completion.1.function_call.arguments": "not json",
    }
    (message,) = json.loads(only(request(**called))["output_messages"])
    assert message == {
        "role": "assistant",
        "parts": [
            {"type": "tool_call", "id": None, "name": "get_weather", "arguments": {"city": "Oslo"}},
            {"type": "tool_call", "id": None, "name": "get_time", "arguments": "not json"},
        ],
        "finish_reason": "tool_calls",
    }


def test_raw_answer_of_anthropic() -> None:
    blocks = [
        {"type": "text", "text": "Let's see."},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": None}},
    ]
    call = only(
        request(gen_ai__output__messages='[{"role": "assistant", "parts": []}]'),
        raw({"llm.anthropic.content": repr(blocks)}),
    )
    (message,) = json.loads(call["output_messages"])
    assert message["parts"] == [
        {"type": "text", "content": "Let's see."},
        {"type": "tool_call", "id": "t1", "name": "f", "arguments": {"a": None}},
    ]


@pytest.mark.parametrize("sent", ["[{'message': {'content': 'cut", "None", "[1, 2]", "[{'message': 5}]", 7])
def test_raw_answer_that_is_unreadable_leaves_the_request_as_it_is(sent: Any) -> None:
    answer = '[{"role":"assistant","parts":[{"type":"text","content":"Hi"}]}]'
    call = only(request(gen_ai__output__messages=answer), raw({"llm.openai.choices": sent}))
    assert (call["output_messages"], call["logprobs"], call["response_id"]) == (answer, None, "chatcmpl-1")


def test_raw_span_without_an_answer_is_nothing() -> None:
    tables = evaluate(connect([request(), raw({"llm.None.model": "text-embedding-3-small"})]))
    assert (len(tables["genai_calls"]), tables["genai_duplicates"]) == (1, [])


def test_own_id_of_the_call_is_no_response_id() -> None:
    assert only(request(gen_ai__response__id="0000-1"))["response_id"] is None


def test_model_that_a_stream_repeats_is_no_response_model() -> None:
    assert only(request(llm__is_streaming="True", gen_ai__response__model="gpt-4o-mini"))["response_model"] is None
    assert only(request(gen_ai__response__model="gpt-4o-mini"))["response_model"] == "gpt-4o-mini"


@pytest.mark.parametrize(
    ("system", "model", "provider", "read"),
    [
        ("", "openai/gpt-4o", "openai", "gpt-4o"),
        ("openai", "openai/gpt-4o", "openai", "gpt-4o"),
        ("together_ai", "meta-llama/Llama-3-70b", "together_ai", "meta-llama/Llama-3-70b"),
        ("vertex_ai", "gemini-2.5-pro", "gcp.vertex_ai", "gemini-2.5-pro"),
        ("", "gpt-4o", None, "gpt-4o"),
    ],
)
def test_provider_is_cut_off_the_model(system: str, model: str, provider: str | None, read: str) -> None:
    call = only(request(gen_ai__system=system, gen_ai__request__model=model, litellm__provider__model=model))
    assert call["request_model"] == read
    assert call["provider"] == (provider if system or "/" in model else None)


def test_usage_object_tells_cache_and_reasoning() -> None:
    usage = {
        "total_tokens": 130, "prompt_tokens": 100, "cache_creation_input_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 9},
    }  # fmt: skip
    counts = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 30}
    call = only(request(**counts, metadata__usage_object=repr(usage)))
    assert (call["cache_read_tokens"], call["cache_write_tokens"], call["reasoning_tokens"]) == (60, 30, 9)
    assert call["input_tokens_total"] == 100


def test_nothing_for_no_tokens_is_no_cost() -> None:
    assert only(request(gen_ai__cost__total_cost=0.0, gen_ai__usage__total_tokens=0))["cost_recorded_usd"] is None
    assert only(request(gen_ai__cost__total_cost=0.0, gen_ai__usage__total_tokens=5))["cost_recorded_usd"] == 0
    assert only(request(hidden_params='{"response_cost": 0.25}'))["cost_recorded_usd"] == 0.25
    assert only(request(hidden_params="[1"))["cost_recorded_usd"] is None
    assert only(request(hidden_params='{"response_cost": 18446744073709551615}'))["cost_recorded_usd"] is None


def test_error_code_is_a_status_only_when_it_is_a_number() -> None:
    failure = {"error.type": "RateLimitError", "gen_ai.response.id": "0000-1"}
    assert only(request(**failure, error__code="429"))["http_status"] == 429
    call = only(request(**failure, error__code="internal_error"))
    assert (call["http_status"], call["unreadable"]) == (None, None)


@pytest.mark.parametrize(
    ("sent", "operation"),
    [("acompletion", "chat"), ("aembedding", "embeddings"), ("atext_completion", "text_completion")],
)
def test_older_versions_name_the_operation_as_their_function(sent: str, operation: str) -> None:
    call = only(request(gen_ai__operation__name="", llm__request__type=sent))
    assert call["operation"] == operation


def test_call_id_marks_the_dialect_under_another_scope() -> None:
    (call,) = calls(span(REQUEST, scope_name="my-gateway"))
    assert call["dialect"] == "litellm"
