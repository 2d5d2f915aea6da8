"""What a check looked at and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field

_KEPT = 100
"""Findings kept per check; one fault can touch a million rows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold, or a `note`: worth knowing, and no fault."""

    file: str
    """Relative to the data directory."""
    meaning: str
    next_step: str = ""
    offset: int | None = None
    """Byte offset in the file, where one is known."""
    note: bool = False


@dataclass(slots=True)
class Check:
    """One named check."""

    name: str
    unit: str
    """What `looked_at` counts."""
    looked_at: int = 0
    kept: list[Finding] = field(default_factory=list)
    """The first findings and the first notes, a hundred of each."""
    findings: int = 0
    notes: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was found; notes do not count."""
        return not self.findings

    def fail(self, file: str, meaning: str, next_step: str, *, offset: int | None = None) -> None:
        """Record something that does not hold."""
        self.findings += 1
        if self.findings <= _KEPT:
            self.kept.append(Finding(file, meaning, next_step, offset))

    def note(self, file: str, meaning: str, next_step: str = "", *, offset: int | None = None) -> None:
        """Record something worth knowing."""
        self.notes += 1
        if self.notes <= _KEPT:
            self.kept.append(Finding(file, meaning, next_step, offset, note=True))
