"""OpenInference (Arize): numbered `llm.` attributes, and request and answer as JSON in `input.value` and `output.value`.

Its instrumentations put the provider's own JSON there, LangChain's that of an `LLMResult`, and LlamaIndex's any text. What
a span is its kind says; LlamaIndex has spans of kind LLM and EMBEDDING within each other for one call.
https://github.com/Arize-ai/openinference/tree/main/spec
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from otel_cert.semconv import logprobs, messages, terms
from otel_cert.semconv.combinators import EVENTS, NAME, SCOPE, STATUS, Gathered, Spelled, derived, has
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import (
    Key,
    applied,
    exception,
    inside,
    json,
    mapped,
    numbered,
    path,
    seconds_to,
)
from otel_cert.semconv.span import Event, json_value, parsed
from otel_cert.semconv.usage import counts

_KIND = "openinference.span.kind"
_INPUT, _OUTPUT, _JSON = "input.value", "output.value", "application/json"
_PARAMETERS, _EMBEDDING_PARAMETERS = "llm.invocation_parameters", "embedding.invocation_parameters"
_TEMPLATE_VARIABLES = "llm.prompt_template.variables"
_FIRST_CHUNK = "First Token Stream Event"
_REDACTED = "__REDACTED__"
_ERROR = 2  # STATUS_CODE_ERROR

_SCOPE = "openinference.instrumentation."
_ANTHROPIC, _BEDROCK, _LLAMAINDEX, _OPENAI = (
    f"{_SCOPE}{name}" for name in ("anthropic", "bedrock", "llama_index", "openai")
)

_OPERATIONS = {
    "llm": "chat", "embedding": "embeddings", "tool": "execute_tool", "agent": "invoke_agent", "chain": "invoke_workflow",
    "retriever": "retrieval",
}  # fmt: skip
_STEP = "task"
"""What is only a step of an operation."""
_STEPS = {
    _ANTHROPIC: re.compile(r"\.count_tokens$"),
    _LLAMAINDEX: re.compile(r"\._prepare_\w+$|\._a?retrieve$"),
    _OPENAI: re.compile(r"^ModerationCreateResponse$|Page(?:\[.*)?$"),
}
"""Names of spans that have the kind of an operation and are none: they prepare it, lie in it, or ask no model."""
_ANSWER_KEYS = frozenset(("choices", "generations", "usage"))
"""Every answer has one; JSON that a model was asked to write is not one."""

_MODALITIES = ("image", "audio", "video", "document")
_DATA_URL = re.compile(r"data:([^;,]*);base64,")

_GENERATION = ("generations", 0, 0)
"""Where LangChain has its answer, and below it what the provider said of it, and the tokens."""
_SAID = (*_GENERATION, "message", "kwargs", "response_metadata")
_MESSAGE_USAGE = (*_GENERATION, "message", "kwargs", "usage_metadata")
_NO_SETTINGS = frozenset(("stream", "context_window", "is_chat_model", "is_function_calling_model"))
"""LangChain says `stream: false` of its streams, and LlamaIndex what the model can do."""
_SETTINGS = frozenset(
    ("stop", "stop_sequences", "stopSequences", "response_format", "tool_choice", "reasoning", "reasoning_effort",
     "thinking", "verbosity", "service_tier", "modalities", "encoding_format", "stream_options")
)  # fmt: skip
"""Request parameters that are no numbers and yet no content."""


def _request(sent: Any, mime_type: Any) -> Any:
    return parsed(sent, json_value) if mime_type == _JSON else None


def _answer(sent: Any, mime_type: Any) -> Any:
    answer = parsed(sent, json_value) if mime_type == _JSON else None
    return answer if isinstance(answer, dict) and not _ANSWER_KEYS.isdisjoint(answer) else None


_REQUEST = derived(_INPUT, _request, "input.mime_type")
_ANSWER = derived(_OUTPUT, _answer, "output.mime_type")


def _answered(*places: tuple[Key, ...]) -> Source:
    """Read the first place that there is in the answer."""
    return derived(_ANSWER, lambda answer: _first(answer, places))


def _of(attribute: str, *names: str) -> Source:
    """Read the first of some names that there is in an attribute that holds a JSON object."""
    places = tuple((name,) for name in names)
    return derived(json(attribute), lambda value: _first(value, places))


def _first(given: Any, places: Sequence[tuple[Key, ...]]) -> Any:
    for keys in places:
        value = inside(given, *keys)
        if value is not None and value != "":
            return value
    return None


def _generations(answer: Any) -> list[Any]:
    """Return the answers to the first prompt as LangChain records them."""
    found = inside(answer, "generations", 0)
    return [g for g in found if isinstance(g, dict)] if isinstance(found, list) else []


_OF_WHOLE_ANSWERS = (("llm_output",), (*_SAID, "id"))
"""What LangChain records of an answer that came at once, and mostly not of one in chunks."""


def _operation(name: str, scope_name: str, kind: Any, model: Any, metadata: Any) -> Any:
    steps = _STEPS.get(scope_name)
    if steps and steps.search(name):
        return _STEP
    if kind == "LLM":
        if terms.is_embedding_model(str(model)):
            return "embedding"  # Bedrock's spans are all of this kind
        if name == "Completion" and scope_name == _OPENAI:
            return "text_completion"
    if kind == "CHAIN" and inside(metadata, "lc_agent_name") == name:
        return "agent"
    return kind


_OPERATION = derived(NAME, _operation, SCOPE, _KIND, "llm.model_name", json("metadata"))


def _embedder(_: bool, name: str, scope_name: str) -> Any:
    """Read the provider of LlamaIndex's embeddings, which only the name of their class tells."""
    return _EMBEDDERS.get(name.partition(".")[0]) if scope_name == _LLAMAINDEX else None


_EMBEDDERS: Mapping[str, str] = {
    "OpenAIEmbedding": "openai", "AzureOpenAIEmbedding": "azure", "BedrockEmbedding": "bedrock", "CohereEmbedding": "cohere",
    "MistralAIEmbedding": "mistralai", "GeminiEmbedding": "gemini", "GoogleGenAIEmbedding": "gemini",
    "VertexTextEmbedding": "vertexai",
}  # fmt: skip


def _answering_model(named: Any, *asked: Any) -> Any:
    """Read the one model name that there was: it is the answer's where the request's is another."""
    return None if named == next(filter(None, asked), None) else named


def _streaming(
    name: str, scope_name: str, status: int | None, events: Sequence[Event] | None, answer: Any, *parameters: Any
) -> Any:
    """Read whether the answer was streamed: by what came, by the method that was called, by the parameter."""
    if any(event.name == _FIRST_CHUNK for event in events or ()):
        return True
    if scope_name in (_BEDROCK, _LLAMAINDEX):
        return "stream" in name.rpartition(".")[2]
    if scope_name == _ANTHROPIC and name.endswith(".stream"):
        return True
    if answer is not None and "generations" in answer:  # LangChain's parameters say `false` of its streams
        if "Chunk" in str(inside(answer, *_GENERATION, "type")):
            return True
        if status != _ERROR and not _first(answer, _OF_WHOLE_ANSWERS):
            return None
    complete = scope_name in (_OPENAI, _ANTHROPIC)  # other parameters are not those of the request
    return next((p.get("stream", False if complete else None) for p in parameters if isinstance(p, dict)), None)


def _status(answer: Any, status: int | None) -> Any:
    """Read the HTTP status that LangChain records in the answer of a failed call."""
    return inside(answer, *_SAID, "status_code") if status == _ERROR else None


def _finish_reasons(answer: Any) -> Any:
    if isinstance(answer.get("choices"), list):
        found = [_reason(choice) for choice in answer["choices"]]
    elif generations := _generations(answer):
        found = [
            _reason(g.get("generation_info")) or _reason(inside(g, "message", "kwargs", "response_metadata"))
            for g in generations
        ]
    else:
        found = [_reason(answer)]
    return found if any(found) else None


def _reason(sent: Any) -> Any:
    """Return why an answer ended: of a choice, a message, or a response of OpenAI."""
    if not isinstance(sent, dict):
        return None
    if sent.get("status") == "incomplete":
        return inside(sent, "incomplete_details", "reason")
    return next((sent[key] for key in ("finish_reason", "stop_reason", "status") if sent.get(key)), None)


def _request_params(sent: Any) -> Any:
    """Leave content out: whatever is text or an object and not known to be a setting."""
    if not isinstance(sent, dict):
        return None
    return {
        name: value
        for name, value in sent.items()
        if value is not None and (name in _SETTINGS or (isinstance(value, int | float) and name not in _NO_SETTINGS))
    } or None


def _messages(prefix: str) -> Source:
    return applied(lambda sent: [_message(m) for m in sent] if isinstance(sent, list) else None, numbered(prefix))


def _message(sent: Any) -> Any:
    message = inside(sent, "message")
    if not isinstance(message, dict):
        return sent
    message = {**message}
    if isinstance(contents := message.get("contents"), list):
        message["contents"] = [_content(c) for c in contents]
        if any(isinstance(c, dict) and "tool_call" in c for c in contents):
            message.pop("tool_calls", None)  # the same once more
    if message.get("function_call_name"):
        arguments = message.get("function_call_arguments_json")
        message["function_call"] = {"name": message["function_call_name"], "arguments": arguments}
    if message.get("tool_call_id"):
        message["role"] = "tool"
    return {"message": message}


def _content(sent: Any) -> Any:
    """Return a piece of a message: a tool call, media by their address or as data, or text."""
    if not isinstance(sent, dict):
        return sent
    if isinstance(call := sent.get("tool_call"), dict):
        function = call.get("function")
        return {"type": "tool_call", "id": call.get("id"), **(function if isinstance(function, dict) else {})}
    content = sent.get("message_content")
    for modality in _MODALITIES:
        url = inside(content, modality, modality, "url")
        if isinstance(url, str):
            if data := _DATA_URL.match(url):
                return {"type": "blob", "modality": modality, "mime_type": data[1], "content": url[data.end() :]}
            return {"type": "uri", "modality": modality, "uri": url}
    return sent


def _asked(sent: Any) -> Any:
    """Read the messages of the request; a batch of LangChain has one list of them per prompt."""
    found = sent.get("messages") if isinstance(sent, dict) else sent
    found = inside(found, 0) if isinstance(inside(found, 0), list) else found
    return found if isinstance(found, list) and all(isinstance(m, dict) for m in found) else None


def _said_something(sent: Any) -> Any:
    """Leave out messages without content: LangChain records one for a failed call."""
    return [m for m in sent if not isinstance(inside(m, "message"), dict) or m["message"].keys() - {"role"}]


def _output_messages(answer: Any) -> Any:
    if generations := _generations(answer):
        found = [messages.message(g["message"]) for g in generations if isinstance(g.get("message"), dict)]
    elif isinstance(inside(answer, "content"), list):
        found = [messages.message(answer, "assistant")]
    else:
        found = messages.choices(inside(answer, "choices")) or []
    return [m for m in found if m["parts"]]


def _texts(prefix: str, role: str, *keys: str) -> Source:
    """Read texts that are not messages: of completions."""

    def read(sent: Any) -> Any:
        if not isinstance(sent, list):
            return None
        texts = (inside(item, *keys) if isinstance(item, dict) else item for item in sent)
        return [{"role": role, "content": text} for text in texts if isinstance(text, str)]

    return applied(read, prefix, numbered(prefix))


def _tools(sent: Any) -> Any:
    if not isinstance(sent, list):
        return sent
    return [inside(t, "tool", "json_schema") or inside(t, "tool") or t for t in sent]


def _redacted(names: Sequence[str]) -> Source | None:
    """Conclude that content was left out; vectors are none."""
    found = [name for name in names if not name.startswith("embedding.")]

    def read(columns: Sequence[list[Any]]) -> list[Any] | None:
        if not any(_REDACTED in column for column in columns):
            return None
        return [True if _REDACTED in values else None for values in zip(*columns, strict=True)]

    return Gathered(found, read) if found else None


def _logprobs(answer: Any) -> Any:
    choices = answer.get("choices")
    return logprobs.openai_choices(choices or [g.get("generation_info") for g in _generations(answer)])


def _tool_message(key: str) -> Source:
    """Read from the message that LangChain makes of what a tool returns."""

    def read(sent: Any) -> Any:
        said = (inside(sent, "data") or inside(sent, "kwargs")) if isinstance(sent, dict) else None
        return inside(said, key) if inside(said, "type") == "tool" else None

    return derived(json(_OUTPUT), read)


def _llamaindex(source: Source) -> Source:
    return derived(source, lambda value, scope_name: value if scope_name == _LLAMAINDEX else None, SCOPE)


def _named(kind: str) -> Source:
    """Read the name of a span of a kind."""
    return derived(_OPERATION, lambda operation, name: name if operation == kind else None, NAME)


_USAGE = counts(_answered(("usage",)))
_VERTEX = mapped("llm.system", {"vertexai": "vertexai"})  # whose provider is said to be Google, as Gemini's
_REQUEST_MODEL: tuple[Source, ...] = (
    "llm.request.model_name",
    _of(_PARAMETERS, "model", "model_name", "model_id"),
    path(_EMBEDDING_PARAMETERS, "model"),
    derived(_REQUEST, lambda request: inside(request, "model")),
    "llm.model_name",
    "embedding.model_name",
)

DIALECT = Dialect(
    name="openinference",
    scopes=(_SCOPE,),
    marks=(_KIND,),
    fields={
        "operation": (_OPERATION,),
        "provider": (_VERTEX, "llm.provider", "llm.system", derived(has("embedding.model_name"), _embedder, NAME, SCOPE)),
        "request_model": _REQUEST_MODEL,
        "response_model": (
            "llm.response.model_name",
            _answered(
                ("model",),
                ("llm_output", "model_name"),
                (*_SAID, "model_name"),
                (*_GENERATION, "generation_info", "model_name"),
            ),
            derived("llm.model_name", _answering_model, *_REQUEST_MODEL),
        ),
        "response_id": (_answered(("id",), ("llm_output", "id"), (*_SAID, "id")),),
        "streaming": (derived(NAME, _streaming, SCOPE, STATUS, EVENTS, _ANSWER, json(_PARAMETERS), _REQUEST),),
        "ttft_s": (seconds_to(_FIRST_CHUNK),),
        "finish_reasons": (derived(_ANSWER, _finish_reasons), "llm.finish_reason"),
        "request_params": (applied(_request_params, path(_PARAMETERS), path(_EMBEDDING_PARAMETERS)),),
        "input_tokens": ("llm.token_count.prompt", _USAGE["input_tokens"], _answered((*_MESSAGE_USAGE, "input_tokens"))),
        "output_tokens": (
            "llm.token_count.completion",
            _USAGE["output_tokens"],
            _answered((*_MESSAGE_USAGE, "output_tokens")),
        ),
        "cache_read_tokens": (
            "llm.token_count.prompt_details.cache_read",
            _USAGE["cache_read_tokens"],
            _answered((*_MESSAGE_USAGE, "input_token_details", "cache_read")),
        ),
        "cache_write_tokens": (
            "llm.token_count.prompt_details.cache_write",
            _USAGE["cache_write_tokens"],
            _answered((*_MESSAGE_USAGE, "input_token_details", "cache_creation")),
        ),
        "reasoning_tokens": (
            "llm.token_count.completion_details.reasoning",
            _USAGE["reasoning_tokens"],
            _answered((*_MESSAGE_USAGE, "output_token_details", "reasoning")),
        ),
        "cache_write_1h_tokens": (_USAGE["cache_write_1h_tokens"],),
        "input_audio_tokens": ("llm.token_count.prompt_details.audio", _USAGE["input_audio_tokens"]),
        "output_audio_tokens": ("llm.token_count.completion_details.audio", _USAGE["output_audio_tokens"]),
        "input_image_tokens": (_USAGE["input_image_tokens"],),
        "output_image_tokens": (_USAGE["output_image_tokens"],),
        "service_tier": (_answered(("service_tier",), ("usage", "service_tier"), (*_SAID, "service_tier")),),
        "input_messages": (
            _messages("llm.input_messages"),
            _texts("llm.prompts", "user", "prompt", "text"),
            derived(_REQUEST, _asked),
        ),
        "output_messages": (
            applied(_said_something, _messages("llm.output_messages")),
            _texts("llm.choices", "assistant", "completion", "text"),
            derived(_ANSWER, _output_messages),
        ),
        "tool_definitions": (applied(_tools, numbered("llm.tools")), path(_PARAMETERS, "tools")),
        "content_redacted": (Spelled("", _redacted),),
        "conversation_id": ("session.id", _of("metadata", "session_id", "conversation_id", "thread_id")),
        "user_id": ("user.id", path(_PARAMETERS, "user"), path("metadata", "user_id")),
        "agent_name": ("agent.name", path("metadata", "lc_agent_name"), "graph.node.id", _named("AGENT")),
        "workflow_name": (_named("CHAIN"),),
        "retrieved_context": (_of(_TEMPLATE_VARIABLES, "context_str", "context"),),
        "error_type": (exception("exception.type"),),
        "error_message": (exception("exception.message"),),
        "http_status": (derived(_ANSWER, _status, STATUS),),
        "cost_recorded_usd": ("llm.cost.total",),
        "logprobs": (logprobs.recorded, derived(_ANSWER, _logprobs)),
        "tool_name": ("tool.name", _named("TOOL")),
        "tool_call_id": ("tool.id", _tool_message("tool_call_id")),
        "tool_arguments": (_llamaindex(path(_INPUT, "kwargs")), _INPUT),
        "tool_result": (
            _tool_message("content"),
            _llamaindex(path(_OUTPUT, "raw_output")),
            _OUTPUT,
        ),
        "retrieval_query": (path(_INPUT, "query_str"), _INPUT),
        "retrieval_documents": (path(_OUTPUT, "documents"), numbered("retrieval.documents")),
    },
    operations=_OPERATIONS,
    advice={
        "input_tokens": 'stream_options={"include_usage": True} for streams',
        "input_messages": "OPENINFERENCE_HIDE_INPUTS=false, OPENINFERENCE_HIDE_OUTPUTS=false",
    },
)  # fmt: skip
