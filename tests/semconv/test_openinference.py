import json
from typing import Any

import pytest

from tests.processors.rows import START_NS, calls, chat, connect, decoded_capture, evaluate, span

MESSAGE = {
    "role": "assistant",
    "content": "Lisbon.",
    "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": '{"at": "Oslo"}'}}],
}
ANSWER = {
    "id": "chatcmpl-1", "model": "gpt-4o-mini-2024-07-18", "choices": [{"finish_reason": "stop", "message": MESSAGE}],
    "usage": {
        "prompt_tokens": 14, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
}  # fmt: skip
GENERATION = {
    "type": "ChatGenerationChunk",
    "generation_info": None,
    "message": {
        "lc": 1,
        "id": ["langchain", "schema", "messages", "AIMessageChunk"],
        "kwargs": {
            "content": "Lisbon.",
            "response_metadata": {"stop_reason": "end_turn", "model_name": "claude-sonnet-4-5-20250929", "id": "msg_1"},
            "usage_metadata": {
                "input_tokens": 14, "output_tokens": 8, "input_token_details": {"cache_read": 4, "cache_creation": 2},
                "output_token_details": {"reasoning": 3},
            },
        },
    },
}  # fmt: skip


def recorded(
    kind: str = "LLM", attributes: dict[str, Any] | None = None, *, library: str = "openai", **fields: Any
) -> dict[str, Any]:
    scope = {"scope_name": f"openinference.instrumentation.{library}", "name": "ChatCompletion"}
    return span({"openinference.span.kind": kind} | (attributes or {}), **(scope | fields))


def only(*spans: dict[str, Any]) -> dict[str, Any]:
    (call,) = calls(*spans)
    return call


def as_json(direction: str, value: Any) -> dict[str, str]:
    return {f"{direction}.value": json.dumps(value), f"{direction}.mime_type": "application/json"}


def below(outer: dict[str, Any]) -> dict[str, str]:
    return {"trace_id": outer["trace_id"], "parent_span_id": outer["span_id"]}


def llamaindex(number: int, name: str, attributes: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    given = {"llm.model_name": "gpt-4o-mini", "llm.provider": "openai"} | (attributes or {})
    return recorded("LLM", given, library="llama_index", number=number, name=name, **fields)


TOKENS = {"llm.token_count.prompt": 14, "llm.token_count.completion": 8}


def read(capture: str) -> dict[str, list[dict[str, Any]]]:
    return evaluate(connect(decoded_capture(capture, "traces")))


def test_spans_of_other_scopes_are_known_by_their_kind() -> None:
    call = only(span({"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", **TOKENS}, scope_name="my.tracer"))
    assert (call["dialect"], call["request_model"], call["input_tokens_total"]) == ("openinference", "gpt-4o", 14)


def test_answer_alone_says_what_the_attributes_leave_out() -> None:
    sent = as_json("output", ANSWER) | as_json("input", {"model": "gpt-4o-mini", "messages": [{"role": "user"}]})
    call = only(recorded(attributes=sent))
    assert (call["request_model"], call["response_model"]) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert (call["response_id"], call["finish_reasons"]) == ("chatcmpl-1", ["stop"])
    assert [call[f"{kind}_tokens"] for kind in ("cache_read", "reasoning")] == [4, 3]
    assert (call["input_tokens_total"], call["output_tokens_total"]) == (14, 8)
    (message,) = json.loads(call["output_messages"])
    assert message["parts"] == [
        {"type": "text", "content": "Lisbon."},
        {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"at": "Oslo"}},
    ]
    assert call["streaming"] is False


def test_answer_of_langchain_alone_says_what_the_attributes_leave_out() -> None:
    call = only(recorded(attributes=as_json("output", {"generations": [[GENERATION]]}), library="langchain"))
    assert (call["response_model"], call["response_id"]) == ("claude-sonnet-4-5-20250929", "msg_1")
    assert (call["finish_reasons"], call["streaming"]) == (["stop"], True)
    assert [call[f"{kind}_tokens"] for kind in ("cache_read", "cache_write", "reasoning")] == [4, 2, 3]
    assert (call["input_tokens_total"], call["output_tokens_total"]) == (14, 8)
    assert json.loads(call["output_messages"])[0]["parts"] == [{"type": "text", "content": "Lisbon."}]


@pytest.mark.parametrize(
    ("status", "details", "reason"),
    [
        ("completed", None, "stop"),
        ("incomplete", {"reason": "max_output_tokens"}, "length"),
        ("incomplete", {"reason": "content_filter"}, "content_filter"),
    ],
)
def test_responses_of_openai_say_how_they_ended(status: str, details: Any, reason: str) -> None:
    answer = {"id": "resp_1", "usage": {"input_tokens": 3}, "status": status, "incomplete_details": details}
    assert only(recorded(attributes=as_json("output", answer)))["finish_reasons"] == [reason]


def test_json_that_the_model_wrote_is_no_answer_of_the_provider() -> None:
    wrote = as_json("output", {"id": "invoice-7", "model": "T", "status": "paid"})
    call = only(llamaindex(1, "OpenAI.structured_predict", wrote))
    assert call["response_id"] is call["response_model"] is call["finish_reasons"] is None


def test_the_only_model_name_is_the_answers_where_the_request_names_another() -> None:
    named = {"llm.model_name": "gpt-4o-mini-2024-07-18"}
    asked = {"llm.invocation_parameters": '{"model": "gpt-4o-mini"}'}
    assert only(recorded(attributes=named | asked))["response_model"] == "gpt-4o-mini-2024-07-18"
    alone = only(recorded(attributes=named))
    assert (alone["request_model"], alone["response_model"]) == ("gpt-4o-mini-2024-07-18", None)
    failed = recorded(attributes=named | asked, status_code=2)
    assert only(failed)["response_model"] is None


def test_hidden_content_is_redacted() -> None:
    hidden = {"input.value": "__REDACTED__", "output.value": "__REDACTED__", "llm.model_name": "gpt-4o", **TOKENS}
    call = only(recorded(attributes=hidden))
    assert (call["content_state"], call["input_messages"], call["input_tokens_total"]) == ("redacted", None, 14)
    texts = {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "__REDACTED__"}
    assert only(recorded(attributes=texts))["content_state"] == "redacted"
    vector = {"embedding.embeddings.0.embedding.vector": "__REDACTED__", "embedding.model_name": "e"}
    assert only(recorded("EMBEDDING", vector))["content_state"] == "absent"


def test_messages_of_every_piece() -> None:
    start = "llm.input_messages"
    sent = {
        f"{start}.0.message.role": "user",
        f"{start}.0.message.contents.0.message_content.type": "text",
        f"{start}.0.message.contents.0.message_content.text": "What is this?",
        f"{start}.0.message.contents.1.message_content.type": "image",
        f"{start}.0.message.contents.1.message_content.image.image.url": "https://example.org/a.png",
        f"{start}.0.message.contents.2.message_content.image.image.url": "data:image/png;base64,aGk=",
        f"{start}.1.message.role": "assistant",
        f"{start}.1.message.function_call_name": "look",
        f"{start}.1.message.function_call_arguments_json": '{"at": "Oslo"}',
        f"{start}.2.message.role": "user",
        f"{start}.2.message.tool_call_id": "c1",
        f"{start}.2.message.content": "snow",
    }
    assert json.loads(only(recorded(attributes=sent))["input_messages"]) == [
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "What is this?"},
                {"type": "uri", "modality": "image", "uri": "https://example.org/a.png"},
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="},
            ],
        },
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": None, "name": "look", "arguments": {"at": "Oslo"}}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "snow"}]},
    ]


def test_tool_calls_sent_twice_are_one_and_keep_their_place() -> None:
    start = "llm.output_messages.0.message"
    call = {"id": "c1", "function.name": "look", "function.arguments": '{"at": "Oslo"}'}
    sent = {
        f"{start}.role": "assistant",
        f"{start}.contents.0.message_content.type": "tool_use",
        **{f"{start}.contents.0.tool_call.{key}": value for key, value in call.items()},
        f"{start}.contents.1.message_content.type": "text",
        f"{start}.contents.1.message_content.text": "I look.",
        **{f"{start}.tool_calls.0.tool_call.{key}": value for key, value in call.items()},
    }
    (message,) = json.loads(only(recorded(attributes=sent))["output_messages"])
    assert [part["type"] for part in message["parts"]] == ["tool_call", "text"]


def test_requests_of_hidden_messages_are_read_from_the_request() -> None:
    asked = [{"role": "user", "content": [{"text": "Hi"}]}]
    serialised = {"lc": 1, "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "Hi"}}
    for library, request in (
        ("openai", {"messages": asked}),
        ("bedrock", asked),
        ("langchain", {"messages": [[serialised]]}),
    ):
        call = only(recorded(attributes=as_json("input", request), library=library))
        assert json.loads(call["input_messages"]) == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    unreadable = as_json("input", {"messages": ["ChatMessage(role=<MessageRole.USER: 'user'>)"]})
    assert only(recorded(attributes=unreadable, library="llama_index"))["input_messages"] is None


def test_text_completions() -> None:
    sent = {"llm.prompts.0.prompt.text": "Once", "llm.choices.0.completion.text": " upon a time", "llm.model_name": "m"}
    call = only(recorded(attributes=sent, name="Completion"))
    assert call["operation"] == "text_completion"
    assert json.loads(call["input_messages"])[0]["parts"] == [{"type": "text", "content": "Once"}]
    assert json.loads(call["output_messages"])[0]["role"] == "assistant"
    listed = only(
        recorded(attributes={"llm.prompts": [{"stringValue": "Once"}]}, library="llama_index", name="OpenAI.complete")
    )
    assert (listed["operation"], json.loads(listed["input_messages"])[0]["role"]) == ("chat", "user")


def test_request_parameters_hold_no_content() -> None:
    sent = {
        "model": "m", "temperature": 0.2, "logprobs": True, "stop": ["x"], "stream": False, "seed": None, "user": "anna",
        "inputText": "secret", "tools": [{}], "extra_body": {"prompt": "secret"}, "is_chat_model": True,
    }  # fmt: skip
    call = only(recorded(attributes={"llm.invocation_parameters": json.dumps(sent)}))
    assert json.loads(call["request_params"]) == {"temperature": 0.2, "logprobs": True, "stop": ["x"]}
    assert call["user_id"] == "anna"


@pytest.mark.parametrize(
    ("library", "name", "parameters", "streaming"),
    [
        ("openai", "ChatCompletion", {"model": "m"}, False),
        ("openai", "ChatCompletion", {"model": "m", "stream": True}, True),
        ("openai", "ChatCompletion", None, None),
        ("anthropic", "messages.create", {"max_tokens": 3}, False),
        ("anthropic", "beta.messages.stream", {"max_tokens": 3}, True),
        ("bedrock", "bedrock.converse_stream", None, True),
        ("bedrock", "bedrock.invoke_model", None, False),
        ("llama_index", "OpenAI.astream_chat", {"model_name": "m"}, True),
        ("llama_index", "OpenAI.achat", {"model_name": "m"}, False),
        ("langchain", "upstream_bot", {"model": "m"}, None),
        ("langchain", "ChatOpenAI", {"model": "m", "stream": True}, True),
        ("langchain", "ChatOpenAI", {"model": "m", "stream": False}, False),
    ],
)
def test_streaming(library: str, name: str, parameters: Any, streaming: bool | None) -> None:
    sent = {} if parameters is None else {"llm.invocation_parameters": json.dumps(parameters)}
    assert only(recorded(attributes=sent, library=library, name=name))["streaming"] is streaming


@pytest.mark.parametrize(
    ("changed", "output", "streaming"),
    [
        ({"type": "ChatGeneration"}, {}, False),
        ({"type": "ChatGeneration", "message": {"kwargs": {"response_metadata": {}}}}, {}, None),
        ({"type": "ChatGeneration", "message": {"kwargs": {}}}, {"llm_output": {"token_usage": {}}}, False),
    ],
)
def test_langchain_says_of_streams_too_that_they_are_none(changed: Any, output: Any, streaming: bool | None) -> None:
    answer = as_json("output", {"generations": [[GENERATION | changed]]} | output)
    call = only(recorded(attributes=answer | {"llm.invocation_parameters": '{"stream": false}'}, library="langchain"))
    assert call["streaming"] is streaming


def test_first_token_event_gives_the_time_to_it() -> None:
    event = {"name": "First Token Stream Event", "unix_ns": START_NS + 250_000_000, "attributes": []}
    call = only(recorded(attributes={"llm.invocation_parameters": "{}"}, events=[event | {"attribute_types": ""}]))
    assert (call["ttft_s"], call["streaming"]) == (0.25, True)


def test_embedding_models_of_bedrock_do_not_chat() -> None:
    for model in (
        "amazon.titan-embed-text-v2:0",
        "cohere.embed-english-v3",
        "amazon.nova-2-multimodal-embeddings-v1:0",
    ):
        call = only(recorded(attributes={"llm.model_name": model, "llm.provider": "aws"}, library="bedrock"))
        assert (call["operation"], call["provider"]) == ("embeddings", "aws.bedrock")
    assert (
        only(recorded(attributes={"llm.model_name": "amazon.nova-pro-v1:0"}, library="bedrock"))["operation"] == "chat"
    )


def test_vertex_ai_is_not_gemini() -> None:
    google = {"llm.provider": "google"}
    assert only(recorded(attributes=google))["provider"] == "gcp.gemini"
    assert only(recorded(attributes=google | {"llm.system": "vertexai"}))["provider"] == "gcp.vertex_ai"


def test_steps_are_no_calls() -> None:
    model = {"llm.model_name": "claude-sonnet-4-5"}
    assert not calls(
        recorded(attributes=model, library="anthropic", name="messages.count_tokens", number=1),
        llamaindex(2, "OpenAI._prepare_chat_with_tools"),
        recorded("RERANKER", model, number=3),
        recorded("GUARDRAIL", model, number=4),
        recorded("CHAIN", {**model, **TOKENS, **as_json("output", ANSWER)}, number=5),
    )


def test_names_of_steps_count_in_their_own_library_only() -> None:
    (tool,) = evaluate(connect([recorded("TOOL", library="langchain", name="LandingPage")]))["genai_tool_executions"]
    assert tool["tool_name"] == "LandingPage"
    assert not calls(recorded(attributes={"llm.model_name": "m"}, name="SyncPage[Model]"))


def test_llamaindex_repeats_a_call_in_spans_around_it() -> None:
    outer = llamaindex(1, "OpenAI.structured_predict", seconds=4)
    chain = recorded("CHAIN", number=2, library="llama_index", at_s=1, seconds=2, **below(outer))
    within = llamaindex(3, "OpenAI.predict_and_call", at_s=1, seconds=2, **below(chain))
    prepared = llamaindex(4, "OpenAI._prepare_chat_with_tools", at_s=1, seconds=0.1, **below(within))
    chat = llamaindex(5, "OpenAI.chat", TOKENS, at_s=1.5, **below(within))
    call = only(outer, chain, within, prepared, chat)
    assert (call["span_id"], call["input_tokens_total"]) == (chat["span_id"], 14)


def test_parsing_that_fails_after_the_answer_is_no_failed_call() -> None:
    outer = llamaindex(1, "OpenAI.structured_predict", seconds=4, status_code=2, status_message="ValidationError")
    chain = recorded("CHAIN", number=2, library="llama_index", seconds=3, status_code=2, **below(outer))
    call = only(outer, chain, llamaindex(3, "OpenAI.chat", TOKENS, at_s=1, **below(chain)))
    assert (call["error_type"], call["output_tokens_total"]) == (None, 8)


def test_calls_of_one_step_are_counted_each() -> None:
    outer = llamaindex(1, "OpenAI.predict", seconds=4)
    chain = recorded("CHAIN", number=2, library="llama_index", seconds=4, **below(outer))
    chats = [llamaindex(n, "OpenAI.chat", TOKENS, at_s=n / 10, **below(chain)) for n in (3, 4)]
    assert [c["input_tokens_total"] for c in calls(outer, chain, *chats)] == [14, 14]


def test_a_call_with_tokens_of_its_own_is_not_one_of_those_below_it() -> None:
    outer = llamaindex(1, "OpenAI.chat", TOKENS, seconds=4)
    tool = recorded("TOOL", number=2, library="llama_index", seconds=3, **below(outer))
    assert len(calls(outer, tool, llamaindex(3, "OpenAI.chat", TOKENS, at_s=1, **below(tool)))) == 2


def test_spans_that_are_each_others_parents_end() -> None:
    one = recorded("CHAIN", number=1)
    other = recorded("CHAIN", number=2, **below(one))
    one |= {"trace_id": other["trace_id"], "parent_span_id": other["span_id"]}
    inner = llamaindex(3, "OpenAI.chat", TOKENS, **below(other))
    assert only(one, other, inner)["input_tokens_total"] == 14


def happened(name: str, at_s: float, **attributes: str) -> dict[str, Any]:
    given = [(key.replace("__", "."), value) for key, value in attributes.items()]
    at = START_NS + round(at_s * 1e9)
    return {"name": name, "unix_ns": at, "attributes": given, "attribute_types": "s" * len(given)}


def client(number: int, *, at_s: float, seconds: float = 1, **attributes: Any) -> dict[str, Any]:
    """Return a record of the client's instrumentation, in a trace of its own."""
    return chat(number=number, at_s=at_s, seconds=seconds, gen_ai__request__stream=True, **attributes)


def making(number: int, *events: dict[str, Any], at_s: float = 0, **fields: Any) -> dict[str, Any]:
    """Return the span of a stream's making: it ends before the request is sent."""
    return llamaindex(number, "OpenAI.stream_chat", at_s=at_s, seconds=0.01, events=list(events), **fields)


FIRST = "First Token Stream Event"


def test_stream_is_one_with_its_clients_request_that_follows() -> None:
    sent = client(2, at_s=0.5, gen_ai__response__id="chatcmpl-1")
    call = only(making(1, happened(FIRST, 0.8)), sent, recorded("CHAIN", number=3))
    assert (call["response_id"], call["streaming"]) == ("chatcmpl-1", True)


def test_streams_at_one_time_take_a_request_each() -> None:
    sent = [client(n, at_s=0.02, gen_ai__response__id=f"chatcmpl-{n}") for n in (3, 4)]
    found = calls(making(1, happened(FIRST, 0.8)), making(2, happened(FIRST, 0.9), at_s=0.01), *sent)
    assert sorted(c["response_id"] for c in found) == ["chatcmpl-3", "chatcmpl-4"]


def langchain(number: int, *, at_s: float = 0, seconds: float = 2) -> dict[str, Any]:
    """Return the span of a stream that has no id of the answer; it is no parent of its client's span."""
    given = as_json("output", {"generations": [[{"type": "ChatGenerationChunk"}]]})
    named = {"llm.model_name": "gpt-4o-mini", "llm.provider": "openai"}
    return recorded(attributes=given | named, library="langchain", number=number, at_s=at_s, seconds=seconds)


def test_stream_without_an_id_is_one_with_the_clients_record_that_lies_in_it() -> None:
    assert only(langchain(1), client(2, at_s=0.5, gen_ai__response__id="chatcmpl-1"))["response_id"] == "chatcmpl-1"


def test_of_streams_in_one_another_the_best_fitting_are_one() -> None:
    sent = [client(n, at_s=at_s, seconds=1, gen_ai__response__id=f"chatcmpl-{n}") for n, at_s in ((3, 0.1), (4, 0.6))]
    tables = evaluate(connect([langchain(1, seconds=1.7), langchain(2, at_s=0.05, seconds=1.1), *sent]))
    together = {(int(d["span_id"], 16), int(d["call_span_id"], 16)) for d in tables["genai_duplicates"]}
    assert {frozenset(pair) for pair in together} == {frozenset((1, 4)), frozenset((2, 3))}


@pytest.mark.parametrize(
    ("at_s", "attributes"),
    [
        (1.5, {"gen_ai__response__id": "chatcmpl-1"}),
        (0.5, {}),
        (0.5, {"gen_ai__response__id": "chatcmpl-1", "gen_ai__request__model": "o4-mini"}),
        (0.5, {"gen_ai__response__id": "chatcmpl-1", "gen_ai__request__stream": False}),
    ],
)
def test_other_requests_beside_a_stream_stay_others(at_s: float, attributes: dict[str, Any]) -> None:
    assert len(calls(langchain(1), chat(number=2, at_s=at_s, **{"gen_ai__request__stream": True, **attributes}))) == 2


@pytest.mark.parametrize("at_s", [0.9, 5.0])
def test_requests_sent_after_the_first_chunk_are_others(at_s: float) -> None:
    assert len(calls(making(1, happened(FIRST, 0.8)), client(2, at_s=at_s))) == 2


def test_requests_answered_before_the_first_chunk_are_others() -> None:
    assert len(calls(making(1, happened(FIRST, 0.8)), client(2, at_s=0.1, seconds=0.2))) == 2


def test_events_long_after_the_end_are_not_of_the_stream() -> None:
    call, other = calls(making(1, happened(FIRST, 9999)), client(2, at_s=9998, seconds=5))
    assert (call["duration_ns"], other["dialect"]) == (10_000_000, "otel-latest")


def test_failed_stream_is_one_with_its_clients_failure() -> None:
    refused = {"exception__type": "openai.RateLimitError", "exception__message": "Error code: 429 - slow down"}
    outer = llamaindex(1, "OpenAI.stream", seconds=0.02)
    inner = making(2, happened("exception", 0.9, **refused), status_code=2, **below(outer))
    sent = client(3, at_s=0.1, seconds=0.5, error__type="openai.RateLimitError", fields={"status_code": 2})
    call = only(outer, inner, sent)
    assert (call["error_class"], call["http_status"]) == ("rate_limit", 429)


def test_embeddings_of_llamaindex_name_their_provider_by_class() -> None:
    given = {"embedding.model_name": "text-embedding-3-small"}
    outer = recorded("EMBEDDING", given, library="llama_index", name="OpenAIEmbedding.get_query_embedding", seconds=2)
    inner = recorded("EMBEDDING", given | {"llm.system": "openai"}, number=2, name="CreateEmbeddings", **below(outer))
    assert only(outer, inner)["provider"] == "openai"
    unknown = {**outer, "name": "MyEmbedding.get_query_embedding"}
    assert only(unknown)["provider"] is None
    assert only(unknown, inner)["provider"] == "openai"


def test_exceptions_are_said_without_their_stack() -> None:
    said = {"exception.type": "openai.RateLimitError", "exception.message": "Error code: 429 - slow down"}
    event = {"name": "exception", "unix_ns": START_NS, "attributes": list(said.items()), "attribute_types": "ss"}
    failed = {"status_code": 2, "status_message": 'OpenAIRateLimitError("...")Traceback (most recent call last):'}
    call = only(recorded(events=[event], library="langchain", **failed))
    assert (call["error_type"], call["error_message"]) == tuple(said.values())
    assert (call["http_status"], call["error_class"]) == (429, "rate_limit")


def test_failed_call_of_langchain_has_no_output() -> None:
    (call,) = read("openinference-langchain/error_429_a")["genai_calls"]
    assert (call["http_status"], call["output_messages"], call["unreadable"]) == (429, None, None)


@pytest.mark.parametrize("library", ["openai", "langchain"])
def test_log_probabilities(library: str) -> None:
    (call,) = read(f"openinference-{library}/logprobs_a")["genai_calls"]
    ((token,),) = json.loads(call["logprobs"])
    assert (token["token"], token["logprob"], len(token["top"])) == ("Yes.", -0.05, 3)


@pytest.mark.parametrize("library", ["openai", "anthropic", "langchain", "llamaindex"])
def test_conversation_and_user(library: str) -> None:
    (call,) = read(f"openinference-{library}/session_a")["genai_calls"]
    assert (call["conversation_id"], call["user_id"]) == ("conv-8841-a", "user-anna")


def test_metadata_names_the_conversation_and_the_agent() -> None:
    call = only(recorded(attributes={"metadata": '{"thread_id": 7, "lc_agent_name": "helper", "user_id": "anna"}'}))
    assert (call["conversation_id"], call["user_id"], call["agent_name"]) == ("7", "anna", "helper")


def test_recorded_cost() -> None:
    assert only(recorded(attributes={"llm.cost.total": 0.5}))["cost_recorded_usd"] == 0.5


@pytest.mark.parametrize(
    ("library", "arguments", "call_id"),
    [("langchain", "Oslo", "call_oslo_001"), ("llamaindex", '{"city":"Oslo"}', None)],
)
def test_tool_that_ran(library: str, arguments: str, call_id: str | None) -> None:
    (tool,) = read(f"openinference-{library}/tools_a")["genai_tool_executions"]
    assert (tool["tool_name"], tool["arguments"], tool["tool_call_id"]) == ("get_weather", arguments, call_id)
    assert json.loads(tool["result"]) == {"temp_c": 4, "sky": "snow"}


def test_tool_of_any_other_library_is_stored_as_sent() -> None:
    sent = {"tool.name": "look", "input.value": "{'at': 'Oslo'}", "output.value": '{"data": {"content": "snow"}}'}
    (tool,) = evaluate(connect([recorded("TOOL", sent)]))["genai_tool_executions"]
    assert (tool["arguments"], tool["result"]) == (sent["input.value"], sent["output.value"])


def test_tool_recorded_by_each_method_that_ran_it_ran_once() -> None:
    named = {"tool.name": "look", "input.value": '{"kwargs": {"at": "Oslo"}}'}
    outer = recorded("TOOL", named, library="llama_index", name="FunctionTool.__call__", seconds=2)
    inner = recorded("TOOL", named, library="llama_index", name="FunctionTool.call", number=2, **below(outer))
    other = recorded("TOOL", named | {"tool.name": "find"}, library="llama_index", number=3, **below(inner))
    tools = evaluate(connect([outer, inner, other]))["genai_tool_executions"]
    assert [(t["tool_name"], t["span_id"]) for t in tools] == [("look", inner["span_id"]), ("find", other["span_id"])]


@pytest.mark.parametrize("library", ["langchain", "llamaindex"])
def test_retrieval_is_one_with_its_documents(library: str) -> None:
    (found,) = read(f"openinference-{library}/rag_a")["genai_retrievals"]
    documents = json.loads(found["documents"])
    assert found["query"] == "How long is the Loire river?"
    assert [d["metadata"] for d in documents] == [{"source": "doc0.md"}, {"source": "doc1.md"}]
    assert documents[0]["text"].startswith("The Loire river")
    assert documents[0]["id"]
    assert (documents[0]["score"] is None) == (library == "langchain")


def test_context_of_a_prompt_template_is_the_calls() -> None:
    call = read("openinference-llamaindex/rag_a")["genai_calls"][-1]
    assert "The Loire river is 1006 kilometres long" in call["retrieved_context"]


def test_chain_with_the_name_of_an_agent_is_it() -> None:
    sent = {"metadata": '{"lc_agent_name": "helper"}'}
    (run,) = evaluate(connect([recorded("CHAIN", sent, library="langchain", name="helper")]))["genai_agent_runs"]
    assert (run["operation"], run["agent_name"], run["workflow_name"]) == ("invoke_agent", "helper", None)


def test_agents_and_chains_run() -> None:
    runs = read("openinference-langchain/tools_a")["genai_agent_runs"]
    assert {(r["operation"], r["agent_name"], r["workflow_name"]) for r in runs} == {
        ("invoke_agent", "helper_agent", None),
        ("invoke_workflow", "helper_agent", "model"),
        ("invoke_workflow", "helper_agent", "tools"),
    }


@pytest.mark.parametrize(
    "junk", ['{"choices": [1, ', "[[[[", '"text"', "7", "null", '{"choices": 3, "usage": []}', "\\ud800"]
)
def test_broken_json_leaves_the_rest_readable(junk: str) -> None:
    mime = {"input.mime_type": "application/json", "output.mime_type": "application/json"}
    names = ("input.value", "output.value", "llm.invocation_parameters", "metadata", "llm.tools.0.tool.json_schema")
    call = only(recorded(attributes=mime | dict.fromkeys(names, junk) | {"llm.model_name": "m"} | TOKENS))
    assert (call["request_model"], call["input_tokens_total"], call["response_id"]) == ("m", 14, None)


def test_wrong_types_are_unreadable() -> None:
    sent = {
        "llm.token_count.prompt": "many",
        "llm.token_count.completion": 8,
        "llm.cost.total": "cheap",
        "llm.tools": 3,
    }
    call = only(recorded(attributes=sent))
    assert call["input_tokens_total"] is call["cost_recorded_usd"] is None
    assert {"input_tokens", "cost_recorded_usd"} <= set(call["unreadable"])


def test_odd_numbering_does_no_harm() -> None:
    sent = {
        "llm.input_messages.0.message": "text", "llm.input_messages.x.message.role": "user",
        "llm.output_messages.99999999999.message.role": "user", "llm.output_messages.0.message.contents": 7,
        "llm.output_messages.1": 7, "llm.tools.0": 7, "llm.prompts.0.prompt": 7, "llm.model_name": "m",
    }  # fmt: skip
    assert only(recorded(attributes=sent))["request_model"] == "m"


@pytest.mark.parametrize(
    ("error", "code", "status", "error_class"),
    [
        ("botocore.errorfactory.ThrottlingException", "ThrottlingException", 429, "rate_limit"),
        ("botocore.errorfactory.InternalServerException", "InternalServerException", 500, "server"),
        ("botocore.exceptions.ClientError", "AccessDeniedException", 403, "auth"),
        ("botocore.exceptions.ClientError", "ExpiredTokenException", None, "other"),
    ],
)
def test_errors_of_bedrock_have_each_one_status(error: str, code: str, status: int | None, error_class: str) -> None:
    message = f"An error occurred ({code}) when calling the Converse operation: no"
    said = [("exception.type", error), ("exception.message", message)]
    event = {"name": "exception", "unix_ns": START_NS, "attributes": said, "attribute_types": "ss"}
    call = only(recorded(library="bedrock", status_code=2, events=[event]))
    assert (call["http_status"], call["error_class"]) == (status, error_class)
