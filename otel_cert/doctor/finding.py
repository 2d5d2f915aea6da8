"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    NOTE = "note"
    """Good to know; nothing is wrong."""
    WARNING = "warning"
    """Figures will be incomplete or not to be believed."""
    PROBLEM = "problem"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    area: str
    """ports, disk, prices, clock, store, traffic."""
    subject: str
    """What exactly: an address, a folder, an instrumentation."""
    state: State
    finding: str
    next_step: str | None = None
