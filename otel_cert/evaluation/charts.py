"""The reliability diagram as a Vega-Lite specification."""

from __future__ import annotations

from otel_cert.evaluation.calibrate import Reliability
from otel_cert.report.charts import BLUE, Spec


def reliability_diagram(found: Reliability) -> Spec:
    """Return observed against predicted support with intervals; on the diagonal, a confidence means what it says."""
    bins = [one.model_dump() for one in found.bins]
    scale = {"domain": [0, 1]}
    x = {"field": "predicted", "type": "quantitative", "title": "Mean confidence", "scale": scale}
    y = {"field": "observed", "type": "quantitative", "title": "Share supported, by labels", "scale": scale}
    interval = {"x": x, "y": y | {"field": "observed_low"}, "y2": {"field": "observed_high"}}
    diagonal = {"values": [{"predicted": 0, "observed": 0}, {"predicted": 1, "observed": 1}]}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "width": 360,
        "height": 360,
        "data": {"values": bins},
        "layer": [
            {
                "data": diagonal,
                "mark": {"type": "line", "color": "#999999", "strokeDash": [4, 4]},
                "encoding": {"x": x, "y": y},
            },
            {"mark": {"type": "rule", "color": BLUE}, "encoding": interval},
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "color": BLUE},
                "encoding": {"x": x, "y": y, "size": {"field": "n", "type": "quantitative", "title": "Answers"}},
            },
        ],
    }
