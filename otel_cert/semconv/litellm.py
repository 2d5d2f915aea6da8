"""LiteLLM's OpenTelemetry callback: a span for each request, and below it one with the provider's raw answer.

What is missing is "", truth values are text, and what has a structure is a Python literal; a stream without usage says 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from operator import itemgetter
from typing import Any

from otel_cert.semconv import logprobs, messages, otel
from otel_cert.semconv.combinators import NAME, Spelled, derived, first
from otel_cert.semconv.computed import Source
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.sources import applied, json, literal, numbered, path
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


def _raw(names: Sequence[str]) -> Source | None:
    """Read the parts of a provider's raw answer, each in an attribute `llm.PROVIDER.PART`."""
    found: dict[str, str] = {}
    for name in names:
        library, _, part = name.rpartition(".")
        if part in _PARTS and library.count(".") == 1:
            found.setdefault(part, name)

    def read(span_name: str, *values: Any) -> dict[str, Any] | None:
        return dict(zip(found, values, strict=True)) if span_name == _RAW_NAME else None

    return derived(NAME, read, *map(literal, found.values())) if found else None


_RAW = Spelled("llm.", _raw)


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


def _request_model(sent: Any, known: Any) -> Any:
    """Cut the provider off the model, which stays on it where a call failed early."""
    provider = _before_slash(sent)
    return str(sent).partition("/")[2] if provider and known in (None, "", provider) else sent


def _response_model(sent: Any, asked: Any, streaming: Any) -> Any:
    """Leave out what repeats the model that was asked for: streams are said to be answered by it."""
    return None if sent == asked and str(streaming).lower() == "true" else sent


def _called(names: Sequence[str]) -> Source | None:
    """Read an answer with tool calls, which are beside it, without their ids."""
    count = next(number for number in range(len(names) + 1) if _CALLED.format(number, "name") not in names)
    attributes = [_CALLED.format(number, key) for number in range(count) for key in ("name", "arguments")]
    return derived(attributes[0], _answer, json(_OUTPUT), *attributes) if count else None


def _answer(_: Any, said: Any, *sent: Any) -> Any:
    called = takewhile(itemgetter(0), zip(sent[::2], sent[1::2], strict=True))
    calls = [messages.tool_call(None, name, arguments) for name, arguments in called]
    if not calls:
        return None
    said = said or [{"role": "assistant", "parts": []}]
    empty = next((n for n, m in enumerate(said) if not m["parts"]), 0)
    return [{**m, "parts": [*m["parts"], *calls]} if n == empty else m for n, m in enumerate(said)]


def _cost(cost: Any, tokens: Any) -> Any:
    """Leave out that no tokens cost nothing."""
    return cost if cost or tokens else None


def _status(code: Any) -> Any:
    return code if str(code).isdecimal() else None  # else the provider's own code, such as `internal_error`


def _usage(usage: Any) -> Any:
    return usage if isinstance(usage, dict) and usage.get("total_tokens") else None


_USAGE = counts(derived(literal("metadata.usage_object"), _usage))
_COST = first(
    applied(lambda cost: None if cost == "" else cost, "gen_ai.cost.total_cost"), path("hidden_params", "response_cost")
)
"""What LiteLLM says that the call cost."""

DIALECT = Dialect(
    name="litellm",
    scopes=("litellm",),
    marks=("gen_ai.request.model", "hidden_params", "litellm.call_id"),
    fields={
        **otel.FIELDS,
        "operation": ("gen_ai.operation.name", "llm.request.type", _if_raw("chat")),
        "provider": ("gen_ai.system", "error.llm_provider", applied(_before_slash, "litellm.provider.model")),
        "request_model": (derived("gen_ai.request.model", _request_model, "gen_ai.system"),),
        "response_model": (
            derived("gen_ai.response.model", _response_model, "gen_ai.request.model", "llm.is_streaming"),
        ),
        # LiteLLM's own id of the call stands for a missing one.
        "response_id": (
            derived("gen_ai.response.id", lambda sent, own: None if sent == own else sent, "litellm.call_id"),
        ),
        "streaming": ("llm.is_streaming",),
        **{field: (_USAGE[field],) for field in DETAILS},
        "output_messages": (Spelled("gen_ai.completion.", _called), _OUTPUT, derived(_RAW, _raw_answer)),
        "tool_definitions": (numbered("llm.request.functions"),),
        "conversation_id": (*otel.FIELDS["conversation_id"], "metadata.session_id"),
        "user_id": ("llm.user", "metadata.user_api_key_end_user_id", "user.id", "enduser.id"),
        "http_status": ("http.response.status_code", applied(_status, "error.code")),
        "cost_recorded_usd": (derived(_COST, _cost, "gen_ai.usage.total_tokens"),),
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
