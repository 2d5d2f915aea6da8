"""`otel-cert tail`: watch calls arrive."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from otel_cert.cli._options import config_option, data_dir_option


@click.command()
@config_option
@data_dir_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one object per line.",
)
@click.option(
    "--interval", type=click.FloatRange(min=0.05), default=0.5, show_default=True, help="Seconds between looks."
)
@click.option("--for", "seconds", type=click.FloatRange(min=0), help="Stop after this many seconds. [default: Ctrl-C]")
def command(config: Path | None, data_dir: Path, output_format: str, interval: float, seconds: float | None) -> None:
    """Show GenAI calls as they arrive, before they are sealed; stop with Ctrl-C."""
    from otel_cert.cli._output import to_json
    from otel_cert.config.loader import load
    from otel_cert.live import Watch
    from otel_cert.registry import Registry
    from otel_cert.store.layout import Layout

    registry = Registry.installed()
    checked = load(config, registry)
    watch = Watch(Layout.open(data_dir), checked, registry)
    click.echo("waiting for calls; Ctrl-C stops", err=True)
    until = None if seconds is None else time.monotonic() + seconds
    while until is None or time.monotonic() < until:
        calls = watch.poll()
        for call in calls.to_pylist() if calls is not None else ():
            click.echo(json.dumps(to_json(call), ensure_ascii=False) if output_format == "json" else _line(call))
        time.sleep(interval)


def _line(call: dict[str, Any]) -> str:
    """Return one call on one line; what is unknown is `?`."""
    shown = {name: "?" if value is None else value for name, value in call.items()}
    cost = f"{call['cost']:.6f} {call['currency']}" if call["cost"] is not None else "cost ?"
    outcome = (
        f"error {call['error']}"
        if call["error"]
        else f"{shown['input_tokens']} -> {shown['output_tokens']} tokens  {cost}"
    )
    clock = call["start_time"].isoformat(timespec="milliseconds")[11:] if call["start_time"] else "?"
    took = f"{call['seconds']:.2f} s" if call["seconds"] is not None else "? s"
    model = f"{shown['operation']} {shown['provider']}/{shown['model']}"
    parts = (clock, shown["service_name"], model, took, outcome)
    return "".join(c for c in "  ".join(map(str, parts)) if c.isprintable())
