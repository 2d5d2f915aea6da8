"""OpenLIT while all its spans had one scope; recorded with 1.34. Messages are lines `role: text`, the answer is text."""

from __future__ import annotations

import re
from typing import Any

from otel_cert.semconv import messages, openlit
from otel_cert.semconv.combinators import derived, first, has
from otel_cert.semconv.dialect import Dialect
from otel_cert.semconv.fields import texts
from otel_cert.semconv.sources import applied, event
from otel_cert.semconv.span import spoken

_PROMPT, _COMPLETION = "gen_ai.prompt", "gen_ai.completion"
_PROMPT_EVENT = event("gen_ai.content.prompt", _PROMPT)
_COMPLETION_EVENT = event("gen_ai.content.completion", _COMPLETION)
_CALLED = tuple(f"gen_ai.tool.{key}" for key in ("name", "call.id", "args"))
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


def _answer(said: Any, reasons: Any, *called: Any) -> list[dict[str, Any]] | None:
    """Return the answer and its tool calls; None where content was not to be recorded."""
    if not isinstance(said, str):
        return None
    reason = next(iter(texts(reasons) or ()), None)
    answer = messages.message({"content": said, "tool_calls": _called(*called), "finish_reason": reason}, "assistant")
    return [answer] if answer["parts"] else None


def _called(name: Any, id_: Any, sent: Any) -> list[dict[str, Any]]:
    """Return the tool calls; several are said with commas between their names, ids and arguments."""
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


def _estimated(_: bool, streamed: bool | None, said: Any, received: Any, system: Any) -> bool:
    """Conclude that the tokens of a stream are OpenLIT's own count, half the characters; of OpenAI's they always are."""
    if not streamed:
        return False
    return bool(received == (len(said) + 1) // 2 if isinstance(said, str) else system == "openai")


DIALECT = Dialect(
    name="openlit-old",
    scopes=("openlit.otel.tracing",),
    marks=("telemetry.sdk.name", "gen_ai.operation.name", "gen_ai.system"),
    fields={
        **openlit.FIELDS,
        "tokens_estimated": (
            derived(
                has("gen_ai.usage.input_tokens"),
                _estimated,
                openlit.STREAMED,
                _COMPLETION,
                "gen_ai.usage.output_tokens",
                "gen_ai.system",
            ),
        ),
        "input_messages": (*openlit.FIELDS["input_messages"], applied(_messages, _PROMPT, _PROMPT_EVENT)),
        "output_messages": (
            *openlit.FIELDS["output_messages"],
            derived(first(_COMPLETION, _COMPLETION_EVENT), _answer, "gen_ai.response.finish_reasons", *_CALLED),
        ),
    },
    operations={"retrieve": "retrieval", "workflow": "invoke_workflow"},
    advice={
        "input_tokens": "a newer version of OpenLIT",
        "cache_read_tokens": "a newer version of OpenLIT",
        "input_messages": "openlit.init(capture_message_content=True)",
    },
)
