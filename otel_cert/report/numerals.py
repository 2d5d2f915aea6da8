"""Numbers as a language writes them: its decimal mark, and groups of thousands. Days stay ISO 8601 in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from otel_cert import quick_yaml
from otel_cert.report.typography import typeset

NUMBER = r"(?:[<≤≥~] )?[-+\N{MINUS SIGN}]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?: %)?"
"""A number as `otel_cert.report.text` writes it."""
_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@cache
def locale(language: str) -> Mapping[str, Any] | None:
    """Return `least` and `number` of a language (see `words/locales.yaml`); None for English."""
    found: dict[str, Any] = quick_yaml.load(
        files("otel_cert.report.words").joinpath("locales.yaml").read_text(encoding="utf-8")
    )
    return found.get(language)


def localized(number: str, language: str) -> str:
    r"""Return numbers that are written as `text` does in the way of the language.

    >>> localized("1,234.5 %", "de")
    '1.234,5\xa0%'
    """
    ways = locale(language)
    return number if ways is None else typeset(_DIGITS.sub(lambda found: _written(found[0], ways), number), language)


def _written(digits: str, ways: Mapping[str, Any]) -> str:
    whole, point, fraction = digits.partition(".")
    grouped = "," in whole and len(whole.replace(",", "")) >= ways["least"]
    said = whole.replace(",", ways["number"]["thousands"] if grouped else "")
    return f"{said}{ways['number']['decimal']}{fraction}" if point else said
