"""Values as people read them. Unknown is a dash in a table, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

UNKNOWN = "\N{EN DASH}"


def words(value: object) -> str:
    """Return text as it is."""
    return UNKNOWN if value is None else str(value)


def count(value: int | None) -> str:
    """Return an integer with thousands separators."""
    return UNKNOWN if value is None else f"{value:,}"


def money(value: Decimal | float | None) -> str:
    """Return an amount: two decimals from 1,000, four from 1, else six."""
    if value is None:
        return UNKNOWN
    size = abs(float(value))
    if 0 < size < 0.0000005:
        return "< 0.000001"
    places = 2 if size >= 1000 else 4 if size >= 1 else 6
    return f"{value:,.{places}f}"


def seconds(value: float | None) -> str:
    """Return seconds to a millisecond below 10 s, and coarser above."""
    if value is None:
        return UNKNOWN
    places = 3 if value < 10 else 2 if value < 100 else 1
    return f"{value:,.{places}f}"


def score(value: float | None) -> str:
    """Return a score between 0 and 1."""
    return UNKNOWN if value is None else f"{value:.2f}"


def nats(value: float | None) -> str:
    """Return a surprisal, an entropy or a perplexity."""
    return UNKNOWN if value is None else f"{value:,.3f}"


def percent(value: float | None) -> str:
    """Return a fraction as a percentage."""
    return UNKNOWN if value is None else f"{value:.1%}".replace("%", " %")


def share(value: float | None) -> str:
    """Return a fraction as a percentage, with four decimals where one would show it as none or all."""
    if value is None or not 1e-6 < min(value, 1 - value) < 0.001:
        return percent(value)
    return f"{value:.4%}".replace("%", " %")


def rounded(value: float | None) -> str:
    """Return a number without decimals."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def tenths(value: float | None) -> str:
    """Return a number with one decimal."""
    return UNKNOWN if value is None else f"{value:,.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Return the two bounds of a fraction as percentages."""
    return UNKNOWN if low is None or high is None else f"{low:.1%} to {high:.1%}".replace("%", " %")


def counts(value: Mapping[str, int] | None) -> str:
    """Return named counts, most frequent first: `no_price 2, no_tokens 1`."""
    ordered = sorted((value or {}).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {n:,}" for name, n in ordered)


def moment(unix_ns: int | None) -> str:
    """Return a time as ISO 8601 text, UTC, to the second."""
    if unix_ns is None:
        return UNKNOWN
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=unix_ns // 1000)
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")


def spoken(iso: str | None) -> str:
    """Return an answer's ISO time (`2026-01-01T10:00:00Z`) as `2026-01-01 10:00:00 UTC`."""
    return UNKNOWN if iso is None else iso.replace("T", " ").replace("Z", " UTC")


def minute(iso: str | None) -> str:
    """Return an answer's ISO time as `2026-01-01 10:00`."""
    return UNKNOWN if iso is None else iso[:16].replace("T", " ")


def window(since_ns: int | None, until_ns: int | None) -> str:
    """Return a window in words."""
    if since_ns is None and until_ns is None:
        return "all stored calls"
    since = "the first stored call" if since_ns is None else moment(since_ns)
    until = "the last stored call" if until_ns is None else f"before {moment(until_ns)}"
    return f"from {since} to {until}"


def plural(n: int, noun: str) -> str:
    """Return `1 call`, `2 calls`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


FORMS = (words, count, money, seconds, score, nats, percent, share, rounded, tenths, moment, spoken)
"""Every form in which a figure shows a value of an answer: `otel-cert report check` tries each."""
