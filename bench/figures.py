"""Figures: every measurement of a name, shown as the median with the smallest and the largest."""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

_SYNCS = 30


class Figures:
    """Collects values by (name, unit), in the order in which names appeared."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[float]] = defaultdict(list)

    def add(self, name: str, value: float, unit: str) -> None:
        """Add one measurement, and say it at once on standard error: who stops a long run keeps what it found."""
        self._values[name, unit].append(value)
        click.echo(f"{name}: {_short(value)} {unit}", err=True)

    def last(self, name: str) -> float:
        """Return the newest measurement of a name."""
        return next(values[-1] for (known, _), values in self._values.items() if known == name)

    def rows(self) -> list[dict[str, str | float]]:
        """Return one row per name."""
        return [
            {
                "figure": name,
                "median": statistics.median(values),
                "min": min(values),
                "max": max(values),
                "n": len(values),
                "unit": unit,
            }
            for (name, unit), values in self._values.items()
        ]


@dataclass(frozen=True)
class Goal:
    """A limit that a figure should keep; `at_least` or at most."""

    name: str
    limit: float
    unit: str
    at_least: bool = True

    def add(self, figures: Figures, value: float) -> None:
        """Add the figure, and how many times better than its limit it is: 1 or more holds."""
        figures.add(f"goal: {self.name}", value, self.unit)
        margin = value / self.limit if self.at_least else self.limit / value
        figures.add(f"goal: {self.name}, times the limit {self.limit:,g}", margin, "ratio")


def machine(folder: Path) -> dict[str, str | float]:
    """Return what the figures depend on: processor, memory, system, disk, and who else is at work."""
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu.partition(": ")[2],
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "fdatasync_ms": round(_sync_ms(folder), 2),
        "load_average": round(os.getloadavg()[0], 2),
    }


def show(machine: dict[str, str | float], options: dict[str, object], figures: Figures, format_: str) -> str:
    """Return everything as JSON or as text."""
    if format_ == "json":
        return json.dumps({"machine": machine, "options": options, "figures": figures.rows()}, indent=1)
    lines = [", ".join(f"{name} {value}" for name, value in group.items()) for group in (machine, options)]
    lines.append(f"\n{'figure':<46}{'median':>12}{'min':>12}{'max':>12}{'n':>4}  unit")
    for row in figures.rows():
        numbers = "".join(f"{_short(float(row[column])):>12}" for column in ("median", "min", "max"))
        lines.append(f"{row['figure']:<46}{numbers}{row['n']:>4}  {row['unit']}")
    return "\n".join(lines)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"


def _sync_ms(folder: Path) -> float:
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        times = []
        for _ in range(_SYNCS):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3
