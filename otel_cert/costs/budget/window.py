"""Windows of a budget: the calendar day, week, month, quarter or year in a time zone, or the time that ends now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from otel_cert.config.units import parse_duration

CALENDAR = ("day", "week", "month", "quarter", "year")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """One window; its end is exclusive."""

    start_ns: int
    """Ns since 1970."""
    end_ns: int
    """Ns since 1970; a rolling window ends at the moment that was asked about."""
    rolling: bool


def window(kind: str, zone: tzinfo, at_ns: int) -> Window:
    """Return the window that holds a moment, or the rolling one that ends there; weeks begin on Monday."""
    if kind not in CALENDAR:
        return Window(at_ns - round(parse_duration(kind) * 1e9), at_ns, True)
    day = (_EPOCH + timedelta(microseconds=at_ns // 1000)).astimezone(zone).date()
    start = _start(kind, day)
    return Window(_midnight_ns(start, zone), _midnight_ns(_next(kind, start), zone), False)


def parse_window(text: str) -> str:
    """Return a window as it is written in a budget; raise ValueError."""
    if text in CALENDAR:
        return text
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if seconds < 60:
        raise ValueError(
            f"{text!r} is no window; write {', '.join(CALENDAR)}, or a duration such as 30d for a rolling one"
        )
    return text


def parse_zone(name: str) -> str:
    """Return the name of a time zone that this machine knows; raise ValueError."""
    zone(name)
    return name


def zone(name: str) -> tzinfo:
    """Return a time zone; UTC is known also to machines without the tz database. Raises ValueError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        lacking = "a system without a tz database needs `pip install tzdata`"
        raise ValueError(f"{name!r} is no time zone here; write e.g. Europe/Berlin ({lacking})") from error


def _start(kind: str, day: date) -> date:
    match kind:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case _:
            return day.replace(month=1, day=1)


def _next(kind: str, start: date) -> date:
    """Return the start of the window after: a day of it is so many days after the start of this one."""
    return _start(kind, start + timedelta(days={"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[kind]))


def _midnight_ns(day: date, zone: tzinfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // timedelta(microseconds=1) * 1000
