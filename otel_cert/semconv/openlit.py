"""OpenLIT since each of its instrumentations has a scope of its own; recorded with 1.45.

It sends settings that the application never gave, counts the tokens of some streams itself, and says nothing of some
failed calls but the name of the span and the exception.
https://github.com/openlit/openlit/tree/main/sdk/python
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.semconv import otel, terms
from otel_cert.semconv.dialect import Computed, Dialect, Source
from otel_cert.semconv.fields import flag
from otel_cert.semconv.sources import applied, event, mapped, prefixed
from otel_cert.semconv.span import Span

_SCOPE = "openlit.instrumentation."
_OPENAI, _ANTHROPIC, _BEDROCK = (f"{_SCOPE}{library}" for library in ("openai", "anthropic", "bedrock"))
_CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
_FIRST_CHUNK = "gen_ai.server.time_to_first_token"
_FAILED_WITH = event("exception", "exception.type")
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


def streamed(span: Span) -> bool:
    """Return whether the answer was streamed; the older name is `is_stream`."""
    sent = span.attributes
    return flag(sent.get("gen_ai.request.stream", sent.get("gen_ai.request.is_stream"))) is True


def _given(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in parameters.items() if value not in _DEFAULTS.get(name, ())} or None


def _first_token(span: Span) -> Any:
    """Leave out what is said of answers that were not streamed: how long they took."""
    return span.attributes[_FIRST_CHUNK] if streamed(span) else None


def _estimated(span: Span) -> bool:
    """Conclude that the tokens of a stream are OpenLIT's own count: then what the cache held is not told."""
    return span.scope_name == _OPENAI and streamed(span) and _CACHE_READ not in span.attributes


def _failed_operation(span: Span) -> Any:
    """Read the name of a failed span that has nothing else: OPERATION MODEL."""
    operation = span.name.partition(" ")[0]
    return operation if span.status_code == 2 and operation in terms.CALLS and _failed_provider(span) else None


def _failed_model(span: Span) -> Any:
    return span.name.partition(" ")[2] if _failed_operation(span) else None


def _failed_unstreamed(span: Span) -> Any:
    """Of streams that failed the type of the error is sent."""
    return False if _failed_operation(span) and "error.type" not in span.attributes else None


def _failed_provider(span: Span) -> Any:
    library = span.scope_name.removeprefix(_SCOPE).partition(".")[0]
    package = str(_FAILED_WITH(span)).partition(".")[0]
    return _PROVIDERS.get(library) or _PROVIDERS.get(package)


FIELDS: Mapping[str, tuple[Source, ...]] = {
    **otel.FIELDS,
    "operation": (mapped("db.operation.name", _SEARCHES), "gen_ai.operation.name", _failed_operation),
    "provider": (*otel.FIELDS["provider"], _failed_provider),
    "request_model": ("gen_ai.request.model", _failed_model),
    "streaming": ("gen_ai.request.stream", "gen_ai.request.is_stream", _failed_unstreamed),
    "ttft_s": (Computed(_first_token, (_FIRST_CHUNK,)),),
    # The service tier is that of the response.
    "request_params": (
        applied(_given, prefixed("gen_ai.request.", but=("model", "stream", "is_stream", "service_tier"))),
    ),
    "reasoning_tokens": ("gen_ai.usage.reasoning_tokens", "gen_ai.usage.completion_tokens_details.reasoning_tokens"),
    "tokens_estimated": (Computed(_estimated, ("gen_ai.usage.input_tokens",)),),
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
