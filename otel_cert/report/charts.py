"""Charts as Vega-Lite specifications that hold their data, so that page, Word and PDF show the same drawing offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

Spec = dict[str, Any]
Row = Mapping[str, Any]

# Colours of Okabe and Ito (2008), told apart by colour-blind readers and in grey print.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"

_TIME_UNITS = {
    "second": "utcyearmonthdatehoursminutesseconds",
    "minute": "utcyearmonthdatehoursminutes",
    "hour": "utcyearmonthdatehours",
    "day": "utcyearmonthdate",
}
_DAY = "%Y-%m-%d"
"""Days are ISO 8601 in every language of a document."""
_CLOCKS = {"second": "%H:%M:%S", "minute": "%H:%M", "hour": "%H:%M"}
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_WIDTH, _ROW_HEIGHT = 560, 26


def calls_over_time(rows: Sequence[Row]) -> Spec:
    """Return stacked bars of successful and failed calls per interval, from rows of the activity question."""
    interval = rows[0]["interval"]
    values = [
        {"start": row["start"], "outcome": outcome, "calls": calls}
        for row in rows
        for outcome, calls in (("succeeded", row["calls"] - row["errors"]), ("failed", row["errors"]))
    ]
    x = {
        "field": "start",
        "type": "temporal",
        "timeUnit": _TIME_UNITS[interval],
        "scale": {"type": "utc"},
        "title": f"Start of the {interval}, UTC",
        "axis": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 16, "tickCount": 6, **_times(interval)},
    }
    ticks = {"format": "d", "tickCount": min(6, max(row["calls"] for row in rows))}  # no tick between two integers
    y = {"field": "calls", "type": "quantitative", "title": f"Calls per {interval}", "axis": ticks}
    colour = _colour("outcome", {"succeeded": BLUE, "failed": ORANGE})
    order = {"field": "outcome", "sort": "descending"}
    return _chart(values, 180, mark={"type": "bar"}, encoding={"x": x, "y": y, "color": colour, "order": order})


def _times(interval: str) -> Spec:
    """Return how an axis writes times: the day, and above it the time of day where intervals are shorter."""
    if interval not in _CLOCKS:
        return {"format": _DAY}
    shown = (f"utcFormat(datum.value, '{form}')" for form in (_CLOCKS[interval], _DAY))
    return {"labelExpr": f"[{', '.join(shown)}]"}


def cost_by_model(rows: Sequence[Row], currency: str) -> Spec:
    """Return one bar per model, from rows of the costs question that share `currency`."""
    values = [{"model": _model(row, "key"), "cost": float(row["cost"])} for row in rows]
    y = _models([_model(row, "key") for row in rows])
    ticks = {"tickCount": 6, "labelOverlap": "greedy"}
    x = {"field": "cost", "type": "quantitative", "title": f"Cost, {currency}", "axis": ticks}
    bar = {"type": "bar", "color": BLUE, "height": 14}
    return _chart(values, _ROW_HEIGHT * len(values), mark=bar, encoding={"x": x, "y": y})


def latency_by_model(rows: Sequence[Row]) -> Spec:
    """Return p50, p95 and p99 per model on a logarithmic axis, from rows of the latency question with a known n."""
    names = {"p50_s": "p50", "p95_s": "p95", "p99_s": "p99"}
    values = [
        # Zero has no place on a logarithmic axis; a clock that saw no time pass is drawn at its resolution.
        {"model": _model(row, "model"), "percentile": name, "seconds": max(row[key], 1e-6)}
        for row in rows
        for key, name in names.items()
    ]
    y = _models([_model(row, "model") for row in rows])
    x = {
        "field": "seconds",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False, "padding": 16},
        "title": "Duration of successful calls, s (logarithmic)",
        "axis": {"format": "~g", "labelOverlap": "greedy", "tickCount": 5},
    }
    shape = {
        "field": "percentile",
        "scale": {"domain": list(names.values()), "range": ["circle", "square", "triangle-up"]},
    }
    colour = _colour("percentile", {"p50": BLUE, "p95": GREEN, "p99": ORANGE})
    line = {
        "mark": {"type": "line", "color": "#999999", "strokeWidth": 2},
        "encoding": {"x": x, "y": y, "detail": {"field": "model"}},
    }
    points = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": colour, "shape": shape | {"title": None}},
    }
    return _chart(values, _ROW_HEIGHT * len(rows), layer=[line, points])


def surprisal_by_day(rows: Sequence[Row]) -> Spec:
    """Return the mean surprisal of each day with its interval, from rows of the entropy question by day with figures.

    Days without figures are gaps: the line does not go on over them.
    """
    values = [
        {"day": row["key"], "mean": row["mean_nll"], "low": row["mean_nll_low"], "high": row["mean_nll_high"]}
        for row in _every_day(rows)
    ]
    ticks = {"interval": "day", "step": 1 + len(values) // 8}  # none between two days
    x = {
        "field": "day",
        "type": "temporal",
        "timeUnit": _TIME_UNITS["day"],
        "scale": {"type": "utc", "padding": 14},
        "title": "Day, UTC",
        "axis": {"grid": False, "labelOverlap": "greedy", "format": _DAY, "tickCount": ticks},
    }
    y = {"field": "mean", "type": "quantitative", "title": "Mean surprisal, nats"}
    interval = {
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "rule", "color": BLUE, "opacity": 0.45, "strokeWidth": 3},
        "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
    }
    line = {"mark": {"type": "line", "color": BLUE, "strokeWidth": 1.5}, "encoding": {"x": x, "y": y}}
    points = {
        "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1, "color": BLUE},
        "encoding": {"x": x, "y": y},
    }
    return _chart(values, 180, layer=[interval, line, points])


def _every_day(rows: Sequence[Row]) -> list[Row]:
    """Return the rows by day, with one of unknown figures for each day between them that has none."""
    known = {date.fromisoformat(row["key"]): row for row in rows}
    first, last = min(known), max(known)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    unknown = dict.fromkeys(("mean_nll", "mean_nll_low", "mean_nll_high"))
    return [known.get(day, {"key": day.isoformat(), **unknown}) for day in days]


def _model(row: Row, key: str) -> str:
    return f"{row['provider'] or 'unknown provider'} / {row[key] or 'unknown model'}"


def _models(names: Sequence[str]) -> Spec:
    """Return the axis of models, in the order given."""
    axis = {"labelLimit": 260, "labelPadding": 8, "ticks": False, "domain": False, "grid": False}
    return {"field": "model", "type": "nominal", "title": None, "sort": list(dict.fromkeys(names)), "axis": axis}


def _colour(field: str, colours: Mapping[str, str]) -> Spec:
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"field": field, "type": "nominal", "title": None, "scale": scale, "legend": {"orient": "top"}}


def _chart(values: Sequence[Row], height: int, **marks: Any) -> Spec:
    axis = {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": "#e4e4e4",
        "titlePadding": 8,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "width": _WIDTH,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": list(values)},
        "config": {"font": _FONT, "axis": axis, "legend": {"labelFontSize": 11}, "view": {"stroke": None}},
        **marks,
    }
