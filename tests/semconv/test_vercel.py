import json
from typing import Any

import pytest

from tests.processors.rows import calls, connect, decoded_capture, evaluate, span

GENERATE = {
    "ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "openai.chat", "ai.model.id": "gpt-4o",
    "gen_ai.system": "openai.chat", "gen_ai.request.model": "gpt-4o",
}  # fmt: skip
METADATA = "ai.response.providerMetadata"


def sdk(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return span(attributes, **{"scope_name": "ai"} | fields)


def only(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (call,) = calls(sdk(GENERATE | attributes, **fields))
    return call


def read(capture: str) -> dict[str, list[dict[str, Any]]]:
    return evaluate(connect(decoded_capture(capture, "traces")))


@pytest.mark.parametrize("folder", ["vercel-ai-v6", "vercel-ai-v7-legacy"])
def test_tool_execution_and_agent_run(folder: str) -> None:
    tables = read(f"{folder}/tools_a")
    (execution,), (run,) = tables["genai_tool_executions"], tables["genai_agent_runs"]
    assert (execution["tool_name"], execution["tool_call_id"]) == ("get_weather", "call_oslo_001")
    assert (json.loads(execution["arguments"]), json.loads(execution["result"])["sky"]) == ({"city": "Oslo"}, "snow")
    assert (run["operation"], run["agent_name"]) == ("invoke_agent", "cert-tools")
    (tool,) = json.loads(tables["genai_calls"][1]["tool_definitions"])
    assert (tool["name"], tool["parameters"]["required"]) == ("get_weather", ["city"])


def test_session_and_user_are_metadata() -> None:
    (call,) = read("vercel-ai-v6/session_a")["genai_calls"]
    assert (call["conversation_id"], call["user_id"]) == ("conv-8841-a", "user-anna")


def test_first_chunk_is_sent_in_milliseconds() -> None:
    (call,) = read("vercel-ai-v6/chat_stream_a")["genai_calls"]
    assert call["ttft_s"] == pytest.approx(0.30808, abs=1e-5)
    assert only({"ai.response.msToFirstChunk": "soon"})["ttft_s"] is None


def test_logprobs_of_the_chat_api() -> None:
    (call,) = read("vercel-ai-v6/logprobs_a")["genai_calls"]
    ((token,),) = json.loads(call["logprobs"])
    assert (token["token"], token["logprob"], len(token["top"])) == ("Yes.", -0.05, 3)


def test_logprobs_of_the_responses_api_are_lists_per_text() -> None:
    tokens = [[{"token": "A", "logprob": -0.1, "top_logprobs": []}], [{"token": "B", "logprob": -0.2}]]
    call = only({METADATA: json.dumps({"azure": {"logprobs": tokens}})})
    assert json.loads(call["logprobs"]) == [[{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -0.2}]]


@pytest.mark.parametrize(
    "sent", ['{"openai": {"logprobs": [7]}}', '{"logprobs": ', '["logprobs"]', '{"openai": {"logprobs": 7}}']
)
def test_logprobs_of_another_shape_are_none(sent: str) -> None:
    assert only({METADATA: sent})["logprobs"] is None


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("ai.streamText.doStream", ("chat", True)),
        ("ai.generateObject.doGenerate", ("chat", False)),
        ("ai.streamObject.doStream", ("chat", True)),
        ("ai.embedMany.doEmbed", ("embeddings", False)),
    ],
)
def test_operation_says_whether_the_answer_is_streamed(operation: str, expected: tuple[str, bool]) -> None:
    call = only({"ai.operationId": operation})
    assert (call["operation"], call["streaming"]) == expected


@pytest.mark.parametrize("operation", ["ai.generateText", "ai.streamObject", "ai.embed", "ai.embedMany", "ai.rerank"])
def test_functions_of_the_sdk_are_no_calls(operation: str) -> None:
    usage = {"ai.usage.tokens": 6, "ai.usage.inputTokens": 6, "ai.response.text": "Hi"}
    assert calls(sdk(GENERATE | usage | {"ai.operationId": operation})) == []


@pytest.mark.parametrize(
    ("sent", "provider"),
    [
        ("openai.responses", "openai"),
        ("azure.chat", "azure.ai.openai"),
        ("azure-openai.chat", "azure.ai.openai"),
        ("google.generative-ai", "gcp.gemini"),
        ("google.vertex.chat", "gcp.vertex_ai"),
        ("vertex.anthropic.messages", "gcp.vertex_ai"),
        ("amazon-bedrock", "aws.bedrock"),
        ("mistral.chat", "mistral_ai"),
        ("xai.chat", "x_ai"),
        ("fireworks.chat", "fireworks"),
    ],
)
def test_provider_without_its_api(sent: str, provider: str) -> None:
    assert only({"gen_ai.system": sent})["provider"] == provider


def test_answer_has_reasoning_text_files_and_tool_calls() -> None:
    call = only(
        {
            "ai.response.reasoning": "Hm.",
            "ai.response.text": "Look:",
            "ai.response.files": '[{"type":"file","mediaType":"image/png","data":"AAAA"}]',
            "ai.response.toolCalls": '[{"toolCallType":"function","toolCallId":"t1","toolName":"f","args":"{\\"a\\":1}"}]',
            "ai.response.finishReason": "tool-calls",
        }
    )
    (message,) = json.loads(call["output_messages"])
    assert message["parts"] == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "text", "content": "Look:"},
        {"type": "file", "mediaType": "image/png", "data": "AAAA"},
        {"type": "tool_call", "id": "t1", "name": "f", "arguments": {"a": 1}},
    ]
    assert call["finish_reasons"] == ["tool_call"]


def test_answer_that_is_an_object_is_its_text() -> None:
    call = only({"ai.operationId": "ai.generateObject.doGenerate", "ai.response.object": '{"answer":42}'})
    assert json.loads(call["output_messages"])[0]["parts"] == [{"type": "text", "content": '{"answer":42}'}]


@pytest.mark.parametrize("sent", ['[{"toolCallId":', '{"toolCallId":"t1"}', "7"])
def test_tool_calls_of_another_shape_are_unreadable(sent: str) -> None:
    call = only({"ai.response.text": "Hi", "ai.response.toolCalls": sent})
    assert (call["output_messages"], call["unreadable"]) == (None, ["output_messages"])


def test_content_that_is_switched_off_is_absent() -> None:
    assert only({"ai.response.finishReason": "stop", "ai.usage.inputTokens": 3})["content_state"] == "absent"


def test_version_4_counts_prompt_and_completion() -> None:
    metadata = {"openai": {"cachedPromptTokens": 60, "reasoningTokens": 7}}
    call = only({"ai.usage.promptTokens": 100, "ai.usage.completionTokens": 9, METADATA: json.dumps(metadata)})
    assert (call["input_tokens_total"], call["output_tokens_total"]) == (100, 9)
    assert (call["cache_read_tokens"], call["reasoning_tokens"]) == (60, 7)


@pytest.mark.parametrize(
    ("provider", "usage", "total"),
    [
        ("anthropic.messages", {}, 190),
        ("amazon-bedrock", {}, 190),
        ("openai.chat", {}, 100),
        ("anthropic.messages", {"ai.usage.inputTokenDetails.noCacheTokens": 10}, 100),
    ],
)
def test_input_of_anthropic_left_out_the_cache_to_version_5(provider: str, usage: dict[str, Any], total: int) -> None:
    metadata = {"anthropic": {"cacheCreationInputTokens": 30}}
    sent = {"ai.usage.inputTokens": 100, "ai.usage.cachedInputTokens": 60, METADATA: json.dumps(metadata)}
    call = only({"ai.model.provider": provider} | sent | usage)
    assert (call["input_tokens_total"], call["cache_read_tokens"], call["cache_write_tokens"]) == (total, 60, 30)


def test_usage_that_the_provider_did_not_send_is_missing() -> None:
    unknown = {"ai.usage.promptTokens": float("nan"), "ai.usage.completionTokens": float("nan")}
    call = only(unknown)
    assert (call["input_tokens_total"], call["tokens_source"]) == (None, "missing")


@pytest.mark.parametrize(
    ("message", "error_class"),
    [
        ("Rate limit reached for requests per minute.", "rate_limit"),
        ("The server had an error while processing your request.", "server"),
        ("Incorrect API key provided: sk-1", "auth"),
        ("Request timed out.", "timeout"),
        ("The model `gpt-9` does not exist", "invalid_request"),
        ("Something else, by its author", "other"),
    ],
)
def test_message_tells_errors_of_one_type_apart(message: str, error_class: str) -> None:
    event = {
        "name": "exception", "unix_ns": 1, "attribute_types": "ss",
        "attributes": [("exception.type", "AI_APICallError"), ("exception.message", message)],
    }  # fmt: skip
    call = only({}, status_code=2, status_message=message, events=[event])
    assert (call["error_type"], call["error_class"], call["http_status"]) == ("AI_APICallError", error_class, None)


def test_operation_marks_the_dialect_under_another_scope() -> None:
    assert only({}, scope_name="my-app")["dialect"] == "vercel-legacy"


def test_other_scopes_that_begin_alike_are_not_of_the_dialect() -> None:
    chat = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    (call,) = calls(span(chat, scope_name="aisuite"))
    assert call["dialect"] == "otel-latest"
