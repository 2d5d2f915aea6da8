"""Every path of a data directory; no other module joins path segments.

DATA_DIR/
  log/RECEIVER/SEQUENCE-MARKER.seg   ack log segments (see log.py for the format)
  log/RECEIVER/quarantine/           requests that could not be stored as rows
  tables/NAME/                       one Delta table each, partitioned by receive_day
  state/store.json                   the random id of this data directory
  state/sealed.json                  how far every receiver is sealed, and each raw table's durable version
  state/analysed.json                each derived table's durable version
  snapshots/N.json                   table versions that agree with each other
  pins/N.json                        snapshots that a report relies on, with their file lists
  evidence/ID.json                   figures that reports show: SQL, window, snapshot, result
  locks/ROLE.lock                    one process per role
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from otel_cert.errors import NotFound, OtelCertError

_DIRECTORIES = ("log", "tables", "state", "snapshots", "pins", "evidence", "locks")


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
            layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in _DIRECTORIES:
                (layout.root / name).mkdir(exist_ok=True, mode=0o700)
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

    def segment(self, receiver: str, first_sequence: int, marker: bytes) -> Path:
        """Return the path of a segment; its name carries the first sequence and the record marker."""
        return self.log(receiver) / f"{first_sequence:020d}-{marker.hex()}.seg"

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

    def lock(self, role: str) -> Path:
        """Return the lock file of a role (`receiver-otlp`, `writer`, `analysis`, `publish`)."""
        return self.root / "locks" / f"{role}.lock"
