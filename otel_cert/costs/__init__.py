"""Money: what calls cost, what they will cost, and what to change; the same answers as the commands give.

Every function takes a connection of `otel_cert.connect()` and a `Scope`, and returns a model whose fields are documented;
`model_dump(mode="json")` is what the command prints with `--format json`.
"""

from __future__ import annotations

from otel_cert.costs.anomalies import Anomalies, anomalies
from otel_cert.costs.scope import Scope

__all__ = ["Anomalies", "Scope", "anomalies"]
