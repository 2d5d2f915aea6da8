from decimal import Decimal
from typing import Any

import pytest

from otel_cert.exporters import _vega
from otel_cert.questions import ACTIVITY, ask
from otel_cert.report import charts
from tests.calls import connect, some

LATENCY = [{"provider": "p", "model": None, "n": 3, "p50_s": 0.0, "p95_s": 2.0, "p99_s": 3.0}]
COSTS = [{"provider": None, "key": '<m> & "m"', "cost": Decimal("0.1")}]


def test_calls_over_time_stacks_to_all_calls():
    spec = charts.calls_over_time(list(ask(connect(*some()), ACTIVITY).dicts()))
    values = spec["data"]["values"]
    assert sum(v["calls"] for v in values) == 14
    assert sum(v["calls"] for v in values if v["outcome"] == "failed") == 2
    assert spec["encoding"]["x"]["timeUnit"] == "utcyearmonthdatehoursminutes"


def test_axes_name_their_units():
    assert charts.cost_by_model(COSTS, "EUR")["encoding"]["x"]["title"] == "Cost, EUR"
    assert "s (logarithmic)" in charts.latency_by_model(LATENCY)["layer"][0]["encoding"]["x"]["title"]


def test_a_duration_of_zero_stays_on_the_logarithmic_axis():
    assert min(v["seconds"] for v in charts.latency_by_model(LATENCY)["data"]["values"]) > 0


@pytest.mark.parametrize(
    "spec",
    [
        charts.calls_over_time([{"interval": "day", "start": "2026-01-01T00:00:00Z", "calls": 2, "errors": 1}]),
        charts.cost_by_model(COSTS, "USD"),
        charts.latency_by_model(LATENCY),
    ],
    ids=["activity", "cost", "latency"],
)
def test_every_chart_draws(spec: dict[str, Any]):
    svg, png = _vega.svg(spec), _vega.png(spec, scale=1)
    assert svg is not None
    assert png is not None
    assert "<svg" in svg
    assert "undefined" not in svg
    assert "NaN" not in svg
    assert png.startswith(b"\x89PNG")


def test_names_cannot_break_out_of_the_drawing():
    svg = _vega.svg(charts.cost_by_model(COSTS, "USD"))
    assert svg is not None
    assert "<m>" not in svg
    assert "unknown provider / &lt;m&gt; &amp;" in svg
