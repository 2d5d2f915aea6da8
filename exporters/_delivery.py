"""What one exporter has delivered of one signal: position, counts and refusals, in one file that is replaced at once.

The position is written after the endpoint's answer. A crash between the two sends one batch again: at least once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otel_cert.store.files import make_folder, read_json, write_json

from ._reply import Reply

_REFUSALS_KEPT = 100


@dataclass
class Delivery:
    """Load with `at`; every change becomes durable with `save`."""

    path: Path
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Per receiver (sequence, n): every request up to `sequence`, and `n` rows of the one after it, need no more sending."""
    counts: Counter[str] = field(default_factory=Counter)
    """Items by what became of them; never falls."""
    failures: Counter[str] = field(default_factory=Counter)
    """Attempts that failed, by code; never falls."""
    refusals: list[dict[str, Any]] = field(default_factory=list)
    """The newest batches that were set aside: which requests, why. Their rows stay in the store."""

    @classmethod
    def at(cls, path: Path) -> Delivery:
        """Return the state in a file, or a new one."""
        held = read_json(path) or {"positions": {}, "counts": {}, "failures": {}, "refusals": []}
        positions = {receiver: (sequence, rows) for receiver, (sequence, rows) in held["positions"].items()}
        return cls(path, positions, Counter(held["counts"]), Counter(held["failures"]), held["refusals"])

    def position(self, receiver: str) -> tuple[int, int]:
        """Return how far a receiver's requests need no more sending."""
        return self.positions.get(receiver, (0, 0))

    def refuse(self, receiver: str, first: int, last: int, items: int, reply: Reply) -> None:
        """Note a batch that will not be sent again; batches that follow each other with one code become one entry."""
        new = {
            "receiver": receiver, "first": first, "last": last, "items": items, "code": reply.code,
            "message": reply.message,
        }  # fmt: skip
        newest = self.refusals[-1] if self.refusals else None
        if newest and (newest["receiver"], newest["code"]) == (receiver, reply.code) and first - newest["last"] <= 1:
            newest.update(last=last, items=newest["items"] + items, message=reply.message)
        else:
            self.refusals = [*self.refusals[1 - _REFUSALS_KEPT :], new]

    def save(self) -> None:
        """Write it durably."""
        make_folder(self.path.parent)
        write_json(
            self.path,
            {
                "positions": self.positions,
                "counts": dict(self.counts),
                "failures": dict(self.failures),
                "refusals": self.refusals,
            },
        )
