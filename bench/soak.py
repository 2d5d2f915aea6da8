"""Holds a real `otel-cert serve` under load for long: does memory, lag or anything else grow? Linux only.

python bench/soak.py [--minutes 20] [--load 0.7] [--rate SPANS_PER_S] [--chart docs/images/soak.svg] > soak.json
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import click
from figures import machine
from processes import Server, otel_cert
from sampling import Sample, Sampler, growth
from senders import TRANSPORTS
from soak_chart import chart, image
from stream import Template, templates
from traffic import Traffic

from otel_cert import connect
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout

_TEMPLATE_SPANS = 40_000
_QUIET_S = 15.0
"""As in the default configuration: for so long a trace waits before it is computed."""
_DRAIN_S = 300.0
_LIMITS = {
    "receiver MiB": 1.1, "writer MiB": 1.15, "analysis MiB": 1.15,
    "receiver open files": 1.1, "writer open files": 1.1, "analysis open files": 1.1,
    "sealing lag s": 1.25, "analysis lag s": 1.25, "p99 ms": 1.5, "snapshots": 1.1,
}  # fmt: skip
"""How much the median of the last third may exceed that of the middle third: what grows without end grows by more."""


class Soak:
    """One server, calibrated and then held under load."""

    def __init__(self, server: Server, layout: Layout, batch: int, connections: int, transport: str, seed: int) -> None:
        self._server, self._layout, self._batch = server, layout, batch
        self._connections, self._transport = connections, transport
        self._templates: list[Template] = templates(seed, batch, _TEMPLATE_SPANS)
        self.requests = 0
        """Acknowledged so far."""

    def calibrate(self, seconds: float) -> float:
        """Return the spans per second that are received, sealed and computed when senders never pause."""
        began = time.monotonic()
        traffic = self._traffic(0.0)
        time.sleep(seconds)
        traffic.stop()
        self.requests += len(traffic.acknowledged_at)
        sealed, analysed = self.drain(began)
        return len(traffic.acknowledged_at) * self._batch / max(sealed, analysed - _QUIET_S)

    def hold(self, rate: float, minutes: float, every_s: float) -> list[Sample]:
        """Send at a rate and return the samples."""
        traffic = self._traffic(rate)
        sampler = Sampler(self._server, self._layout, traffic, self._batch, earlier=self.requests)
        samples, until = [], time.monotonic() + minutes * 60
        while time.monotonic() < until:
            time.sleep(every_s)
            samples.append(sampler.take())
            _tell(samples[-1])
        traffic.stop()
        self.requests += len(traffic.acknowledged_at)
        return samples

    def drain(self, since: float) -> tuple[float, float]:
        """Wait until all is sealed and computed; return the seconds from `since` on until it was."""
        sealed_s, deadline = 0.0, time.monotonic() + _DRAIN_S
        while time.monotonic() < deadline:
            snapshot = snapshots.latest(self._layout)
            if not sealed_s and snapshot.sealed.get("otlp", 0) >= self.requests:
                sealed_s = time.monotonic() - since
            if sealed_s and snapshot.analysed.get("otlp", 0) >= self.requests:
                return sealed_s, time.monotonic() - since
            time.sleep(0.1)
        raise click.ClickException(f"not sealed and computed after {_DRAIN_S:.0f} s")

    def stored(self) -> int:
        """Return how many spans are in the table."""
        with connect(self._layout.root) as con:
            ((count,),) = con.execute("SELECT count(*) FROM spans").fetchall()
        return int(count)

    def _traffic(self, rate: float) -> Traffic:
        return Traffic(
            self._transport, self._server.ready[self._transport], self._templates,
            batch=self._batch, connections=self._connections, rate=rate,
        )  # fmt: skip


def verdict(samples: list[Sample], acknowledged: int, stored: int, rate: float) -> list[dict[str, object]]:
    """Return what was checked, the value, its limit, and whether it holds."""
    checks = [(f"{name}: last third / middle third", growth(samples, name), limit) for name, limit in _LIMITS.items()]
    half = samples[len(samples) // 2 :]
    held = sum(s["acknowledged spans/s"] for s in half) / len(half) / rate
    rows: list[dict[str, object]] = [
        {"check": name, "value": round(value, 3), "limit": f"<= {limit}", "holds": value <= limit}
        for name, value, limit in checks
    ]
    refused = samples[-1]["refused"]
    return [
        {
            "check": "stored / acknowledged",
            "value": stored / acknowledged,
            "limit": "1",
            "holds": stored == acknowledged,
        },
        {"check": "requests refused", "value": refused, "limit": "0", "holds": refused == 0},
        {"check": "rate held, part of the wanted", "value": round(held, 3), "limit": ">= 0.98", "holds": held >= 0.98},
        *rows,
    ]


def _tell(sample: Sample) -> None:
    shown = ("acknowledged spans/s", "p99 ms", "sealing lag s", "analysis lag s", "writer MiB", "analysis MiB")
    values = ", ".join(f"{name} {sample[name]:,.0f}" for name in shown)
    click.echo(f"{sample['minute']:6.1f} min: {values}", err=True)


@click.command()
@click.option("--minutes", type=float, default=20.0, show_default=True)
@click.option("--load", "load_", type=float, default=0.7, show_default=True, help="Part of the highest sustained rate.")
@click.option("--rate", type=float, help="Spans per second, instead of a calibration.")
@click.option("--calibrate", type=float, default=20.0, show_default=True, help="Seconds of sending without a pause.")
@click.option("--batch", type=int, default=512, show_default=True, help="Spans per request.")
@click.option("--connections", type=int, default=4, show_default=True)
@click.option("--transport", type=click.Choice(TRANSPORTS), default="grpc", show_default=True)
@click.option("--every", type=float, default=5.0, show_default=True, help="Seconds between two samples.")
@click.option(
    "--grace", default="2m", show_default=True, help="As in the configuration's `store`: cleaning has its turn."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=tempfile.gettempdir(),
              help="Where the data is written, and removed again.")  # fmt: skip
@click.option("--chart", "chart_path", type=click.Path(path_type=Path), help="Draw the samples there (.svg or .png).")
def main(
    minutes: float, load_: float, rate: float | None, calibrate: float, batch: int, connections: int, transport: str,
    every: float, grace: str, seed: int, folder: Path, chart_path: Path | None,
) -> None:  # fmt: skip
    """Hold the load, print samples on stderr and everything as JSON on stdout; exit 1 when something grows or is lost."""
    host = machine(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="otel-cert-soak-") as place:
        config, data = Path(place, "config.yaml"), Path(place, "data")
        config.write_text(f"store: {{grace: {grace}}}\n")
        with otel_cert(data, config) as server:
            soak = Soak(server, Layout(data), batch, connections, transport, seed)
            highest = soak.calibrate(calibrate) if rate is None else rate / load_
            rate = highest * load_
            click.echo(f"holding {rate:,.0f} spans/s, {load_:.0%} of {highest:,.0f}", err=True)
            samples = soak.hold(rate, minutes, every)
            soak.drain(time.monotonic())
            stored = soak.stored()
    rows = verdict(samples, soak.requests * batch, stored, rate)
    options = {"minutes": minutes, "batch": batch, "connections": connections, "transport": transport, "grace": grace}
    found = {"machine": host, "options": options, "highest spans/s": round(highest), "rate spans/s": round(rate)}
    click.echo(json.dumps(found | {"verdict": rows, "samples": samples}, indent=1))
    if chart_path:
        chart_path.write_bytes(image(chart(samples), chart_path.suffix))
    for row in rows:
        click.echo(f"{'ok  ' if row['holds'] else 'FAIL'} {row['check']}: {row['value']} ({row['limit']})", err=True)
    sys.exit(not all(row["holds"] for row in rows))


if __name__ == "__main__":
    main()
