"""Everything that is looked at, in the order of a user's trouble: can it receive, can it store, does it understand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from otel_cert.config.loader import load
from otel_cert.doctor import machine, prices, traffic
from otel_cert.doctor.finding import Finding, State
from otel_cert.errors import NotFound
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout


def examine(config_path: Path | None, data_dir: Path) -> Iterator[Finding]:
    """Yield what is found; writes nothing, and asks nobody outside this machine.

    Raises ConfigError when the configuration cannot be read.
    """
    config = load(config_path, Registry.installed())
    try:
        layout = Layout.open(data_dir)
    except NotFound:
        layout = None
    yield from machine.ports(config, layout)
    yield from machine.disk(data_dir, config.store.min_free_bytes)
    yield prices.age()
    if layout is None:
        yield machine.clock(None)
        text = "there is no store yet"
        yield Finding("traffic", str(data_dir), State.NOTE, text, "otel-cert serve, or otel-cert demo for an example")
    else:
        yield from _stored(layout)


def _stored(layout: Layout) -> Iterator[Finding]:
    try:
        yield machine.clock(layout)
        yield from traffic.traffic(layout)
    except Exception as error:  # whatever is broken there is what the doctor is asked about
        text = f"cannot be read: {type(error).__name__}: {error}"
        yield Finding("store", str(layout.root), State.PROBLEM, text, f"otel-cert verify --data-dir {layout.root}")
