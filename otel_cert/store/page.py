"""Leaving metrics for the receiver's page `/metrics`, from a process that has no page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from otel_cert.exposition import Family
from otel_cert.store.files import make_folder, write_json
from otel_cert.store.layout import Layout

SCORING = "scoring"
"""What the scoring process shows under."""


def show(layout: Layout, name: str, families: Iterable[Family]) -> None:
    """Replace the metrics that `name`, an exporter's id or SCORING, shows."""
    path = layout.metrics(name)
    make_folder(path.parent)
    write_json(path, [asdict(family) for family in families])
