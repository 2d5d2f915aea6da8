"""Attribute values as plain Python values; they are stored as text with a type code."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any

import orjson

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading a text may raise that is not what its code says."""


def plain(code: str, text: str) -> Any:
    """Return the value of one attribute or body; None when the text is not what the code says.

    Codes as in the column `attribute_types`; arrays (`a`) and key-value lists (`k`) are OTLP/JSON.

    >>> plain("k", '[{"key":"role","value":{"stringValue":"user"}}]')
    {'role': 'user'}
    """
    read = _READ.get(code)
    if read is None:
        return text
    try:
        return read(text)
    except _FAULTS:
        return None


def plain_column(code: str, texts: list[Any]) -> list[Any]:
    """Return the values of attributes that have one code; None where there is none."""
    return list(_read_all(code, texts)) if code in _READ else texts


def _read_all(code: str, texts: list[Any]) -> Iterable[Any]:
    try:
        return list(map(_READ[code], texts))
    except _FAULTS:
        return [None if text is None else plain(code, text) for text in texts]


def _true(text: str) -> bool:
    return text == "true"


def _array(text: str) -> list[Any]:
    return _list(orjson.loads(text))


def _key_values(text: str) -> dict[str, Any]:
    return _map(orjson.loads(text))


_READ: dict[str, Callable[[str], Any]] = {
    "i": int, "d": float, "b": _true, "y": b64decode, "a": _array, "k": _key_values,
}  # fmt: skip
"""How the text of each code is read; any other is text."""


def _list(values: list[dict[str, Any]]) -> list[Any]:
    return [value["stringValue"] if "stringValue" in value else _plain(value) for value in values]


def _map(entries: list[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for entry in entries:
        value = entry.get("value", _NOTHING)
        found[entry["key"]] = value["stringValue"] if "stringValue" in value else _plain(value)
    return found


def _plain(value: dict[str, Any]) -> Any:
    for variant, content in value.items():
        if variant == "arrayValue":
            return _list(content.get("values", ()))
        if variant == "kvlistValue":
            return _map(content.get("values", ()))
        return int(content) if variant == "intValue" else content
    return None


_NOTHING: dict[str, Any] = {}
