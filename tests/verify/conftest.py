"""A sound store with everything in it, built once and copied for each test."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from otel_cert.otlp.requests import PROTOBUF
from otel_cert.store import snapshots
from otel_cert.store.log import AckLog
from otel_cert.store.segment import Request
from tests.durability.load import batch
from tests.stored import Store, body, chat, log_body

METRICS = batch("metrics", ["m0", "m1"])
UNSEALED = [body(chat(100 + n, a="b" * 50)) for n in range(4)]


@dataclass(frozen=True)
class Sound:
    """A data directory, and a file that names all that was acknowledged."""

    root: Path
    acknowledged: Path

    @property
    def segments(self) -> list[Path]:
        return sorted((self.root / "log" / "otlp").glob("*.seg"))

    def data_file(self, table: str = "spans") -> Path:
        """Return the largest data file."""
        return max((self.root / "tables" / table).glob("receive_day=*/*.parquet"), key=lambda p: p.stat().st_size)

    def commits(self, table: str = "spans") -> list[Path]:
        return sorted((self.root / "tables" / table / "_delta_log").glob("*.json"))


def _take(store: Store, log: AckLog, request: bytes, signal: str = "traces") -> None:
    log.append([Request(signal, PROTOBUF, request, time.time_ns())])
    store.seal()
    store.analyse()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    folder = tmp_path_factory.mktemp("sound")
    store = Store(folder / "data")
    log = AckLog(store.layout, "otlp", min_free_bytes=0)  # open all the time: what is sealed stays in the log too
    requests = [("logs", log_body(1, "hello")), ("metrics", METRICS)]
    for signal, request in requests:
        _take(store, log, request, signal)
    for trace in range(1, 4):
        _take(store, log, body(chat(trace)))
    snapshots.pin(store.layout, store.snapshot().number)
    _take(store, log, body(chat(4)))
    store.sealer.delta.get("spans").create_checkpoint()
    _take(store, log, body(chat(5)))
    for one in UNSEALED:
        log.append([Request("traces", PROTOBUF, one, time.time_ns())])
    log.close()
    for path in (store.layout.root, *store.layout.root.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    lines = [f"{n:032x} {n:016x}" for n in (*range(1, 6), *range(100, 104))]
    lines += [hashlib.sha256(request).hexdigest() for _, request in requests]
    acknowledged = folder / "acknowledged"
    acknowledged.write_text("\n".join(lines) + "\n")
    return Sound(store.layout.root, acknowledged)


@pytest.fixture
def sound(template: Sound, tmp_path: Path) -> Sound:
    shutil.copytree(template.root, tmp_path / "data")
    return Sound(tmp_path / "data", template.acknowledged)
