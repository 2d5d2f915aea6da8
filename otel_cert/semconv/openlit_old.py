"""OpenLIT while all its spans had one scope; recorded with 1.34. Messages are lines `role: text`, the answer is text."""

from __future__ import annotations

import re
from typing import Any

from otel_cert.semconv import messages, openlit
from otel_cert.semconv.dialect import Computed, Dialect
from otel_cert.semconv.fields import texts
from otel_cert.semconv.sources import applied, event
from otel_cert.semconv.span import Span, spoken

_PROMPT, _COMPLETION = "gen_ai.prompt", "gen_ai.completion"
_PROMPT_EVENT = event("gen_ai.content.prompt", _PROMPT)
_COMPLETION_EVENT = event("gen_ai.content.completion", _COMPLETION)
_TURN = re.compile(r"^(system|developer|user|assistant|tool|function): ", re.MULTILINE)


def _messages(prompt: Any) -> list[dict[str, Any]] | None:
    """Return the messages of a prompt; text without a role is the user's.

    For a message without content the line is the whole request as a Python literal, which says more than the lines do.
    """
    if not isinstance(prompt, str) or not prompt:
        return None
    before, *pieces = _TURN.split(prompt)
    if before or not pieces:
        return [messages.message({"content": prompt}, "user")]
    lines = [piece.removesuffix("\n") for piece in pieces[1:-1:2]] + [pieces[-1]]
    if whole := next((found for line in lines if (found := _whole(line))), None):
        return [messages.message(sent) for sent in whole]
    return [messages.message({"content": line}, role) for role, line in zip(pieces[::2], lines, strict=True)]


def _whole(line: str) -> list[dict[str, Any]] | None:
    sent = spoken(line) if line.startswith("[{") else None
    return sent if isinstance(sent, list) and all(isinstance(m, dict) and "role" in m for m in sent) else None


def _answer(span: Span) -> list[dict[str, Any]] | None:
    """Return the answer and its tool calls; None where content was not to be recorded."""
    said = span.attributes.get(_COMPLETION)
    said = _COMPLETION_EVENT(span) if said is None else said
    if not isinstance(said, str):
        return None
    reason = next(iter(texts(span.attributes.get("gen_ai.response.finish_reasons")) or ()), None)
    answer = messages.message({"content": said, "tool_calls": _called(span), "finish_reason": reason}, "assistant")
    return [answer] if answer["parts"] else None


def _called(span: Span) -> list[dict[str, Any]]:
    """Return the tool calls; several are said with commas between their names, ids and arguments."""
    name, id_, sent = (span.attributes.get(f"gen_ai.tool.{key}") for key in ("name", "call.id", "args"))
    names = name.split(", ") if isinstance(name, str) and name else []
    if len(names) <= 1:
        return [{"id": id_, "name": name, "arguments": _arguments(sent)} for name in names]
    ids = _as_many(str(id_).split(", "), names)
    return [
        {"id": i, "name": n, "arguments": a}
        for n, i, a in zip(names, ids, _as_many(messages.loaded(f"[{sent}]"), names), strict=True)
    ]


def _arguments(sent: Any) -> Any:
    """Return arguments that are JSON, or a Python literal as of Anthropic's."""
    given = messages.loaded(sent)
    return spoken(given) if isinstance(given, str) else given


def _as_many(found: Any, names: list[str]) -> list[Any]:
    return found if isinstance(found, list) and len(found) == len(names) else [None] * len(names)


def _estimated(span: Span) -> bool:
    """Conclude that the tokens of a stream are OpenLIT's own count, half the characters; of OpenAI's they always are."""
    if not openlit.streamed(span):
        return False
    said = span.attributes.get(_COMPLETION)
    if isinstance(said, str):
        return span.attributes.get("gen_ai.usage.output_tokens") == (len(said) + 1) // 2
    return span.attributes.get("gen_ai.system") == "openai"


DIALECT = Dialect(
    name="openlit-old",
    scopes=("openlit.otel.tracing",),
    marks=("telemetry.sdk.name", "gen_ai.operation.name", "gen_ai.system"),
    fields={
        **openlit.FIELDS,
        "tokens_estimated": (Computed(_estimated, ("gen_ai.usage.input_tokens",)),),
        "input_messages": (*openlit.FIELDS["input_messages"], applied(_messages, _PROMPT, _PROMPT_EVENT)),
        "output_messages": (*openlit.FIELDS["output_messages"], _answer),
    },
    operations={"retrieve": "retrieval", "workflow": "invoke_workflow"},
    advice={
        "input_tokens": "a newer version of OpenLIT",
        "cache_read_tokens": "a newer version of OpenLIT",
        "input_messages": "openlit.init(capture_message_content=True)",
    },
)
