"""Which calls of a round are in the sample of a plan: what is in it stays, however the shares move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import resources
from typing import Any

import duckdb

from otel_cert.processors.sampling import Counts, Plan, stratum, unit

Row = Mapping[str, Any]


class Sampled:
    """The sample among the calls of a round."""

    def __init__(self, plan: Plan, con: duckdb.DuckDBPyConnection, calls: Sequence[Row]) -> None:
        """Count the calls of the days before `calls`, where the plan depends on them; reads `stored.genai_calls`."""
        self._plan, self._counts = plan, _counts(plan, con, calls)

    def share(self, call: Row, before: Row | None) -> float | None:
        """Return the share by which a call is in the sample, None when it is not; `before` is its stored row."""
        if before is not None and before["sample_plan"] == self._plan.text:
            return float(before["sample_share"])
        share = self._plan.share_of(self._counts.get((call["receive_day"], stratum(call)), 0))
        return share if self._plan.takes(unit(call), share) else None


def _counts(plan: Plan, con: duckdb.DuckDBPyConnection, calls: Sequence[Row]) -> Counts:
    """Return how many calls the strata had on the days before."""
    if not plan.minimum or plan.share >= 1:
        return {}
    before = sorted({call["receive_day"] - timedelta(days=1) for call in calls})
    sql = (resources.files(__package__) / "sampled_counts.sql").read_text(encoding="utf-8")
    found = con.execute(sql, {"before": before}).fetchall()
    return {(day, (service, model)): n for day, service, model, n in found}
