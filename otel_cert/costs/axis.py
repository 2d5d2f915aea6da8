"""The parts of time of a trend: hours, days or ISO weeks, UTC, without gaps, inside what the store covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from otel_cert.costs.answer import DAY_NS, HOUR_NS, Extent, Model, Money, iso
from otel_cert.costs.cells import Buckets, nothing

Trend = Literal["hourly", "daily", "weekly"]

_WIDTH: dict[Trend, int] = {"hourly": HOUR_NS, "daily": DAY_NS, "weekly": 7 * DAY_NS}
_MONDAY_NS = 4 * DAY_NS
"""1970-01-01 was a Thursday."""


class Point(Model):
    """One hour, day or ISO week, UTC; without calls everything is 0."""

    start: str
    """Its start, ISO 8601, UTC."""
    complete: bool
    """Whether it lies wholly in the window and in the time that the store covers."""
    calls: int
    """Calls."""
    priced_calls: int
    """Calls with a known cost."""
    input_tokens: int | None
    """Input tokens of the calls that report them; null when none does."""
    output_tokens: int | None
    """Output tokens, likewise."""
    cost: Money | None
    """Cost of the priced calls; null when there are calls and none is priced."""


@dataclass(frozen=True)
class Axis:
    """The starts of a trend's parts; ns since 1970."""

    trend: Trend
    extent: Extent
    since_ns: int | None
    until_ns: int

    def floor(self, unix_ns: int | None) -> int | None:
        """Return the start of the part that holds a moment."""
        if unix_ns is None:
            return None
        offset = _MONDAY_NS if self.trend == "weekly" else 0
        return unix_ns - (unix_ns - offset) % _WIDTH[self.trend]

    @cached_property
    def starts(self) -> range:
        """The starts, in order."""
        if self.extent.first_ns is None:
            return range(0)
        first = self.floor(max(self.extent.first_ns, self.since_ns or 0)) or 0
        return range(first, self.extent.end_ns(self.until_ns), _WIDTH[self.trend])

    def points(self, buckets: Buckets) -> tuple[Point, ...]:
        """Return a series of figures without its gaps."""
        empty = nothing()
        return tuple(self._point(start, buckets.get(start, empty)) for start in self.starts)

    def outside(self, series: Iterable[Buckets]) -> int:
        """Return how many calls are at none of the parts: they have no time, or claim to be of the future."""
        starts = self.starts
        return sum(figures["calls"] for buckets in series for start, figures in buckets.items() if start not in starts)

    def _point(self, start: int, figures: dict[str, object]) -> Point:
        end = start + _WIDTH[self.trend]
        inside = (self.since_ns is None or self.since_ns <= start) and end <= self.until_ns
        shown = {name: figures[name] for name in Point.model_fields if name in figures}
        return Point(start=iso(start), complete=inside and self.extent.covers(start, end), **shown)
