"""What the monitoring plan watches, beside what was measured; and the thresholds that were registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
        found["error_rate"] = Measured(row["error_rate"], row["error_rate_low"], row["error_rate_high"], source)
        for name in ("p50", "p95", "p99"):
            found[f"latency_{name}_s"] = Measured(row[f"{name}_s"], None, None, context.source(timing, row["n"]))
    rates = list((support := context.ask(SUPPORT, by="total")).dicts())
    if len(rates) == 1:  # two evaluators have two rates, and no plan says which it means
        [row] = rates
        found["support_rate"] = Measured(
            row["support_rate"],
            row["support_rate_low"],
            row["support_rate_high"],
            context.source(support, row["scored"]),
        )
    return found


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
    indicators = context.system.monitoring
    yield Table(_BOX.label, tuple(map(Column, _PLAN)), tuple(map(_planned, indicators)), by=by, on=on)
    yield Paragraph(RULE)
    known = figures(context)
    for one in indicators:
        measured = known.get(one.figure or "")
        if measured is not None:
            yield Table(
                f"Plan and fact: {one.indicator}", tuple(map(Column, _FACT)), (_found(one, measured),), measured.source
            )
        elif one.figure:
            yield Gap(one.indicator, f"There is no figure {one.figure!r} in this set. Known are: {', '.join(known)}.")
        else:
            yield Gap(one.indicator, UNNAMED)


def _planned(one: Indicator) -> tuple[str, ...]:
    said = (one.figure, _threshold(one), one.frequency, one.owner, one.reaction)
    return one.indicator, *(value or text.UNKNOWN for value in said)


def _found(one: Indicator, measured: Measured) -> tuple[str, ...]:
    value = text.UNKNOWN if measured.value is None else f"{measured.value:.4g}"
    known = measured.low is not None and measured.high is not None
    interval = f"{measured.low:.4g} to {measured.high:.4g}" if known else text.UNKNOWN
    return _threshold(one), value, interval, comparison(one, measured)


def _threshold(one: Indicator) -> str:
    return text.UNKNOWN if one.threshold is None else f"{one.direction} {one.threshold:g}"
