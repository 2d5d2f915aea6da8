"""Vercel AI SDK to version 6, and version 7 with its `LegacyOpenTelemetry`: `ai.` attributes.

A function of the SDK (`ai.generateText`) is one span with the sums of its requests (`ai.generateText.doGenerate`) below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.semconv import logprobs, messages
from otel_cert.semconv.combinators import derived, first, has
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.fields import count, number
from otel_cert.semconv.sources import applied, exception, mapped, path, prefixed
from otel_cert.semconv.span import json_value, parsed

_METADATA = "ai.response.providerMetadata"
_ANSWER = tuple(f"ai.response.{name}" for name in ("reasoning", "text", "object", "files", "toolCalls"))
_GIVEN = ("ai.telemetry.metadata.", "ai.settings.context.")
"""Prefixes of what the application says of the call: as metadata to version 6, as runtime context since 7."""

_STREAMING = {
    "ai.generatetext.dogenerate": False,
    "ai.generateobject.dogenerate": False,
    "ai.streamtext.dostream": True,
    "ai.streamobject.dostream": True,
    "ai.embed.doembed": False,
    "ai.embedmany.doembed": False,
}
"""Requests to a provider, and whether their answer is streamed."""

_OPERATIONS = {name: "embeddings" if "embed" in name else "chat" for name in _STREAMING} | {
    "ai.generatetext": "invoke_agent",
    "ai.streamtext": "invoke_agent",
    "ai.generateobject": "invoke_agent",
    "ai.streamobject": "invoke_agent",
    "ai.toolcall": "execute_tool",
}
_CACHE_APART = ("anthropic", "vertex.anthropic", "amazon-bedrock", "bedrock")
"""Providers whose input tokens left out what their cache held, to version 5."""


def _given(*names: str) -> tuple[Source, ...]:
    return tuple(f"{prefix}{name}" for prefix in _GIVEN for name in names)


def _provider(sent: Any) -> Any:
    """Cut the API off the name of a provider: `openai.chat` is `openai`."""
    if not isinstance(sent, str):
        return None
    return "gcp.vertex_ai" if sent.startswith(("google.vertex", "vertex.")) else sent.partition(".")[0]


def _seconds(milliseconds: Any) -> float | None:
    value = number(milliseconds)
    return None if value is None else value / 1000


def _counted(sources: tuple[Source, ...]) -> Source:
    return first(*(derived(source, count) for source in sources))


def _input_tokens(sent: int, told: bool | None, model_provider: Any, system: Any, *cached: int | None) -> int:
    """Add what the cache held, where the provider left it out."""
    provider = model_provider or system
    apart = not told and isinstance(provider, str) and provider.startswith(_CACHE_APART)
    return sent + sum(held or 0 for held in cached) if apart else sent


def _answer(_: bool, reason: Any, reasoning: Any, text: Any, object_: Any, files: Any, tool_calls: Any) -> Any:
    said = messages.message(
        {
            "role": "assistant",
            "reasoning": reasoning,
            "content": [text or object_, *_listed(files)],
            "tool_calls": _listed(tool_calls),
            "finish_reason": reason,
        }
    )
    return [said] if said["parts"] else None


def _listed(sent: Any) -> list[Any]:
    if not sent:
        return []
    items = parsed(sent, json_value)
    if not isinstance(items, list):
        raise ValueError("no list")
    return items


def _logprobs(sent: Any) -> Any:
    """Read the tokens that a provider's metadata holds; OpenAI's Responses API has a list of them per text."""
    if "logprobs" not in str(sent):
        return None
    for metadata in (parsed(sent, json_value) or {}).values():
        tokens = metadata.get("logprobs") if isinstance(metadata, dict) else None
        if isinstance(tokens, list) and tokens:
            return logprobs.openai([t for text in tokens for t in (text if isinstance(text, list) else [text])])
    return None


_INPUT: tuple[Source, ...] = (
    "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens", "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
)  # fmt: skip
_CACHE_READ: tuple[Source, ...] = (
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
    path(_METADATA, "openai", "cachedPromptTokens"),
    path(_METADATA, "anthropic", "cacheReadInputTokens"),
)
_CACHE_WRITE: tuple[Source, ...] = (
    "ai.usage.inputTokenDetails.cacheWriteTokens",
    path(_METADATA, "anthropic", "cacheCreationInputTokens"),
    path(_METADATA, "bedrock", "usage", "cacheWriteInputTokens"),
)

FIELDS: Mapping[str, tuple[Source, ...]] = {
    "operation": ("ai.operationId",),
    "provider": (applied(_provider, "gen_ai.system", "ai.model.provider"),),
    "request_model": ("gen_ai.request.model", "ai.model.id"),
    "response_model": ("ai.response.model", "gen_ai.response.model"),
    "response_id": ("ai.response.id", "gen_ai.response.id"),
    "streaming": (mapped("ai.operationId", _STREAMING),),
    "ttft_s": (applied(_seconds, "ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"),),
    "finish_reasons": ("gen_ai.response.finish_reasons", "ai.response.finishReason"),
    "request_params": (prefixed("gen_ai.request.", but=("model",)),),
    "input_tokens": (
        derived(
            _counted(_INPUT),
            _input_tokens,
            has("ai.usage.inputTokenDetails.noCacheTokens"),
            "ai.model.provider",
            "gen_ai.system",
            _counted(_CACHE_READ),
            _counted(_CACHE_WRITE),
        ),
    ),
    "cache_read_tokens": _CACHE_READ,
    "cache_write_tokens": _CACHE_WRITE,
    "output_tokens": (
        "ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
    ),
    "reasoning_tokens": (
        "ai.usage.outputTokenDetails.reasoningTokens",
        "ai.usage.reasoningTokens",
        path(_METADATA, "openai", "reasoningTokens"),
    ),
    "input_messages": ("ai.prompt.messages",),
    "output_messages": (derived(has(*_ANSWER), _answer, "ai.response.finishReason", *_ANSWER),),
    "tool_definitions": ("ai.prompt.tools",),
    "conversation_id": _given("sessionId", "session_id", "conversationId", "conversation_id", "threadId", "chatId"),
    "user_id": _given("userId", "user_id"),
    "agent_name": ("ai.telemetry.functionId",),
    "error_type": (exception("exception.type"),),
    "error_message": (exception("exception.message"),),
    "logprobs": (logprobs.recorded, derived(_METADATA, _logprobs)),
    "tool_name": ("ai.toolCall.name",),
    "tool_call_id": ("ai.toolCall.id",),
    "tool_arguments": ("ai.toolCall.args",),
    "tool_result": ("ai.toolCall.result",),
}  # fmt: skip

DIALECT = Dialect(
    name="vercel-legacy",
    scopes=("ai",),
    requires=("ai.operationId",),
    marks=("ai.operationId",),
    fields=FIELDS,
    operations=_OPERATIONS,
    advice={"input_messages": "experimental_telemetry: { recordInputs: true, recordOutputs: true }"},
)
