"""OpenLIT since each of its instrumentations has a scope of its own; recorded with 1.45.

It sends settings that the application never gave, counts the tokens of some streams itself, and says nothing of some
failed calls but the name of the span and the exception.
https://github.com/openlit/openlit/tree/main/sdk/python
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.semconv import otel, terms
from otel_cert.semconv.combinators import NAME, SCOPE, STATUS, derived, has
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.fields import flag
from otel_cert.semconv.sources import applied, event, mapped, prefixed

_SCOPE = "openlit.instrumentation."
_OPENAI, _ANTHROPIC, _BEDROCK = (f"{_SCOPE}{library}" for library in ("openai", "anthropic", "bedrock"))
_CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
_FIRST_CHUNK = "gen_ai.server.time_to_first_token"
_SEARCHES = {"query": "retrieval", "search": "retrieval"}

_PROVIDERS = {
    "openai": "openai", "anthropic": "anthropic", "bedrock": "aws.bedrock", "botocore": "aws.bedrock", "cohere": "cohere",
    "groq": "groq", "mistral": "mistral_ai", "mistralai": "mistral_ai", "vertexai": "gcp.vertex_ai",
    "azure_ai_inference": "azure.ai.inference", "google_ai_studio": "gcp.gemini",
}  # fmt: skip
"""By the library that is instrumented, or the package of its exception."""

_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "seed": (0, ""), "frequency_penalty": (0,), "presence_penalty": (0,), "temperature": (1,), "top_p": (1,), "top_k": (1,),
    "max_tokens": (-1,), "stop_sequences": ([],), "user": ("",),
}  # fmt: skip
"""What is sent for parameters that the application did not give."""


STREAMED = applied(lambda sent: flag(sent) is True, "gen_ai.request.stream", "gen_ai.request.is_stream")
"""Concludes whether the answer was streamed; the latter name is the older."""


def _given(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in parameters.items() if value not in _DEFAULTS.get(name, ())} or None


def _estimated(_: bool, scope_name: str, streamed: bool | None, cached: bool | None) -> bool:
    """Conclude that the tokens of a stream are OpenLIT's own count: then what the cache held is not told."""
    return bool(scope_name == _OPENAI and streamed and not cached)


def _provider_of(scope_name: str, failed_with: Any) -> Any:
    library = scope_name.removeprefix(_SCOPE).partition(".")[0]
    package = str(failed_with).partition(".")[0]
    return _PROVIDERS.get(library) or _PROVIDERS.get(package)


def _operation_of(status: int | None, name: str, provider: Any) -> Any:
    """Read the name of a failed span that has nothing else: OPERATION MODEL."""
    operation = name.partition(" ")[0]
    return operation if status == 2 and operation in terms.CALLS and provider else None


_FAILED_PROVIDER = derived(SCOPE, _provider_of, event("exception", "exception.type"))
_FAILED_OPERATION = derived(STATUS, _operation_of, NAME, _FAILED_PROVIDER)

FIELDS: Mapping[str, tuple[Source, ...]] = {
    **otel.FIELDS,
    "operation": (mapped("db.operation.name", _SEARCHES), "gen_ai.operation.name", _FAILED_OPERATION),
    "provider": (*otel.FIELDS["provider"], _FAILED_PROVIDER),
    "request_model": ("gen_ai.request.model", derived(_FAILED_OPERATION, lambda _, name: name.partition(" ")[2], NAME)),
    "streaming": (
        "gen_ai.request.stream",
        "gen_ai.request.is_stream",
        # Of streams that failed the type of the error is sent.
        derived(_FAILED_OPERATION, lambda _, told: None if told else False, has("error.type")),
    ),
    # Of answers that were not streamed it says how long they took.
    "ttft_s": (derived(_FIRST_CHUNK, lambda sent, streamed: sent if streamed else None, STREAMED),),
    # The service tier is that of the response.
    "request_params": (
        applied(_given, prefixed("gen_ai.request.", but=("model", "stream", "is_stream", "service_tier"))),
    ),
    "reasoning_tokens": ("gen_ai.usage.reasoning_tokens", "gen_ai.usage.completion_tokens_details.reasoning_tokens"),
    "tokens_estimated": (derived(has("gen_ai.usage.input_tokens"), _estimated, SCOPE, STREAMED, has(_CACHE_READ)),),
    # Zero also stands for a model without a known price.
    "cost_recorded_usd": (applied(lambda cost: cost or None, "gen_ai.usage.cost"),),
    "conversation_id": (*otel.FIELDS["conversation_id"], "gen_ai.session.id"),
    "user_id": ("gen_ai.request.user", "gen_ai.user.id", *otel.FIELDS["user_id"]),
    "tool_arguments": ("gen_ai.tool.call.arguments", "gen_ai.tool.args", "gen_ai.tool.input"),
    "tool_result": ("gen_ai.tool.call.result", "gen_ai.tool.result", "gen_ai.tool.output"),
    "data_source_id": ("gen_ai.data_source.id", "db.collection.name"),
    "retrieval_query": ("gen_ai.retrieval.query.text", "db.query.text"),
}

DIALECT = Dialect(
    name="openlit-new",
    scopes=(_SCOPE,),
    marks=("telemetry.sdk.name", "gen_ai.operation.name", "gen_ai.provider.name"),
    fields=FIELDS,
    cache_exclusive=(_ANTHROPIC, _BEDROCK),
    advice={
        "input_tokens": 'stream_options={"include_usage": True} for streams',
        "input_messages": "openlit.init(capture_message_content=True)",
    },
    silent_errors=(_BEDROCK,),
)
