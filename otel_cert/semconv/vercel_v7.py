"""Vercel AI SDK 7 with `@ai-sdk/otel`: agent, step, request and tool spans in the terms of the conventions.

An `embed` sends two nested spans of one operation; only the inner has tokens. What the application asks for beside the
conventions keeps the names of older versions (`ai.usage.`, `ai.response.`, `ai.settings.context.`).
"""

from typing import Any

from otel_cert.semconv import otel, vercel
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.span import Span

_FIRST = "gen_ai.client.operation.time_to_first_chunk"


def _streaming(span: Span) -> Any:
    """Tell by what is measured: an answered request its duration, a streamed one the time to its first chunk too."""
    if _FIRST in span.attributes:
        return True
    return False if "gen_ai.client.operation.duration" in span.attributes else None


DIALECT = Dialect(
    name="vercel-v7",
    scopes=("gen_ai",),
    requires=("gen_ai.operation.name",),
    marks=("gen_ai.provider.name", "gen_ai.operation.name", "gen_ai.client.operation.duration"),
    fields={
        **otel.FIELDS,
        "streaming": (_streaming,),
        "ttft_s": (_FIRST,),
        "reasoning_tokens": (*otel.FIELDS["reasoning_tokens"], *vercel.FIELDS["reasoning_tokens"]),
        "conversation_id": (*otel.FIELDS["conversation_id"], *vercel.FIELDS["conversation_id"]),
        "user_id": (*otel.FIELDS["user_id"], *vercel.FIELDS["user_id"]),
        "logprobs": vercel.FIELDS["logprobs"],
    },
    advice={"input_messages": "telemetry: { recordInputs: true, recordOutputs: true }"},
)
