"""Durations and sizes as people write them: `15s`, `5m`, `64MiB`; also as types for settings fields."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Seconds per duration unit."""

BYTES = {
    "B": 1,
    "kB": 1000, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}  # fmt: skip
"""Bytes per size unit."""

_NUMBER = r"\d+(?:\.\d+)?"
_PART = re.compile(rf"({_NUMBER})({'|'.join(sorted(SECONDS, key=len, reverse=True))})")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_SIZE = re.compile(rf"({_NUMBER})\s*([A-Za-z]+)")
_UNITS_BY_CASE = {unit.lower(): factor for unit, factor in BYTES.items()}


def parse_duration(value: object) -> float:
    """Return seconds from a number of seconds or text such as `15s`, `1h30m`, `7d`; raise ValueError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    if re.fullmatch(_NUMBER, text):
        return float(text)
    if _DURATION.fullmatch(text):
        return float(sum(float(number) * SECONDS[unit] for number, unit in _PART.findall(text)))
    raise ValueError(f"{text!r} is no duration; write a number of seconds or e.g. 500ms, 15s, 5m, 1h30m, 7d")


def parse_size(value: object) -> int:
    """Return bytes from a number of bytes or text such as `64MiB`, `8 GB`; raise ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if text.isdigit():
        return int(text)
    match = _SIZE.fullmatch(text)
    if match and (factor := _UNITS_BY_CASE.get(match[2].lower())):
        return int(float(match[1]) * factor)
    raise ValueError(f"{text!r} is no size; write a number of bytes or e.g. 512KiB, 64MiB, 8GiB, 1GB")


def format_duration(seconds: float) -> str:
    """Return the shortest exact text that `parse_duration` reads back: 300.0 -> `5m`."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % SECONDS[unit] == 0:
            return f"{seconds / SECONDS[unit]:g}{unit}"
    return f"{Decimal(repr(seconds)).normalize():f}s"


def format_size(size: int) -> str:
    """Return the shortest exact text that `parse_size` reads back: 67108864 -> `64MiB`."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size and size % BYTES[unit] == 0:
            return f"{size // BYTES[unit]}{unit}"
    return str(size)


Seconds = Annotated[
    float,
    Field(ge=0, allow_inf_nan=False),
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "number"], "format": "duration", "examples": ["15s", "5m", 0.5]}),
]
"""A settings field holding seconds; accepts what `parse_duration` reads."""

Bytes = Annotated[
    int,
    Field(ge=0),
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "format": "size", "examples": ["64MiB", 1048576]}),
]
"""A settings field holding bytes; accepts what `parse_size` reads."""
