"""OTLP arrays and key-value lists (OTLP/JSON, as stored in attributes) as plain JSON."""

from __future__ import annotations

import json
from typing import Any


def plain_json(code: str, structured: str) -> str | None:
    """Return plain JSON for an OTLP array (code `a`) or key-value list (`k`); None when it is not what the code says.

    >>> plain_json("k", '[{"key":"role","value":{"stringValue":"user"}}]')
    '{"role": "user"}'
    """
    read = _map if code == "k" else _list
    try:
        return json.dumps(read(json.loads(structured)), ensure_ascii=False)
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
