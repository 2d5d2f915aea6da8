"""The calculations by hand on docs/costs.md are what the command says."""

from pathlib import Path

import pytest

from otel_cert.costs import Scope
from tests.costs.test_projection import january, projected, traffic

PAGE = (Path(__file__).parents[2] / "docs" / "costs.md").read_text(encoding="utf-8")


def test_the_projection_of_the_page():
    projection = projected(traffic(), Scope(until_ns=january(8)))
    assert "**93 USD**" in PAGE
    assert "**51.81 to 134.19 USD**" in PAGE
    assert projection.expected == pytest.approx(93)
    assert (projection.low, projection.high) == pytest.approx((51.81, 134.19), abs=0.005)
