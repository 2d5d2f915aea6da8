"""A chart in another language: its titles and categories, and how numbers are written along its axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from otel_cert.report.forms import said
from otel_cert.report.numerals import locale
from otel_cert.report.words import Words


def chart(spec: Mapping[str, Any], known: Words) -> dict[str, Any]:
    """Return a Vega-Lite specification in the language of `known`.

    Titles of axes and legends are ours, and so are categories that a scale names (`failed`); other data are not.
    """
    named = {category: said(category, known) for category in _categories(spec)}
    shown: dict[str, Any] = _shown(spec, known, named)
    ways = locale(known.language)
    if ways is not None:
        shown["config"] = {**shown.get("config", {}), "locale": {"number": ways["number"]}}
    return shown


def _categories(spec: Any) -> Iterator[str]:
    """Yield the categories of the scales."""
    match spec:
        case Mapping():
            for key, value in spec.items():
                yield from value if key == "domain" and isinstance(value, list) else _categories(value)
        case list() | tuple():
            for item in spec:
                yield from _categories(item)


def _shown(part: Any, known: Words, named: Mapping[str, str]) -> Any:
    match part:
        case Mapping():
            return {key: _value(key, value, known, named) for key, value in part.items()}
        case list() | tuple():
            return [_shown(item, known, named) for item in part]
        case _:
            return part


def _value(key: str, value: Any, known: Words, named: Mapping[str, str]) -> Any:
    if key == "title" and isinstance(value, str):
        return said(value, known)
    if key == "domain" and isinstance(value, list):
        return [named[category] for category in value]
    if key == "data":
        return {**value, "values": [_row(row, named) for row in value.get("values", ())]}
    return _shown(value, known, named)


def _row(row: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    return {name: named.get(value, value) if isinstance(value, str) else value for name, value in row.items()}
