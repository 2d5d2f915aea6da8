"""Vercel AI SDK 7 with `@ai-sdk/otel`: agent, step, request and tool spans in the terms of the conventions.

An `embed` sends two nested spans of one operation; only the inner has tokens. What the application asks for beside the
conventions keeps the names of older versions (`ai.usage.`, `ai.response.`, `ai.settings.context.`).
"""

from otel_cert.semconv import otel, vercel
from otel_cert.semconv.combinators import derived, has
from otel_cert.semconv.dialect import Dialect

_DURATION, _FIRST = (f"gen_ai.client.operation.{name}" for name in ("duration", "time_to_first_chunk"))
"""What is measured: of an answered request its duration, of a streamed one the time to its first chunk too."""

DIALECT = Dialect(
    name="vercel-v7",
    scopes=("gen_ai",),
    requires=("gen_ai.operation.name",),
    marks=("gen_ai.provider.name", "gen_ai.operation.name", _DURATION),
    fields={
        **otel.FIELDS,
        "streaming": (has(_FIRST), derived(has(_DURATION), lambda _: False)),
        "ttft_s": (_FIRST,),
        "reasoning_tokens": (*otel.FIELDS["reasoning_tokens"], *vercel.FIELDS["reasoning_tokens"]),
        "conversation_id": (*otel.FIELDS["conversation_id"], *vercel.FIELDS["conversation_id"]),
        "user_id": (*otel.FIELDS["user_id"], *vercel.FIELDS["user_id"]),
        "logprobs": vercel.FIELDS["logprobs"],
    },
    advice={"input_messages": "telemetry: { recordInputs: true, recordOutputs: true }"},
)
