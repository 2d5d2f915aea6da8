"""Metrics that a process without a page of its own leaves as a file, shown on the receiver's page `/metrics`.

A file is a JSON list of families; it is replaced in one step, so a page shows all of it or none of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its series; a counter's `name` is without the suffix `_total`."""

    name: str
    type: Literal["gauge", "counter"]
    doc: str
    unit: str = ""
    """The last word of the name when that is a unit: `seconds`."""
    samples: list[tuple[Labels, float]] = field(default_factory=list)

    def add(self, value: float | None, **labels: str | None) -> None:
        """Add a series; an unknown value adds none, and an unknown label is empty, which Prometheus reads as no label."""
        if value is not None:
            self.samples.append(({name: text or "" for name, text in labels.items()}, float(value)))

    @property
    def exposed_name(self) -> str:
        """The name as it stands on the page and in queries."""
        return f"{self.name}_total" if self.type == "counter" else self.name


class Files(Collector):
    """Shows the families of several files; those of one name become one family."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def collect(self) -> Iterator[Metric]:
        """Yield the families of all files that can be read now."""
        found: dict[str, Metric] = {}
        for family in _read(self._paths):
            metric = found.setdefault(family.name, Metric(family.name, family.doc, family.type, family.unit))
            for labels, value in family.samples:
                metric.add_sample(family.exposed_name, dict(labels), value)
        yield from found.values()


def _read(paths: Iterable[Path]) -> Iterator[Family]:
    for path in paths:
        try:
            for given in json.loads(path.read_text(encoding="utf-8")):
                yield Family(**given)
        except (OSError, ValueError, TypeError):  # not written yet, or by another version
            continue
