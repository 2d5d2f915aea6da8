"""OpenLIT while all its spans had one scope; recorded with 1.34. Messages are lines `role: text`, and tools say one call."""

from __future__ import annotations

import re
from typing import Any

from otel_cert.semconv import messages, otel
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.openlit import first_token, given, positive
from otel_cert.semconv.sources import applied, event, prefixed, value_of
from otel_cert.semconv.span import Span, literal_value

_SCOPE = "openlit.otel.tracing"
_STREAM = "gen_ai.request.is_stream"
_ROLE = re.compile(r"^(system|developer|user|assistant|tool|function): ", re.MULTILINE)
_PROMPT = (event("gen_ai.content.prompt", "gen_ai.prompt"), "gen_ai.prompt")
_COMPLETION = (event("gen_ai.content.completion", "gen_ai.completion"), "gen_ai.completion")


def _inputs(span: Span) -> Any:
    text = _first(_PROMPT, span)
    if not isinstance(text, str) or not text:
        return None
    pieces = _ROLE.split(text)
    if len(pieces) < 3:
        return [messages.message({"role": "user", "content": text})]
    spoken = list(zip(pieces[1::2], (piece.removesuffix("\n") for piece in pieces[2::2]), strict=True))
    # After the first turn the last line is the whole request, as Python wrote it.
    whole = _list(spoken[-1][1])
    if whole:
        return messages.normal(whole)
    return [messages.message({"role": role, "content": content}) for role, content in spoken]


def _outputs(span: Span) -> Any:
    text = _first(_COMPLETION, span)
    parts = messages.parts(text if isinstance(text, str) else None)
    if (name := span.attributes.get("gen_ai.tool.name")) and text is not None:
        id_, arguments = (span.attributes.get(f"gen_ai.tool.{key}") for key in ("call.id", "args"))
        parts.append(messages.tool_call(id_, name, arguments))
    return [{"role": "assistant", "parts": parts}] if parts else None


def _first(sources: tuple[Any, ...], span: Span) -> Any:
    return next((value for source in sources if (value := value_of(source, span)) is not None), None)


def _list(text: str) -> list[Any] | None:
    if not text.startswith("[{"):
        return None
    try:
        value = literal_value(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, list) and all(isinstance(m, dict) and "role" in m for m in value) else None


def _estimated(span: Span) -> Any:
    """Conclude that the tokens of a stream are OpenLIT's own count: only Anthropic's are taken from what is told."""
    return span.attributes.get(_STREAM) is True and span.attributes.get("gen_ai.system") != "anthropic"


DIALECT = Dialect(
    name="openlit-old",
    scopes=(_SCOPE,),
    fields={
        **otel.FIELDS,
        "provider": ("gen_ai.system",),
        "streaming": (_STREAM,),
        "ttft_s": (first_token(_STREAM),),
        "finish_reasons": ("gen_ai.response.finish_reasons",),
        "request_params": (applied(given, prefixed("gen_ai.request.", but=("model", "is_stream"))),),
        "tokens_estimated": (_estimated,),
        "input_messages": (_inputs,),
        "output_messages": (_outputs,),
        "user_id": ("gen_ai.request.user", *otel.FIELDS["user_id"]),
        "cost_recorded_usd": (positive("gen_ai.usage.cost"),),
    },
    advice={
        "input_tokens": "a newer version of OpenLIT",
        "input_messages": "openlit.init(capture_message_content=True)",
    },
    silent_errors=(_SCOPE,),
)
