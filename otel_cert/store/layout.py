"""Every path of a data directory; no other module joins path segments.

DATA_DIR/
  log/RECEIVER/SEQUENCE-MARKER-2.seg ack log segments (see segment.py for the format)
  log/RECEIVER/quarantine/           requests that could not be stored as rows
  tables/NAME/                       one Delta table each, partitioned by receive_day
  state/store.json                   the random id of this data directory
  state/sealed.json                  how far every receiver is sealed, and each raw table's durable version
  state/sealing.json                 what the writer is about to seal: there after a crash
  state/claimed.json                 numbers up to which a table may hold requests
  state/analysed.json                each derived table's durable version
  state/analysing.json               what the analysis is about to compute: there after a crash
  state/set_aside.json               traces that killed the analysis
  state/scored.json                  each durable version of the tables that the scoring writes
  state/scored_with.json             what they were scored with
  state/scoring.json                 what the scoring is about to do: there after a crash
  state/scoring_set_aside.json       traces that killed the scoring
  state/tokens.json                  who may send and read: SHA-256 of each bearer token
  snapshots/N.json                   table versions that agree with each other
  pins/N.json                        snapshots that a report relies on, with their file lists
  evidence/ID.json                   figures that reports show: SQL, window, snapshot, result
  evaluation/thresholds.jsonl        thresholds that were registered, each with the hash of the one before
  evaluation/labels/TIME-HASH.json   what people said of answers, one file per import
  incidents/freezes.jsonl            frozen incidents: when, of which snapshot, the hash of each copy
  budgets/EXPORTER.json              what an exporter of budgets has told, and what waits to be delivered
  forward/EXPORTER/SIGNAL.json       how far an exporter has delivered, and what it counted
  metrics/NAME.json                  metrics that another process than the receiver's leaves for the page `/metrics`
  locks/ROLE.lock                    one process per role
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otel_cert.errors import NotFound, OtelCertError
from otel_cert.store.files import make_folder, sync
from otel_cert.store.segment import Segment

_DIRECTORIES = (
    "log",
    "tables",
    "state",
    "snapshots",
    "pins",
    "evidence",
    "evaluation",
    "budgets",
    "forward",
    "metrics",
    "locks",
)


def default_data_dir() -> Path:
    """Return `$OTEL_CERT_DATA_DIR`, else `otel-cert` in the XDG data folder."""
    if given := os.environ.get("OTEL_CERT_DATA_DIR"):
        return Path(given)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "otel-cert"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one data directory."""

    root: Path

    @classmethod
    def create(cls, root: Path | str) -> Layout:
        """Make the directory tree, readable by its owner only, and return it; raises OtelCertError when that fails."""
        layout = cls(Path(root))
        try:
            make_folder(layout.root)
            for name in _DIRECTORIES:
                (layout.root / name).mkdir(exist_ok=True, mode=0o700)
            sync(layout.root)
        except OSError as error:
            raise OtelCertError(
                f"cannot make the data directory {layout.root}: {error.strerror}",
                hint="name a directory that you may write to with --data-dir or OTEL_CERT_DATA_DIR",
            ) from error
        return layout

    @classmethod
    def open(cls, root: Path | str | None = None) -> Layout:
        """Return the existing data directory, or raise NotFound with the next step."""
        layout = cls(Path(root) if root is not None else default_data_dir())
        if not (layout.root / "tables").is_dir():
            raise NotFound(
                f"no otel-cert data in {layout.root}",
                hint="start `otel-cert serve --data-dir DIR`, or `otel-cert import FILE --data-dir DIR`, or name the"
                " right directory with --data-dir or OTEL_CERT_DATA_DIR",
            )
        return layout

    def log(self, receiver: str) -> Path:
        """Return the ack log folder of one receiver."""
        return self.root / "log" / receiver

    def logs(self) -> list[Path]:
        """Return the ack log folders of all receivers, in name order."""
        return sorted(p for p in (self.root / "log").iterdir() if p.is_dir())

    def segment(self, receiver: str, segment: Segment) -> Path:
        """Return the path of a segment."""
        return self.log(receiver) / segment.name

    def quarantine(self, receiver: str) -> Path:
        """Return the folder for records and byte ranges that could not become rows."""
        return self.log(receiver) / "quarantine"

    def table(self, name: str) -> Path:
        """Return the root of a Delta table."""
        return self.root / "tables" / name

    @property
    def identity(self) -> Path:
        """The file with the random id of this data directory."""
        return self.root / "state" / "store.json"

    @property
    def sealed(self) -> Path:
        """The seal progress file."""
        return self.root / "state" / "sealed.json"

    @property
    def analysed(self) -> Path:
        """The durable versions of the derived tables."""
        return self.root / "state" / "analysed.json"

    @property
    def sealing(self) -> Path:
        """What the writer is about to seal."""
        return self.root / "state" / "sealing.json"

    @property
    def claimed(self) -> Path:
        """Per receiver, the number up to which tables may hold requests."""
        return self.root / "state" / "claimed.json"

    @property
    def analysing(self) -> Path:
        """What the analysis is about to compute."""
        return self.root / "state" / "analysing.json"

    @property
    def set_aside(self) -> Path:
        """The traces that killed the analysis."""
        return self.root / "state" / "set_aside.json"

    @property
    def scored(self) -> Path:
        """The durable versions of the tables that the scoring writes."""
        return self.root / "state" / "scored.json"

    @property
    def scored_with(self) -> Path:
        """What the scores were made with, per processor."""
        return self.root / "state" / "scored_with.json"

    @property
    def scoring(self) -> Path:
        """What the scoring is about to do."""
        return self.root / "state" / "scoring.json"

    @property
    def scoring_set_aside(self) -> Path:
        """The traces that killed the scoring."""
        return self.root / "state" / "scoring_set_aside.json"

    @property
    def tokens(self) -> Path:
        """The bearer tokens."""
        return self.root / "state" / "tokens.json"

    def temporaries(self) -> Iterator[Path]:
        """Yield the files that are being written to take another's place, and those that a killed process left so."""
        for folder in ("*", "forward/*", "log/*/quarantine", "tables/*", "tables/*/_delta_log"):
            yield from self.root.glob(f"{folder}/.*.tmp")

    @property
    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return self.root / "snapshots"

    def snapshot(self, number: int) -> Path:
        """Return the file of one snapshot."""
        return self.snapshots / f"{number}.json"

    def pin(self, number: int) -> Path:
        """Return the file that keeps a snapshot readable for ever."""
        return self.root / "pins" / f"{number}.json"

    def evidence(self, evidence_id: str) -> Path:
        """Return the file of one evidence record."""
        return self.root / "evidence" / f"{evidence_id}.json"

    @property
    def thresholds(self) -> Path:
        """The file of registered thresholds."""
        return self.root / "evaluation" / "thresholds.jsonl"

    @property
    def freezes(self) -> Path:
        """The file of what is remembered of frozen incidents."""
        return self.root / "incidents" / "freezes.jsonl"

    @property
    def labels(self) -> Path:
        """The folder of people's labels."""
        return self.root / "evaluation" / "labels"

    def budgets(self, exporter: str) -> Path:
        """Return the file of what an exporter of budgets has told."""
        return self.root / "budgets" / f"{file_name(exporter)}.json"

    def all_budgets(self) -> list[Path]:
        """Return that file of every exporter, in name order."""
        return sorted((self.root / "budgets").glob("*.json"))

    def forwarded(self, exporter: str, signal: str) -> Path:
        """Return the file that says how far an exporter has delivered a signal."""
        return self.root / "forward" / file_name(exporter) / f"{signal}.json"

    def metrics(self, name: str) -> Path:
        """Return the file of metrics for the receiver's page that `name`, an exporter's id, leaves."""
        return self.root / "metrics" / f"{file_name(name)}.json"

    def lock(self, role: str) -> Path:
        """Return the lock file of a role.

        `receiver-otlp`, `writer`, `analysis`, `scoring`, `forward`, `publish`, `tokens`, `thresholds`, `labels`, `freezes`.
        """
        return self.root / "locks" / f"{role}.lock"


def file_name(component_id: str) -> str:
    """Return a component's id as a file name: `otlp/backend` -> `otlp-backend`; a type has no hyphen, so ids stay apart."""
    return component_id.replace("/", "-")
