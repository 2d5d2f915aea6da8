"""OpenLIT since it has a scope per library; recorded with 1.45. It estimates tokens that a stream does not tell.

https://github.com/openlit/openlit/tree/main/sdk/python
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.semconv import otel
from otel_cert.semconv.dialect import Computed, Dialect
from otel_cert.semconv.sources import applied, prefixed
from otel_cert.semconv.span import Span

_SCOPE = "openlit.instrumentation."
_ANTHROPIC, _BEDROCK = f"{_SCOPE}anthropic", f"{_SCOPE}bedrock"
_STREAM = "gen_ai.request.stream"
_CACHE = "gen_ai.usage.cache_read.input_tokens"
_FIRST = "gen_ai.server.time_to_first_token"

_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "seed": (0, ""), "frequency_penalty": (0,), "presence_penalty": (0,), "temperature": (1,), "top_p": (1,), "top_k": (1,),
    "max_tokens": (-1,), "stop_sequences": ([],), "user": ("",),
}  # fmt: skip
"""What is sent for parameters that the application did not give."""


def given(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the request parameters that are no defaults; one that the application set to its default is not told apart."""
    return {name: value for name, value in parameters.items() if value not in _DEFAULTS.get(name, ())} or None


def positive(attribute: str) -> Computed:
    """Read a number; zero means that its price file was not there, or does not know the model."""
    return Computed(lambda span: span.attributes.get(attribute) or None, (attribute,))


def first_token(streamed: str) -> Computed:
    """Read the time to the first token, which is the whole duration where the answer was not streamed, s."""
    return Computed(
        lambda span: span.attributes.get(_FIRST) if span.attributes.get(streamed) is True else None, (_FIRST,)
    )


def _estimated(span: Span) -> Any:
    """Conclude that the tokens of a stream are OpenLIT's own count: then what the cache held is not told."""
    return span.attributes.get(_STREAM) is True and _CACHE not in span.attributes


DIALECT = Dialect(
    name="openlit-new",
    scopes=(_SCOPE,),
    marks=("telemetry.sdk.name", "gen_ai.operation.name", "gen_ai.sdk.version"),
    fields={
        **otel.FIELDS,
        "ttft_s": (first_token(_STREAM),),
        "request_params": (applied(given, prefixed("gen_ai.request.", but=("model", "stream"))),),
        "tokens_estimated": (_estimated,),
        "user_id": ("gen_ai.request.user", *otel.FIELDS["user_id"]),
        "cost_recorded_usd": (positive("gen_ai.usage.cost"),),
    },
    cache_exclusive=(_ANTHROPIC, _BEDROCK),
    advice={
        "input_tokens": 'stream_options={"include_usage": True} for streams',
        "input_messages": "openlit.init(capture_message_content=True)",
    },
    silent_errors=(_ANTHROPIC, _BEDROCK),
)
