"""Both ends of a range with what only one of them states: 5-10 mg, $5-10 billion."""

from __future__ import annotations

from otel_cert.measures.accuracy.rules.quantity import Quantity, Reading
from otel_cert.measures.accuracy.rules.units import Measure


def ends(low: Quantity, high: Quantity) -> tuple[Quantity, Quantity]:
    """Return both ends with the unit and scale that only one of them states."""
    first, last = low.first, high.first
    if first.dimension == "number" and not low.scaled and last.base:
        scale = last.shown / last.base
        unit = Measure(last.dimension, last.unit, *_factor(last))
        low = low._replace(
            readings=(_with(first, unit, scale),),
            scaled=high.scaled,
            year=False if last.dimension != "number" or high.scaled else low.year,
        )
    elif last.dimension == "number" and first.dimension == "money":
        scale = last.shown / last.base if last.base else 1.0
        high = high._replace(readings=(last._replace(dimension="money", unit=first.unit),), year=False)
        if high.scaled and not low.scaled:
            low = low._replace(readings=(_with(first, Measure("money", first.unit), scale),), scaled=True)
    elif high.scaled and not low.scaled and first.dimension == last.dimension == "money" and last.base:
        low = low._replace(readings=(_with(first, Measure("money", first.unit), last.shown / last.base),), scaled=True)
    return low, high


def _factor(reading: Reading) -> tuple[float, float]:
    if reading.dimension == "temperature":
        return {"°C": (1.0, 0.0), "°F": (5 / 9, -32.0), "K": (1.0, -273.15)}[reading.unit]
    return (reading.value / reading.shown if reading.shown else 1.0), 0.0


def _with(reading: Reading, unit: Measure, scale: float) -> Reading:
    shown = reading.base * scale
    step = reading.step * scale * unit.factor
    return Reading((shown + unit.offset) * unit.factor, step, unit.dimension, unit.unit, shown, reading.base)
