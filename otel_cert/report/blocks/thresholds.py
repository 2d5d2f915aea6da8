"""What the monitoring plan watches, beside what was measured; and the thresholds that were registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from otel_cert.questions import LATENCY, SUPPORT
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown
from otel_cert.report.model import Block, Box, Column, Gap, Kind, Paragraph, Source, Table
from otel_cert.report.system import Indicator

RULE = (
    "Plan against fact. Where a figure has an interval, all of it has to be on the side of the threshold that the plan"
    " names, else the comparison is not decided. The comparison judges the figure, not the system."
)
_BOX = Box(
    Kind.DECLARED,
    "monitoring",
    "Indicators of the monitoring plan",
    "Which figures are watched, with which threshold, how often, by whom, and what is done when one is crossed?",
    "Which risk a figure stands for, and how much of it is acceptable, is a decision.",
    "Write it into system.yaml under `monitoring`: error rate below 0.02, weekly, by the head of operations; above it the"
    " fallback is switched on within four hours and the risk file is reviewed.",
    "Art. 72(1), 72(3)",
)
UNNAMED = "The plan names no figure of this set for it: its value comes from elsewhere, or is not known."
_PLAN = ("Indicator", "Figure watched", "Threshold", "Frequency", "Owner", "Reaction")
_FACT = ("Threshold", "Measured", "95 % interval", "Comparison")


@dataclass(frozen=True)
class Measured:
    """A figure that a plan may name."""

    value: float | None
    low: float | None
    high: float | None
    source: Source
    form: Callable[[float], str]
    """The figure as every document shows it, with its unit."""
    planned: Callable[[float], str]
    """A threshold in the same unit, as exact as the plan has it."""


def thresholds(context: Context) -> tuple[Block, ...]:
    """Return plan against fact, and the registered thresholds."""
    plan = _plan(context) if context.system.monitoring else (_BOX,)
    return (*plan, *shown(context, "thresholds_registered"))


def figures(context: Context) -> dict[str, Measured]:
    """Return the figures that a plan may name, by their names."""
    timing = context.ask(LATENCY, by="total")
    found = {}
    for row in timing.dicts():
        source = context.source(timing)
        found["error_rate"] = _rate(row, "error_rate", source)
        for name in ("p50", "p95", "p99"):
            timed = context.source(timing, row["n"])
            found[f"latency_{name}_s"] = Measured(row[f"{name}_s"], None, None, timed, _seconds, "{:g} s".format)
    rates = list((support := context.ask(SUPPORT, by="total")).dicts())
    if len(rates) == 1:  # two evaluators have two rates, and no plan says which it means
        [row] = rates
        found["support_rate"] = _rate(row, "support_rate", context.source(support, row["scored"]))
    return found


def _rate(row: Mapping[str, Any], name: str, source: Source) -> Measured:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return Measured(row[name], low, high, source, text.share, lambda threshold: f"{100 * threshold:g} %")


def _seconds(value: float) -> str:
    return f"{text.seconds(value)} s"


def comparison(indicator: Indicator, measured: Measured | None) -> str:
    """Return how a figure stands to its threshold, by the bound of its interval where it has one."""
    if indicator.threshold is None:
        return "no threshold"
    if measured is None or measured.value is None:
        return "not measured"
    low, high = (measured.value if bound is None else bound for bound in (measured.low, measured.high))
    below = indicator.direction == "below"
    held, crossed = (high < indicator.threshold, low >= indicator.threshold) if below else (
        low > indicator.threshold, high <= indicator.threshold
    )  # fmt: skip
    return "on the planned side" if held else "crossed" if crossed else "not decided: the interval holds the threshold"


def _plan(context: Context) -> Iterator[Block]:
    by, on = context.declarer
    known = figures(context)
    rows = tuple(_planned(one, known.get(one.figure or "")) for one in context.system.monitoring)
    yield Table(_BOX.label, tuple(map(Column, _PLAN)), rows, by=by, on=on)
    yield Paragraph(RULE)
    for one in context.system.monitoring:
        measured = known.get(one.figure or "")
        if measured is not None:
            cells = (_found(one, measured),)
            yield Table(f"Plan and fact: {one.indicator}", tuple(map(Column, _FACT)), cells, measured.source)
        elif one.figure:
            yield Gap(one.indicator, f"There is no figure {one.figure!r} in this set. Known are: {', '.join(known)}.")
        else:
            yield Gap(one.indicator, UNNAMED)


def _planned(one: Indicator, measured: Measured | None) -> tuple[str, ...]:
    said = (one.figure, _threshold(one, measured), one.frequency, one.owner, one.reaction)
    return one.indicator, *(value or text.UNKNOWN for value in said)


def _found(one: Indicator, measured: Measured) -> tuple[str, ...]:
    value, interval = text.UNKNOWN, text.UNKNOWN
    if measured.value is not None:
        value = measured.form(measured.value)
    if measured.low is not None and measured.high is not None:
        interval = f"{measured.form(measured.low)} to {measured.form(measured.high)}"
    return _threshold(one, measured), value, interval, comparison(one, measured)


def _threshold(one: Indicator, measured: Measured | None) -> str:
    planned = measured.planned if measured else "{:g}".format
    return text.UNKNOWN if one.threshold is None else f"{one.direction} {planned(one.threshold)}"
