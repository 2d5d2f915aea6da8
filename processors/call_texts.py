"""The texts of a call: its answer or all of its choices, the last question, its instructions and what its tools returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_ASSISTANT, _SYSTEM = "assistant", ("system", "developer")


@dataclass(frozen=True, slots=True)
class Texts:
    """What was said in a call."""

    answer: str | None
    """The final text of the model; None when it said none, or called a tool instead."""
    user: str
    """The last text of the user."""
    system: tuple[str, ...]
    """Texts of the system."""
    tools: tuple[str, ...]
    """What tools returned."""


def texts(call: Mapping[str, Any]) -> Texts:
    """Return the texts of a row of `genai_calls`."""
    asked = [*_messages(call["input_messages"])]
    users = [found for message in asked if message.get("role") == "user" and (found := _text(message))]
    instructions = _text({"parts": _loaded(call["system_instructions"])})
    system = [instructions, *(_text(m) for m in asked if m.get("role") in _SYSTEM)]
    return Texts(
        answer=_answer(call["output_messages"]),
        user=users[-1] if users else "",
        system=tuple(filter(None, system)),
        tools=tuple(response for message in asked for response in _responses(message)),
    )


def unsaid(call: Mapping[str, Any], said: Texts) -> str | None:
    """Return why a call has no answer: `no_content` when texts were not recorded, `no_answer`; None when it has one."""
    if said.answer is not None:
        return None
    missing = call["output_messages"] is None or call["content_state"] != "present"
    return "no_content" if missing else "no_answer"


def choices(output: str | None) -> list[str | None]:
    """Return the text of each choice in `output_messages`; None for one that calls a tool or has no text."""
    return [_choice(message) for message in _messages(output)]


def _answer(output: str | None) -> str | None:
    """Return the text of the first choice that has any."""
    return next((text for text in choices(output) if text is not None), None)


def _choice(message: Mapping[str, Any]) -> str | None:
    """Return the text of a choice; text before a call of a tool is no answer."""
    if message.get("role", _ASSISTANT) != _ASSISTANT or any(p.get("type") == "tool_call" for p in _parts(message)):
        return None
    text = _text(message)
    return text if text.strip() else None


def _responses(message: Mapping[str, Any]) -> Iterator[str]:
    for part in _parts(message):
        if part.get("type") == "tool_call_response" and (response := part.get("response", part.get("result"))):
            yield response if isinstance(response, str) else orjson.dumps(response).decode()


def _text(message: Mapping[str, Any]) -> str:
    return "\n".join(
        p["content"] for p in _parts(message) if p.get("type") == "text" and isinstance(p.get("content"), str)
    )


def _parts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = message.get("parts")
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _messages(sent: str | None) -> Iterator[dict[str, Any]]:
    given = _loaded(sent)
    return (message for message in given if isinstance(message, dict)) if isinstance(given, list) else iter(())


def _loaded(sent: str | None) -> Any:
    try:
        return orjson.loads(sent) if sent else None
    except ValueError:
        return None
