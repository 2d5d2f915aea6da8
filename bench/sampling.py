"""What a soak looks at every few seconds: memory, files, lag, disk, rates."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

from processes import Server
from traffic import Traffic

from otel_cert.store import snapshots
from otel_cert.store.layout import Layout

Sample = dict[str, float]


class Sampler:
    """Measures one server under traffic; call `take` at intervals."""

    def __init__(self, server: Server, layout: Layout, traffic: Traffic, batch: int, *, earlier: int) -> None:
        """`earlier` requests were acknowledged before this traffic."""
        self._server, self._layout, self._traffic = server, layout, traffic
        self._batch, self._earlier = batch, earlier
        self._began = self._last = time.monotonic()
        self._counted = 0
        self._cpu = {role: server.cpu_s(role) for role in server.pids}

    def take(self) -> Sample:
        """Return one sample; rates and CPU shares are those since the last."""
        now = time.monotonic()
        acknowledged = len(self._traffic.acknowledged_at)
        latencies = self._traffic.take_latencies()
        sample = {
            "minute": (now - self._began) / 60,
            "acknowledged spans/s": (acknowledged - self._counted) * self._batch / (now - self._last),
            "p99 ms": latencies[int(0.99 * len(latencies))] * 1e3 if latencies else 0.0,
            "refused": float(self._traffic.refused),
            **self._lags(now),
            **self._disk(),
        }
        for role, pid in self._server.pids.items():
            used, self._cpu[role] = self._cpu[role], self._server.cpu_s(role)
            sample[f"{role} cores"] = (self._cpu[role] - used) / (now - self._last)
            sample[f"{role} MiB"] = _resident_bytes(pid) / 2**20
            sample[f"{role} open files"] = float(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))
        self._last, self._counted = now, acknowledged
        return sample

    def _lags(self, now: float) -> Sample:
        """Return how long the oldest request that is not sealed, or not computed, has been acknowledged."""
        snapshot = snapshots.latest(self._layout)
        return {
            "sealing lag s": self._waiting_s(snapshot.sealed.get("otlp", 0), now),
            "analysis lag s": self._waiting_s(snapshot.analysed.get("otlp", 0), now),
        }

    def _waiting_s(self, done: int, now: float) -> float:
        at, first = self._traffic.acknowledged_at, max(0, done - self._earlier)
        return now - at[first] if first < len(at) else 0.0

    def _disk(self) -> Sample:
        sizes = {part: _sizes(self._layout.root / part) for part in ("log", "tables", "snapshots")}
        return {
            "log MiB": sum(sizes["log"]) / 2**20,
            "tables MiB": sum(sizes["tables"]) / 2**20,
            "files in tables": float(len(sizes["tables"])),
            "snapshots": float(len(sizes["snapshots"])),
        }


def growth(samples: list[Sample], name: str) -> float:
    """Return the median of the last third of the samples, divided by that of the middle third."""
    third = len(samples) // 3
    middle, last = (median(s[name] for s in part) for part in (samples[third : 2 * third], samples[2 * third :]))
    return last / middle if middle else 1.0 + last


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _sizes(folder: Path) -> list[int]:
    sizes = []
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                sizes.append(path.stat().st_size)
        except FileNotFoundError:  # sealed, compacted or retired meanwhile
            continue
    return sizes
