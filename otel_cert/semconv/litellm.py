"""LiteLLM's OpenTelemetry callback: a span for each request, and below it one with the provider's raw answer.

What is missing is "", truth values are text, and what has a structure is a Python literal; a stream without usage says 0.
"""

from __future__ import annotations

from typing import Any

from otel_cert.semconv import logprobs, messages, otel
from otel_cert.semconv.dialect import Computed, Dialect, Source, derived
from otel_cert.semconv.sources import applied, numbered
from otel_cert.semconv.span import Span
from otel_cert.semconv.usage import DETAILS, counts

_RAW_NAME = "raw_gen_ai_request"
_PARTS = ("choices", "content")
_OUTPUT = "gen_ai.output.messages"
_CALLED = "gen_ai.completion.{}.function_call.{}"

_OPERATIONS = {
    "completion": "chat", "acompletion": "chat", "responses": "chat", "aresponses": "chat",
    "text_completion": "text_completion", "atext_completion": "text_completion",
    "embedding": "embeddings", "aembedding": "embeddings",
}  # fmt: skip


def _raw(span: Span) -> dict[str, Any] | None:
    """Return the parts of a provider's raw answer, each in an attribute `llm.PROVIDER.PART`."""
    if span.name != _RAW_NAME:
        return None
    found: dict[str, Any] = {}
    for name in span.attributes:
        library, _, part = name.rpartition(".")
        if part in _PARTS and part not in found and library.startswith("llm.") and library.count(".") == 1:
            found[part] = span.literal(name)
    return found or None


_RAW = Computed(_raw, prefix="llm.")


def _raw_answer(raw: dict[str, Any]) -> Any:
    """Read the choices of OpenAI's chat API, or the blocks of Anthropic's answer."""
    blocks = raw.get("content")
    return [messages.message({"content": blocks}, "assistant")] if blocks else messages.choices(raw.get("choices"))


def _if_raw(value: Any) -> Source:
    """Conclude a value from a span being a raw answer that is read."""
    return derived(_RAW, lambda _: value)


def _before_slash(sent: Any) -> Any:
    provider, slash, _ = str(sent).partition("/")
    return provider if slash else None


def _request_model(span: Span) -> Any:
    """Cut the provider off the model, which stays on it where a call failed early."""
    sent = span.attributes.get("gen_ai.request.model")
    provider = _before_slash(sent)
    known = span.attributes.get("gen_ai.system")
    return str(sent).partition("/")[2] if provider and known in (None, "", provider) else sent


def _response_model(span: Span) -> Any:
    """Leave out what repeats the model that was asked for: streams are said to be answered by it."""
    sent = span.attributes.get("gen_ai.response.model")
    repeated = sent == span.attributes.get("gen_ai.request.model")
    return None if repeated and str(span.attributes.get("llm.is_streaming")).lower() == "true" else sent


def _response_id(span: Span) -> Any:
    """Leave out LiteLLM's own id of the call, which stands for a missing one."""
    sent = span.attributes.get("gen_ai.response.id")
    return None if sent == span.attributes.get("litellm.call_id") else sent


def _answer(span: Span) -> Any:
    """Read the answer; its tool calls are beside it, without their ids."""
    calls, number = [], 0
    while name := span.attributes.get(_CALLED.format(number, "name")):
        calls.append(messages.tool_call(None, name, span.attributes.get(_CALLED.format(number, "arguments"))))
        number += 1
    if not calls:
        return span.attributes.get(_OUTPUT)
    said = span.json(_OUTPUT) or [{"role": "assistant", "parts": []}]
    empty = next((n for n, m in enumerate(said) if not m["parts"]), 0)
    return [{**m, "parts": [*m["parts"], *calls]} if n == empty else m for n, m in enumerate(said)]


def _cost(span: Span) -> Any:
    """Read what LiteLLM says that the call cost; nothing for no tokens is no cost."""
    cost = span.attributes.get("gen_ai.cost.total_cost")
    if cost in (None, ""):
        hidden = span.json("hidden_params")
        cost = hidden.get("response_cost") if isinstance(hidden, dict) else None
    return cost if cost or span.attributes.get("gen_ai.usage.total_tokens") else None


def _usage(span: Span) -> Any:
    usage = span.literal("metadata.usage_object")
    return usage if isinstance(usage, dict) and usage.get("total_tokens") else None


def _status(code: Any) -> Any:
    return code if str(code).isdecimal() else None  # else the provider's own code, such as `internal_error`


_USAGE = counts(Computed(_usage, ("metadata.usage_object",)))

DIALECT = Dialect(
    name="litellm",
    scopes=("litellm",),
    marks=("gen_ai.request.model", "hidden_params", "litellm.call_id"),
    fields={
        **otel.FIELDS,
        "operation": ("gen_ai.operation.name", "llm.request.type", _if_raw("chat")),
        "provider": ("gen_ai.system", "error.llm_provider", applied(_before_slash, "litellm.provider.model")),
        "request_model": (_request_model,),
        "response_model": (_response_model,),
        "response_id": (_response_id,),
        "streaming": ("llm.is_streaming",),
        **{field: (_USAGE[field],) for field in DETAILS},
        "output_messages": (_answer, derived(_RAW, _raw_answer)),
        "tool_definitions": (numbered("llm.request.functions"),),
        "conversation_id": (*otel.FIELDS["conversation_id"], "metadata.session_id"),
        "user_id": ("llm.user", "metadata.user_api_key_end_user_id", "user.id", "enduser.id"),
        "http_status": ("http.response.status_code", applied(_status, "error.code")),
        "cost_recorded_usd": (_cost,),
        "logprobs": (
            logprobs.recorded,
            applied(logprobs.openai_choices, derived(_RAW, lambda raw: raw.get("choices"))),
        ),
        "completes": (_if_raw("parent"),),
    },
    operations=_OPERATIONS,
    advice={
        "input_tokens": 'stream_options={"include_usage": True}',
        "input_messages": "litellm.turn_off_message_logging = False",
    },
)
