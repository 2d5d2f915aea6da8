"""Measures how often `otel-cert anomalies` is wrong: alarms in steady traffic, and days of three times as much not found.

python bench/anomalies.py [--series 20] [--days 1500] [--seed 1] [--format json]      # half a minute

Traffic is simulated call by call: a Poisson number of calls a day, whose mean varies by a lognormal factor, each with a
lognormal cost (sigma 1). Nothing in it is unusual, so every alarm is false. For what is found, every judged day is made
three times as large, one at a time. Below that: how often normal noise exceeds a score of 3.5, to which the widening in
`baseline.py` is fitted. Fails when a limit is not kept: per series of steady traffic, alarms on at most 1 % of the judged
days; of all tripled days 99 % found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import click
import numpy as np

from otel_cert.costs.baseline import NONE, SEASONS, Floats, expect

WORKING_WEEK = (1.0, 1.0, 1.1, 1.0, 0.9, 0.35, 0.3)
EVERY_DAY = (1.0,) * 7
FOUR_WEEKS = 28
MOST_ALARMS, LEAST_FOUND = 0.01, 0.99
_TIMES = 3
_NOISE = 50_000


@dataclass(frozen=True)
class Traffic:
    """A kind of traffic in which nothing is unusual."""

    calls: float
    """Mean per day."""
    varies: float = 0.1
    """Sigma of the logarithm of a day's mean."""
    week: tuple[float, ...] = WORKING_WEEK
    """Part of the mean that each weekday has."""
    priced: bool = True
    """Whether it is cost that is looked at; else the number of calls."""

    def series(self, days: int, rng: np.random.Generator) -> Floats:
        """Return the value of each day."""
        mean = self.calls * np.resize(self.week, days) * rng.lognormal(0, self.varies, days)
        calls = rng.poisson(mean)
        if not self.priced:
            return calls.astype(float)
        costs = np.concatenate([[0], np.cumsum(rng.lognormal(-5, 1, calls.sum()))])
        ends = np.cumsum(calls)
        return costs[ends] - costs[ends - calls]


STEADY = {
    "2,000 calls a day, working week": Traffic(2000),
    "2,000 calls a day, every day alike": Traffic(2000, week=EVERY_DAY),
    "2,000 calls a day, working week, their number": Traffic(2000, priced=False),
    "200 calls a day, every day alike": Traffic(200, week=EVERY_DAY),
}
"""What the limits are for."""
RESTLESS = {
    "200 calls a day, working week": Traffic(200),
    "20 calls a day, every day alike": Traffic(20, week=EVERY_DAY),
    "20 calls a day, working week": Traffic(20),
    "2 calls a day, every day alike": Traffic(2, week=EVERY_DAY),
    "0.3 calls a day, every day alike": Traffic(0.3, week=EVERY_DAY),
    "2,000 calls a day, working week, days vary by 0.3": Traffic(2000, varies=0.3),
}
"""Chance alone makes so much of some days that not every tripled day can be told from them."""


@dataclass
class Tally:
    """What became of judged days."""

    judged: int = 0
    alarms: int = 0
    found: int = 0

    def add(self, values: Floats, first: int = 0) -> Tally:
        """Judge the days of a series from `first` on, as they are and tripled."""
        expected = expect(values, SEASONS["day"], window=FOUR_WEEKS, unit=0.01)
        judged = (expected.method != NONE) & (np.arange(len(values)) >= first)
        day, low, high = values[judged], expected.low[judged], expected.high[judged]
        self.judged += len(day)
        self.alarms += int(((day < low) | (day > high)).sum())
        self.found += int((_TIMES * day > high).sum())  # a day is in no baseline of its own
        return self


def simulate(traffic: Traffic, series: int, days: int, seed: int) -> Iterator[tuple[Tally, Tally]]:
    """Yield what becomes of each series: of its days after four weeks, and of the first four weeks of its parts."""
    for number in range(series):
        values = traffic.series(days, np.random.default_rng([seed, number]))
        early = Tally()
        for start in range(0, days - FOUR_WEEKS + 1, FOUR_WEEKS):
            early.add(values[start : start + FOUR_WEEKS])
        yield Tally().add(values, FOUR_WEEKS), early


def figures(kind: str, results: list[tuple[Tally, Tally]]) -> dict[str, str | float]:
    """Return one row of the result."""
    late, early = (
        Tally(*(sum(getattr(pair[part], name) for pair in results) for name in ("judged", "alarms", "found")))
        for part in (0, 1)
    )
    return {
        "kind": kind,
        "days": late.judged,
        "alarms": late.alarms / late.judged,
        "alarms, worst series": max(one.alarms / one.judged for one, _ in results),
        "found": late.found / late.judged,
        "early days": early.judged,
        "early alarms": early.alarms / early.judged,
        "early found": early.found / early.judged,
    }


def noise(interval: str, method: str, window: int, rng: np.random.Generator) -> dict[str, str | float]:
    """Return how often normal noise exceeds a score of 3.5, by a baseline of `window` values."""
    seasons = [season for season in SEASONS[interval] if season.method == method]
    numbers = np.arange(_NOISE + window)
    pattern = np.where(numbers % seasons[0].period * 2 < seasons[0].period, 6, 12) if seasons[0].period > 1 else 6
    roots = pattern + rng.normal(size=len(numbers))  # far enough from 0, and too noisy for the least noise to matter
    expected = expect(roots**2, seasons, window=window, unit=0)
    scores = expected.score[expected.method == method]
    return {"noise": f"{method}, {window} values", "n": len(scores), "exceeds": float((np.abs(scores) > 3.5).mean())}


NOISES = [("day", "median", n) for n in (7, 10, 14, 21, 28, 56)]
NOISES += [("day", "weekday", n) for n in (28, 56)] + [("hour", "hour_of_day", 168), ("hour", "hour_of_week", 672)]


def table(rows: list[dict[str, str | float]]) -> str:
    """Return rows as text."""
    name, *figures = rows[0]
    lines = [f"{name:<50}" + "".join(f"{figure:>22}" for figure in figures)]
    for row in rows:
        cells = (f"{row[figure]:,}" if isinstance(row[figure], int) else f"{row[figure]:.2%}" for figure in figures)
        lines.append(f"{row[name]:<50}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def fails(row: dict[str, str | float]) -> bool:
    """Say whether steady traffic is judged worse than the limits allow."""
    return row["alarms, worst series"] > MOST_ALARMS or row["early alarms"] > MOST_ALARMS or row["found"] < LEAST_FOUND


@click.command()
@click.option("--series", default=20, show_default=True, help="Series of each kind, each with a seed of its own.")
@click.option("--days", default=1500, show_default=True, help="Days of each series.")
@click.option("--seed", default=1, show_default=True, help="Of the first series.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(series: int, days: int, seed: int, format_: str) -> None:
    """Simulate traffic in which nothing is unusual, and count what is said of it."""
    rows = [figures(kind, list(simulate(traffic, series, days, seed))) for kind, traffic in (STEADY | RESTLESS).items()]
    noises = [noise(*what, np.random.default_rng(seed)) for what in NOISES]
    if format_ == "json":
        click.echo(json.dumps({"traffic": rows, "noise": noises}, indent=1))
    else:
        click.echo(f"{table(rows)}\n\n{table(noises)}")
    if failed := [str(row["kind"]) for row in rows[: len(STEADY)] if fails(row)]:
        raise click.ClickException(f"a limit is not kept: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
