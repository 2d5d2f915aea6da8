import json
from typing import Any

from tests.processors.rows import calls, connect, decoded_capture, evaluate, span

EMBED = {
    "gen_ai.operation.name": "embeddings", "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "text-embedding-3-small",
}  # fmt: skip
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}


def sdk(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return span(attributes, **{"scope_name": "gen_ai"} | fields)


def only(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (call,) = calls(sdk(CHAT | attributes, **fields))
    return call


def test_tool_execution_and_agent_run() -> None:
    tables = evaluate(connect(decoded_capture("vercel-ai-v7/tools_a", "traces")))
    (execution,), (run,) = tables["genai_tool_executions"], tables["genai_agent_runs"]
    assert (execution["tool_name"], execution["tool_call_id"]) == ("get_weather", "call_oslo_001")
    assert (json.loads(execution["arguments"]), json.loads(execution["result"])["sky"]) == ({"city": "Oslo"}, "snow")
    assert (run["operation"], run["agent_name"]) == ("invoke_agent", "cert-tools")
    (tool,) = json.loads(tables["genai_calls"][1]["tool_definitions"])
    assert (tool["name"], tool["parameters"]["required"]) == ("get_weather", ["city"])


def test_many_embeddings_are_as_many_calls_as_requests() -> None:
    outer = sdk(EMBED, seconds=3)
    own = {"trace_id": outer["trace_id"], "parent_span_id": outer["span_id"]}
    inner = [sdk(EMBED | {"gen_ai.usage.input_tokens": n}, number=n, at_s=n / 10, seconds=1, **own) for n in (2, 3, 4)]
    assert [c["input_tokens_total"] for c in calls(outer, *inner)] == [2, 3, 4]


def test_embedding_that_failed_is_one_call() -> None:
    outer = sdk(EMBED, seconds=3, status_code=2)
    inner = sdk(EMBED, number=2, at_s=1, trace_id=outer["trace_id"], parent_span_id=outer["span_id"], status_code=2)
    assert len(calls(outer, inner)) == 1


def test_answered_requests_measure_streams() -> None:
    assert only({"gen_ai.client.operation.duration": 0.5})["streaming"] is False
    assert only({})["streaming"] is None
    call = only({"gen_ai.client.operation.duration": 0.5, "gen_ai.client.operation.time_to_first_chunk": 0.1})
    assert (call["streaming"], call["ttft_s"]) == (True, 0.1)


def test_what_the_application_asks_for_beside_the_conventions() -> None:
    metadata = {"openai": {"logprobs": [{"token": "A", "logprob": -0.1}]}}
    call = only(
        {
            "gen_ai.usage.input_tokens": 9,
            "ai.usage.outputTokenDetails.reasoningTokens": 7,
            "ai.response.providerMetadata": json.dumps(metadata),
            "ai.settings.context.sessionId": "s-1",
            "ai.settings.context.userId": "u-1",
        }
    )
    assert (call["reasoning_tokens"], call["conversation_id"], call["user_id"]) == (7, "s-1", "u-1")
    assert json.loads(call["logprobs"]) == [[{"token": "A", "logprob": -0.1}]]


def test_steps_and_rankings_are_no_calls() -> None:
    step = sdk({"gen_ai.operation.name": "agent_step", "http.response.status_code": 429}, status_code=2)
    ranking = sdk(CHAT | {"gen_ai.operation.name": "rerank"}, number=2)
    tables = evaluate(connect([step, ranking]))
    assert (tables["genai_calls"], tables["genai_agent_runs"]) == ([], [])


def test_measurements_mark_the_dialect_under_another_scope() -> None:
    assert only({"gen_ai.client.operation.duration": 0.5}, scope_name="my-app")["dialect"] == "vercel-v7"
