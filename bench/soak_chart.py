"""The samples of a soak as one drawing: a panel per question, all over the same minutes."""

from __future__ import annotations

from typing import Any

import vl_convert
from sampling import Sample

Spec = dict[str, Any]

_PANELS: tuple[tuple[str, dict[str, str]], ...] = (
    ("Acknowledged, spans/s", {"acknowledged spans/s": "all"}),
    ("p99 of the answer, ms", {"p99 ms": "all"}),
    ("Lag, s", {"sealing lag s": "writer", "analysis lag s": "analysis"}),
    ("Memory, MiB", {"receiver MiB": "receiver", "writer MiB": "writer", "analysis MiB": "analysis"}),
    ("CPU, cores", {"receiver cores": "receiver", "writer cores": "writer", "analysis cores": "analysis"}),
    (
        "Open files",
        {"receiver open files": "receiver", "writer open files": "writer", "analysis open files": "analysis"},
    ),
    ("Ack log on disk, MiB", {"log MiB": "all"}),
    ("Tables on disk, MiB", {"tables MiB": "all"}),
    ("Files in the tables", {"files in tables": "all"}),
)
# Colours of Okabe and Ito (2008); a line's dashes tell it as well.
_LINES = {
    "receiver": ("#0072B2", [2, 2]),
    "writer": ("#D55E00", [1, 0]),
    "analysis": ("#009E73", [6, 3]),
    "all": ("#444444", [1, 0]),
}


def chart(samples: list[Sample]) -> Spec:
    """Return the drawing as a Vega-Lite specification with its data."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "config": {"font": "Liberation Sans, Arial, Helvetica, sans-serif", "view": {"stroke": "#dddddd"}},
        "columns": 3,
        "concat": [_panel(title, names, samples) for title, names in _PANELS],
    }


def image(spec: Spec, suffix: str) -> bytes:
    """Return the drawing as `.svg` or `.png`."""
    if suffix == ".png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=1.5, allowed_base_urls=[]))
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])).encode()


def _panel(title: str, names: dict[str, str], samples: list[Sample]) -> Spec:
    values = [
        {"minute": round(s["minute"], 2), "of": of, "value": round(s[name], 2)}
        for s in samples
        for name, of in names.items()
    ]
    colours, dashes = zip(*_LINES.values(), strict=True)
    domain = {"domain": list(_LINES)}
    return {
        "title": {"text": title, "anchor": "start", "fontSize": 12, "fontWeight": "normal"},
        "width": 240,
        "height": 120,
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 1.3},
        "encoding": {
            "x": {
                "field": "minute",
                "type": "quantitative",
                "title": "minutes",
                "axis": {"grid": False, "tickCount": 6},
            },
            "y": {"field": "value", "type": "quantitative", "title": None, "axis": {"tickCount": 5}},
            "color": _line(domain | {"range": colours}),
            "strokeDash": _line(domain | {"range": dashes}),
        },
    }


def _line(scale: Spec) -> Spec:
    return {"field": "of", "type": "nominal", "scale": scale, "legend": {"orient": "top", "title": None}}
