"""What a language model has to read to score a recorded call: its messages in the form of chat templates, and its answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from otel_cert.scoring.scored_tokens import Item

_TEXT, _CALL, _RESPONSE = "text", "tool_call", "tool_call_response"
_ROLES = {"developer": "system"}
"""Names of roles that few templates know."""


@dataclass(frozen=True, slots=True)
class RecordedItem:
    """An item, and what of its call is not in it."""

    item: Item
    left_out: tuple[str, ...]
    """Types of message parts that have no place in a text, e.g. `blob`, `reasoning`: with any, the model that is asked reads
    less than the one that answered did, and may be more surprised."""


def recorded_item(system: Sequence[Any] | None, messages: Sequence[Any] | None, answer: str) -> RecordedItem:
    """Return the item of a call.

    Messages are those of OpenTelemetry's semantic conventions: `{"role": ..., "parts": [{"type": "text", "content": ...}]}`.
    Calls of tools and their results go where transformers' templates look for them: `tool_calls`, and the role `tool`.

    Args:
        system: `gen_ai.system_instructions`, a list of parts.
        messages: `gen_ai.input.messages`.
        answer: the text of the answer.

    """
    left_out: dict[str, None] = {}
    given: list[Mapping[str, Any]] = [{"role": "system", "parts": list(system)}] if system else []
    given += [message for message in messages or () if isinstance(message, Mapping)]
    prompt = [found for message in given for found in _said(message, left_out)]
    return RecordedItem(Item(prompt, answer), tuple(left_out))


def _said(message: Mapping[str, Any], left_out: dict[str, None]) -> Iterator[dict[str, Any]]:
    """Yield the message, and one for each result of a tool in it."""
    role = str(message.get("role") or "user")
    parts = [part for part in message.get("parts") or () if isinstance(part, Mapping)]
    texts = [part["content"] for part in parts if part.get("type") == _TEXT and isinstance(part.get("content"), str)]
    calls = [_call(part) for part in parts if part.get("type") == _CALL]
    results = [_result(part) for part in parts if part.get("type") == _RESPONSE]
    left_out |= dict.fromkeys(str(p.get("type")) for p in parts if p.get("type") not in {_TEXT, _CALL, _RESPONSE})
    if texts or calls:
        said = {"role": _ROLES.get(role, role), "content": "\n".join(texts)}
        yield said | {"tool_calls": calls} if calls else said
    yield from results


def _call(part: Mapping[str, Any]) -> dict[str, Any]:
    arguments = part.get("arguments")
    if isinstance(arguments, str):  # templates write arguments as JSON: of a text it would be JSON in JSON
        with suppress(ValueError):
            arguments = json.loads(arguments)
    return {"type": "function", "function": {"name": str(part.get("name") or ""), "arguments": arguments}}


def _result(part: Mapping[str, Any]) -> dict[str, Any]:
    found = part.get("response", part.get("result"))
    return {"role": "tool", "content": found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)}
