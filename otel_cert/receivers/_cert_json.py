"""Traces of the CERT framework: JSON Lines in two schemas, often in one file.

A call of a model, written by its connectors, has timestamp, platform, model, input_data, output_data, metadata, cost and
error. A call of a decorated function has timestamp, function, duration_ms, status, error, metadata, input, context and
answer. Both take the timestamp before the call, in UTC; the first says no duration, some files add `latency_ms`.
Source: `cert/integrations/base.py` (TracedCall) and `cert/core/tracer.py` of cert-framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_cert.receivers._draft import Draft, to_json
from otel_cert.semconv import terms
from otel_cert.semconv.fields import number, text, texts

_CALL = frozenset(("timestamp", "platform", "model"))
_FUNCTION = frozenset(("timestamp", "function", "duration_ms"))
_FRAMEWORKS = frozenset(("langchain", "llamaindex", "llama_index", "autogen", "crewai"))
"""Platforms that are no provider: which one the framework asked is not recorded."""
_NO_MODEL = "unknown"
"""What the connectors write when the call named none."""


def drafts(record: Mapping[str, Any], key: bytes) -> list[Draft] | None:
    """Return the span of a record, with ids made of `key`; None when it is no record of CERT."""
    if record.keys() >= _CALL:
        made = _call
    elif record.keys() >= _FUNCTION:
        made = _function
    else:
        return None
    draft = Draft("cert", dict(record))
    draft.span.trace_id, draft.span.span_id = key[:16], key[16:24]
    start = draft.span.start_time_unix_nano = draft.time("timestamp") or 0
    duration_ns = _duration_ns(draft)
    if start and duration_ns is not None:
        draft.span.end_time_unix_nano = start + duration_ns
    made(draft)
    return [draft]


def _call(draft: Draft) -> None:
    model, platform = text(draft.peek("model")), text(draft.peek("platform"))
    operation = "embeddings" if model and "embed" in model else "chat"
    draft.span.kind = Span.SPAN_KIND_CLIENT
    draft.span.name = operation
    draft.say("gen_ai.operation.name", operation)
    if platform and platform.lower() not in _FRAMEWORKS:
        draft.say("gen_ai.provider.name", terms.provider(platform, None))
    if model and model != _NO_MODEL:
        draft.span.name = f"{operation} {model}"
        draft.say("gen_ai.request.model", draft.take("model"))
    reason = _metadata(draft)
    draft.prompted("input_data")
    draft.answered("output_data", reason)
    cost = draft.peek("cost")
    if number(cost) is not None:
        draft.say("gen_ai.usage.cost", draft.take("cost"))
    elif cost is not None:
        draft.flag("cost: not an amount")
    if draft.peek("error"):
        draft.fail(draft.take("error"))


def _function(draft: Draft) -> None:
    name = draft.text("function") or "function"
    asked = any(draft.peek(given) is not None for given in ("input", "context", "answer"))
    draft.span.name = name
    draft.span.kind = Span.SPAN_KIND_INTERNAL
    draft.say("gen_ai.operation.name", "chat" if asked else "invoke_workflow")
    draft.say("gen_ai.workflow.name", name)
    reason = _metadata(draft)
    draft.prompted("input")
    if (context := draft.take("context")) is not None:
        draft.say("gen_ai.prompt.variable.context", context if isinstance(context, str) else to_json(context))
    draft.answered("answer", reason)
    if draft.peek("error") or draft.peek("status") == "error":
        draft.fail(draft.take("error"))


def _metadata(draft: Draft) -> str | None:
    """Set what the metadata say in the terms of the conventions, and return why the model stopped."""
    metadata = draft.peek("metadata")
    if not isinstance(metadata, dict):
        if metadata is not None:
            draft.flag("metadata: not an object")
        return None

    def first(*names: str) -> Any:
        return next((metadata[name] for name in names if metadata.get(name) not in (None, "")), None)

    reason = text(first("finish_reason", "stop_reason"))
    draft.say("gen_ai.response.model", text(first("actual_model", "model_name")))
    draft.say("gen_ai.response.id", text(first("response_id")))
    draft.say("gen_ai.response.finish_reasons", texts(reason))
    draft.say("gen_ai.conversation.id", text(first("conversation_id", "session_id", "thread_id")))
    draft.say("user.id", text(first("user_id")))
    if first("streaming") is True:
        draft.say("gen_ai.request.stream", True)
    _tokens(draft, first)
    return reason


def _tokens(draft: Draft, first: Any) -> None:
    """Set the tokens; the connectors estimate those of a stream."""
    sent, received = first("input_tokens", "prompt_tokens"), first("output_tokens", "completion_tokens")
    if sent is None and received is None:
        sent, received = first("estimated_prompt_tokens"), first("estimated_completion_tokens")
        draft.say("cert.tokens_estimated", True if sent or received else None)
    read = draft.tokens("cache_read_input_tokens", first("cache_read_input_tokens"))
    written = draft.tokens("cache_creation_input_tokens", first("cache_creation_input_tokens"))
    given = draft.tokens("input_tokens", sent)
    draft.used(
        {
            # The names of the cached ones are Anthropic's, who counts them apart.
            "input_tokens": None if given is None else given + (read or 0) + (written or 0),
            "output_tokens": draft.tokens("output_tokens", received),
            "cache_read.input_tokens": read,
            "cache_creation.input_tokens": written,
        }
    )


def _duration_ns(draft: Draft) -> int | None:
    name = next((n for n in ("duration_ms", "latency_ms") if draft.peek(n) is not None), None)
    if name is None:
        return None
    duration = number(draft.peek(name))
    if duration is None or duration > 1e12:
        draft.flag(f"{name}: not a duration")
        return None
    return round(duration * 10**6)
