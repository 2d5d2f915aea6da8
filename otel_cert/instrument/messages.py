"""Values of an application as the JSON of the GenAI conventions: messages, documents, arguments.

The shapes are those of the conventions' schemas for `gen_ai.input.messages`, `gen_ai.output.messages` and
`gen_ai.retrieval.documents`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson

Json = dict[str, Any]


def to_json(value: object) -> str:
    """Return a value as JSON; what JSON does not know becomes its dictionary, or else its text."""
    for options in (None, orjson.OPT_NON_STR_KEYS):  # the first takes half the time
        with suppress(TypeError):
            return orjson.dumps(value, default=_plain, option=options).decode()
    try:  # a lone surrogate, which this escapes; an integer beyond 64 bits
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError):  # a key that is a tuple; a list that holds itself
        return json.dumps(str(value))


def to_text(value: object) -> str:
    """Return text as it is, and any other value as JSON.

    A lone surrogate becomes `?`: it cannot be exported, and a whole batch of spans would be lost for it.
    """
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else to_json(value)


def messages(value: object, role: str) -> list[Json]:
    """Return what was said as messages; text, and what is no list of messages, as one of `role`.

    >>> messages("Hi", "user")
    [{'role': 'user', 'parts': [{'type': 'text', 'content': 'Hi'}]}]
    """
    if isinstance(value, Mapping) and "role" in value:
        value = [value]
    if isinstance(value, Sequence) and value and all(isinstance(m, Mapping) and "role" in m for m in value):
        return [_message(m) for m in value]
    return [{"role": role, "parts": [_text(value if isinstance(value, str) else to_json(value))]}]


def documents(value: object, *, text: bool) -> list[Json]:
    """Return what was retrieved as documents: id and score where there are any, and with `text` what they say."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        value = [value]
    return [_document(item, text=text) for item in value]


def _message(message: Mapping[str, Any]) -> Json:
    parts = message.get("parts")
    if parts is None:
        parts = [*_parts(message), *map(_tool_call, message.get("tool_calls") or ())]
    return {"role": message["role"], "parts": parts}


def _parts(message: Mapping[str, Any]) -> list[Any]:
    content = message.get("content")
    if message["role"] == "tool":
        return [{"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}]
    if content is None:
        return []
    if not isinstance(content, list | tuple):
        return [_text(content if isinstance(content, str) else to_json(content))]
    return [_text(p["text"]) if isinstance(p, Mapping) and p.get("type") == "text" else p for p in content]


def _text(content: str) -> Json:
    return {"type": "text", "content": content}


def _tool_call(call: Mapping[str, Any]) -> Json:
    function = call.get("function", call)
    return {
        "type": "tool_call", "id": call.get("id"), "name": function.get("name"), "arguments": function.get("arguments"),
    }  # fmt: skip


def _document(item: Any, *, text: bool) -> Json:
    score = None
    if isinstance(item, tuple) and len(item) == 2:  # (document, score), as vector stores give it
        item, score = item
    found = {
        "id": _first(item, "id", "id_", "node_id", "doc_id"),
        "score": _first(item, "score") if score is None else score,
    }
    if text:
        found["text"] = item if isinstance(item, str) else _first(item, "text", "content", "page_content")
        found["metadata"] = _first(item, "metadata")
    return {key: value for key, value in found.items() if value is not None}


def _first(item: Any, *names: str) -> Any:
    """Return the first of these keys or attributes that has a value."""
    values = (item.get(name) if isinstance(item, Mapping) else getattr(item, name, None) for name in names)
    return next((value for value in values if value is not None and not callable(value)), None)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "model_dump"):  # pydantic
        return value.model_dump(mode="json")
    return str(value)
