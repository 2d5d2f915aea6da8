"""Attribute values as plain Python values; they are stored as text with a type code."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import orjson


def plain(code: str, text: str) -> Any:
    """Return the value of one attribute or body; None when the text is not what the code says.

    Codes as in the column `attribute_types`; arrays (`a`) and key-value lists (`k`) are OTLP/JSON.

    >>> plain("k", '[{"key":"role","value":{"stringValue":"user"}}]')
    {'role': 'user'}
    """
    try:
        match code:
            case "i":
                return int(text)
            case "d":
                return float(text)
            case "b":
                return text == "true"
            case "y":
                return b64decode(text)
            case "a":
                return _list(orjson.loads(text))
            case "k":
                return _map(orjson.loads(text))
            case _:
                return text
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def _list(values: list[dict[str, Any]]) -> list[Any]:
    return [_plain(value) for value in values]


def _map(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {entry["key"]: _plain(entry.get("value", {})) for entry in entries}


def _plain(value: dict[str, Any]) -> Any:
    for variant, content in value.items():
        if variant == "arrayValue":
            return _list(content.get("values", []))
        if variant == "kvlistValue":
            return _map(content.get("values", []))
        return int(content) if variant == "intValue" else content
    return None
