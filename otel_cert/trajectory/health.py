"""How a monitor is: what it has loaded, how much memory that takes, what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a monitor; None is unknown or not applicable."""

    state: str
    """`not loaded`, `loading`, `ready` or `closed`."""
    healthy: bool
    """Whether a call can be expected to succeed: not closed, and the last loading or probe did not fail."""
    model: str
    device: str | None
    fell_back: bool
    """Whether the processor took over because the accelerator's memory was too small."""
    eight_bit: bool
    vocabulary: int | None
    model_bytes: int | None
    """Of the weights."""
    gpu_bytes: int | None
    """What PyTorch holds of the accelerator's memory, of all that this process does."""
    process_bytes: int | None
    """Resident memory of this process."""
    users: int
    """Calls that use the model now."""
    cached: int
    cache_hits: int
    cache_misses: int
    error: str | None
    """Why the last loading or the probe failed."""
    probe_s: float | None = None
    """How long one token took; None when not asked for."""


def process_bytes() -> int | None:
    """Return this process's resident memory; None where /proc does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return int(found) * 1024 if found else None
