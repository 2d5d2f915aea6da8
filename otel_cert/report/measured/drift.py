"""Whether inputs, outputs and results of the later part of the window differ from those of the earlier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf
from typing import Any

from otel_cert.questions import DRIFT, Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.model import Block, Column, Paragraph, Table
from otel_cert.statistics import drift
from otel_cert.statistics.drift import Drift

ALPHA, POWER = 0.05, 0.8
LEAST = 100
"""Calls of each side below which nothing is compared: the distributions of the statistics hold for many."""
_FEW = 5
"""Categories with fewer calls in the expectation of a side are put together: chi-square needs as many (Cochran 1954)."""
_RULES = (
    "Alert: the chance of such a statistic when nothing changed, corrected for the number of indicators (Holm), is"
    " at most 5 %; so a false alarm comes in at most 5 % of the reports without any change. Each further report over"
    " another window is another look: of twelve, up to 46 % would hold a false alarm. Detectable: the smallest true"
    " value that is found with a chance of 80 % with so many calls. A stability index below 0.1 is usually called"
    " small, above 0.25 large: a convention, not a law. With many calls a change may be significant and too small to"
    " matter. Drift says that something changed, not whether it got better or worse."
)
_KINDS = {
    "number": "distance of Kolmogorov and Smirnov",
    "category": "population stability index",
    "share": "difference of shares",
}
_UNITS = {"duration": ("s", 1e-3), "mean surprisal": ("nats", 1e-3)}


@dataclass(frozen=True, slots=True)
class Indicator:
    """One comparison; `adjusted` is the chance after the correction, None until all are known."""

    name: str
    kind: str
    before: int
    after: int
    found: Drift
    typical: str
    """The typical value before and after, in words."""
    adjusted: float | None = None

    @property
    def alarm(self) -> bool:
        """Whether the correction leaves it significant."""
        return self.adjusted is not None and self.adjusted <= ALPHA


def compare(rows: Sequence[Mapping[str, Any]]) -> list[Indicator]:
    """Return a comparison per indicator of the question `drift` that has enough calls on both sides, corrected by Holm."""
    worth = _worth(rows)
    names = list(dict.fromkeys(row["indicator"] for row in rows if row["kind"] != "units"))
    groups = {name: [row for row in rows if row["indicator"] == name] for name in names}
    enough = {name: bins for name, bins in groups.items() if min(_totals(bins)) >= LEAST}
    alpha = ALPHA / max(1, len(enough))
    made = [one for name, bins in enough.items() if (one := _compared(name, bins, worth, alpha)) is not None]
    adjusted = drift.holm([one.found.p for one in made])
    return [replace(one, adjusted=p) for one, p in zip(made, adjusted, strict=True)]


def found(context: Context) -> tuple[Block, ...]:
    """Return the comparison of the later part of the window with the earlier."""
    until = context.system.baseline_until
    answer = context.ask(DRIFT, split_ns=_midnight(until)) if until else context.ask(DRIFT)
    rows = list(answer.dicts())
    compared = compare(rows)
    if not compared:
        return ()
    changed = [one.name for one in compared if one.alarm]
    split = text.moment(rows[0]["split_unix_ns"])
    said = (
        f"Changed: {', '.join(changed)}."
        if changed
        else "No change was found. A change smaller than what the table calls detectable may be there all the same."
    )
    left_out = sorted({row["indicator"] for row in rows if row["kind"] != "units"} - {one.name for one in compared})
    named = ", ".join(left_out)
    few = f" Not compared, for fewer than {LEAST} calls on a side or a single value: {named}." if left_out else ""
    intro = f"Baseline: the calls of the window before {split}; compared with those from then on. {said}{few}"
    return (Paragraph(intro), _table(context, answer, compared), Paragraph(_RULES))


def _midnight(day: dt.date) -> int:
    """Return when a day begins, UTC, in ns since 1970."""
    return int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()) * 10**9


def _table(context: Context, answer: Answer, compared: Sequence[Indicator]) -> Table:
    columns = (
        Column("Indicator"), Column("Baseline n", "right"), Column("Current n", "right"), Column("Typical value"),
        Column("Statistic"), Column("Value", "right"), Column("p, corrected", "right"), Column("Detectable", "right"),
        Column("Alert"),
    )  # fmt: skip
    cells = tuple(
        (
            one.name, text.count(one.before), text.count(one.after), one.typical, _KINDS[one.kind],
            f"{one.found.statistic:+.3f}" if one.kind == "share" else f"{one.found.statistic:.3f}",
            _chance(one.adjusted), f"{one.found.detectable:.3f}", "changed" if one.alarm else "none",
        )
        for one in compared
    )  # fmt: skip
    method = (
        "Statistics of otel_cert.statistics.drift on the recorded counts per bin; calls of one user, else of one"
        " conversation, count as one."
    )
    return Table("Drift against the baseline", columns, cells, context.source(answer, method=method))


def _compared(name: str, bins: list[Mapping[str, Any]], worth: tuple[float, float], alpha: float) -> Indicator | None:
    kind, (before, after) = bins[0]["kind"], _totals(bins)
    options = {"alpha": alpha, "power": POWER}
    if kind == "number":
        ordered = sorted(bins, key=lambda row: row["position"])
        result = drift.numbers(*_sides(ordered), worth=worth, **options)
        typical = f"{_middle(name, ordered, 'baseline')} → {_middle(name, ordered, 'current')}"
    elif kind == "share":
        hits = next((row for row in bins if row["bin"] == "yes"), {"baseline": 0, "current": 0})
        result = drift.shares((hits["baseline"], before), (hits["current"], after), worth=worth, **options)
        typical = f"{text.percent(hits['baseline'] / before)} → {text.percent(hits['current'] / after)}"
    else:
        pooled = _pooled(bins, before, after)
        result = drift.categories(*_sides(pooled), worth=worth, **options)
        most = max(bins, key=lambda row: row["baseline"] + row["current"])
        typical = f"{most['bin']} {text.percent(most['baseline'] / before)} → {text.percent(most['current'] / after)}"
    return None if result is None else Indicator(name, kind, before, after, result, typical)


def _pooled(bins: list[Mapping[str, Any]], before: int, after: int) -> list[Mapping[str, Any]]:
    """Put the rare categories together."""
    least = min(before, after) / (before + after)
    common = [row for row in bins if (row["baseline"] + row["current"]) * least >= _FEW]
    rare = [row for row in bins if (row["baseline"] + row["current"]) * least < _FEW]
    others = {side: sum(row[side] for row in rare) for side in ("baseline", "current")}
    return [*common, others] if rare else common


def _middle(name: str, bins: list[Mapping[str, Any]], side: str) -> str:
    """Return the median, as exactly as the bins are wide."""
    half, seen = sum(row[side] for row in bins) / 2, 0
    position = next(row["position"] for row in bins if (seen := seen + row[side]) >= half)
    if name == "support score":
        return f"{position / 100:.2f}"
    unit, factor = _UNITS.get(name, ("", 1.0))
    value = (exp((position + 0.5) / 20) - 1) * factor
    return f"about {value:,.3g} {unit}".strip()


def _worth(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return conversations, or else traces, per call of each side: what a call is worth where they are all alike."""
    units = next((row for row in rows if row["kind"] == "units"), None)
    calls = _totals([row for row in rows if row["kind"] == "share"])
    if units is None:
        return 1, 1
    return min(1.0, units["baseline"] / (calls[0] or inf)), min(1.0, units["current"] / (calls[1] or inf))


def _totals(bins: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    return sum(row["baseline"] for row in bins), sum(row["current"] for row in bins)


def _sides(bins: Sequence[Mapping[str, Any]]) -> tuple[list[int], list[int]]:
    return [row["baseline"] for row in bins], [row["current"] for row in bins]


def _chance(p: float | None) -> str:
    if p is None:
        return text.UNKNOWN
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


MEASURES = {"drift": found}
HOW = {
    "drift": f"Too few calls to compare: before and after the split (`baseline_until` in system.yaml, else half-way"
    f" through the window) at least {LEAST} calls of which an indicator is known are needed.",
}
