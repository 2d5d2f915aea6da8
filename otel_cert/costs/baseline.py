"""What is to be expected of each interval of a series, from the intervals before it: robust, and never from itself.

Everything happens on the square roots of the values: amounts and counts vary more the larger they are, and a root's noise
is about the same whatever its size (Bartlett 1936, "The square root transformation in analysis of variance"). There, the
expected is a median, and the noise is 1.4826 x MAD, the median absolute deviation (Hampel 1974, "The influence curve and
its role in robust estimation"; the constant makes it the standard deviation of normal noise). How many noises a value is
off is its score: the modified z-score of Iglewicz & Hoaglin (1993), "How to Detect and Handle Outliers", who call more
than 3.5 an outlier.

Medians and MADs of few values are themselves noisy, so the noise is widened (`_widened`) until a new value of steady
traffic exceeds 3.5 about as rarely after 7 values as after 28.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST = 7
"""Values that a baseline has at least."""
NONE = ""
"""Method where too little is known."""
SPORADIC = "sporadic"
"""Method for a series that is mostly zeros, at no regular times: usual is up to 3 times its greatest value."""

_MAD_TO_SIGMA = 1.4826
_RELATIVE_FLOOR = 0.1
"""No series is taken to be steadier than this part of what is expected."""
_SPORADIC_TIMES = 3
_EXPLAINED = 0.6
"""A season is used where the values are off its medians by less than this part of what they are off without it."""
_BLOCK = 1_000
"""Intervals whose baselines are in memory at a time."""


@dataclass(frozen=True)
class Season:
    """A repetition to compare within: values `period` intervals apart."""

    method: str
    period: int
    """Intervals; 1 = all are alike."""
    values: int
    """How many are needed, each a period apart."""
    longer: int = 0
    """Next longer period, which there may be and is not used yet: what was usual then is not unusual now; 0 = none."""


SEASONS = {
    "day": (Season("median", 1, FEWEST, longer=7), Season("weekday", 7, 4)),
    "hour": (
        Season("median", 1, 24 * FEWEST, longer=24),
        Season("hour_of_day", 24, FEWEST, longer=168),
        Season("hour_of_week", 168, 4),
    ),
}
"""Per interval: the seasons to compare within, the simplest first."""


@dataclass(frozen=True)
class Expectation:
    """What was to be expected of each value: arrays with one entry each, NaN where nothing is."""

    expected: Floats
    low: Floats
    """Least value that is not unusual."""
    high: Floats
    """Greatest value that is not unusual."""
    score: Floats
    """How many noises the value is above the expected, on the square-root scale."""
    values: Counts
    """How many known values the baseline has."""
    method: NDArray[np.object_]
    """`median`, `weekday`, `hour_of_day`, `hour_of_week`, SPORADIC or NONE."""


def expect(
    values: Floats,
    seasons: Sequence[Season],
    *,
    window: int,
    unit: float,
    threshold: float = 3.5,
    sizes: Floats | None = None,
) -> Expectation:
    """Return what is to be expected of every value from the `window` values before it.

    Args:
        values: the series, without gaps and not negative; NaN = not known, which is no part of any baseline.
        seasons: what to compare within, the simplest first.
        window: how many values before each are its baseline.
        unit: a difference that means nothing, such as a cent: noise is at least that, and a tenth of the expected.
        threshold: score from which a value is unusual.
        sizes: how many things each value is the mean of, if it is a mean: its noise then falls with their root.

    """
    weights = np.ones_like(values) if sizes is None else np.sqrt(np.maximum(sizes, 1))
    roots = np.sqrt(values)
    parts = []
    for before, weights_before, block in _blocks(roots, weights, window):
        chosen = _choose(before, weights_before, weights[block], seasons, unit, threshold)
        parts.append((*chosen, (roots[block] - chosen[0]) / chosen[3]))
    centre, low, high, _, known, method, score = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Expectation(centre**2, low**2, high**2, score, known, method)


def _blocks(roots: Floats, weights: Floats, window: int) -> Iterator[tuple[Floats, Floats, slice]]:
    """Yield the values before each of a block of values, with their weights."""
    before = sliding_window_view(np.pad(roots, (window, 0), constant_values=np.nan), window)
    weights_before = sliding_window_view(np.pad(weights, (window, 0), constant_values=1), window)
    for start in range(0, max(len(roots), 1), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(roots)))
        yield before[block], weights_before[block], block


def _choose(
    before: Floats, weights: Floats, own_weight: Floats, seasons: Sequence[Season], unit: float, threshold: float
) -> tuple[Floats, Floats, Floats, Floats, Counts, NDArray[np.object_]]:
    """Return centre, low, high, noise, known values and method of each row of `before`."""
    rows = len(before)
    known = np.count_nonzero(~np.isnan(before), axis=1)
    method = np.full(rows, NONE, dtype=object)
    centre, low, high, noise = np.full((4, rows), np.nan)

    def take(name: str, where: Flags, new: Floats, new_noise: Floats, usual: Floats) -> None:
        floored = np.maximum(new_noise, _floor(new, unit))
        lowest = np.maximum(np.fmin(new, usual) - threshold * floored, 0)
        highest = np.fmax(new, usual) + threshold * floored
        method[where] = name
        for kept, found in ((centre, new), (low, lowest), (high, highest), (noise, floored)):
            np.copyto(kept, found, where=where)

    periods = {1, *(period for season in seasons for period in (season.period, season.longer) if period)}
    fits = {period: _fit(before, weights, period) for period in periods}
    off = fits[1].off
    for season in seasons:
        fitted = fits[season.period]
        enough = (fitted.values >= season.values) & (fitted.informative >= FEWEST)
        better = enough & ((fitted.off < _EXPLAINED * off) | (season.period == 1))
        usual = fits[season.longer or season.period].centre
        take(season.method, better, fitted.centre, fitted.noise / own_weight, usual)
        off = np.where(better, fitted.off, off)
    mostly_zero = (np.count_nonzero(before == 0, axis=1) * 2 > known) & (known >= seasons[0].values)
    unexplained = mostly_zero & ((method == NONE) | (method == seasons[0].method))
    zero, greatest = np.zeros(rows), np.fmax.reduce(before, axis=1)
    take(SPORADIC, unexplained, zero, np.sqrt(_SPORADIC_TIMES) * greatest / threshold, zero)
    return centre, low, high, noise, known, method


@dataclass(frozen=True)
class _Fitted:
    """A season over the values before each interval."""

    centre: Floats
    """Median of the values of the interval's own phase."""
    noise: Floats
    """Of a new value of weight 1."""
    off: Floats
    """Sum of what the values are off the medians of their phases."""
    values: Counts
    """Known values of the interval's own phase."""
    informative: Counts
    """Values that the noise rests on."""


def _fit(before: Floats, weights: Floats, period: int) -> _Fitted:
    rows, window = before.shape
    cycles = -(-window // period)

    def folded(values: Floats, fill: float) -> Floats:
        """Fold each row into cycles; the interval's own phase then comes first in each."""
        padded = np.pad(values, ((0, 0), (cycles * period - window, 0)), constant_values=fill)
        return padded.reshape(rows, cycles, period)

    phases = folded(before, np.nan)
    centres = _median(phases)
    deviations = np.abs(phases - centres)
    off = np.nansum(deviations, axis=(1, 2))
    # A time at which nothing ever happens says nothing about the noise of the others.
    deviations = np.where((phases == 0) & (centres == 0), np.nan, deviations * folded(weights, 1)).reshape(
        rows, cycles * period
    )
    informative = np.count_nonzero(~np.isnan(deviations), axis=1)
    values = np.count_nonzero(~np.isnan(phases[:, :, 0]), axis=1)
    noise = _MAD_TO_SIGMA * _median(deviations)[:, 0] * _widened(informative, values)
    return _Fitted(centres[:, 0, 0], noise, off, values, informative)


def _median(values: Floats) -> Floats:
    """Return the median of what is known along axis 1, which stays; NaN where nothing is."""
    ordered = np.sort(values, axis=1)  # NaN comes last
    known = np.count_nonzero(~np.isnan(values), axis=1, keepdims=True)
    lower, upper = (np.take_along_axis(ordered, at, axis=1) for at in (np.maximum(known - 1, 0) // 2, known // 2))
    return (lower + upper) / 2


def _widened(values: Counts, per_phase: Counts) -> Floats:
    """Return by how much to widen the noise that rests on so many values, and on so many of each phase.

    Fitted to simulated normal noise: 3.5 is then exceeded by about 0.5 % of new values (`bench/anomalies.py`).
    """
    return (1 + 2.65 / (np.maximum(values, FEWEST) - 5.17)) * (1 + 11 / np.maximum(per_phase, 1) ** 2)


def _floor(centre: Floats, unit: float) -> Floats:
    """Return the least noise about a centre, on the square-root scale."""
    expected = centre**2
    return np.sqrt(expected + np.maximum(unit, _RELATIVE_FLOOR * expected)) - centre
