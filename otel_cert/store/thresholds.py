"""Thresholds that were registered: by whom, when, for what; so that a report can say it was before the answers it judges.

Each line of the file is one registration with the hash of the line before, so that a line that is changed, removed or put
in between shows. Who may write the file can write all of it anew, or cut its end off: a hash that is kept elsewhere, such as
in a signed report, proves against that.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from otel_cert.errors import OtelCertError, UsageError
from otel_cert.store.files import lock, make_folder, write_bytes
from otel_cert.store.layout import Layout

_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Registered:
    """One registration."""

    time: str
    """When, ISO 8601, UTC, to the microsecond: this machine's clock."""
    who: str
    """Who is responsible."""
    purpose: str
    """What it is to judge."""
    method: str
    """Whose scores it is for."""
    threshold: float
    """Lowest score that counts as supported."""
    chosen_on: str
    """How it was chosen, in words."""
    calibration: str | None
    """SHA-256 of the calibration, where there is one."""
    previous: str
    """Hash of the registration before; empty for the first."""
    sha256: str = ""
    """Hash of all of the above."""

    def hashed(self) -> str:
        """Return the hash that the registration should have."""
        fields = {name: value for name, value in asdict(self).items() if name != "sha256"}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def register(
    layout: Layout,
    *,
    who: str,
    purpose: str,
    method: str,
    threshold: float,
    chosen_on: str,
    calibration: str | None = None,
    now_ns: int | None = None,
) -> Registered:
    """Append a registration, durably, and return it.

    Raises:
        UsageError: it does not say who, or the threshold is not between 0 and 1.
        OtelCertError: the registrations so far are damaged.

    """
    if not who.strip():
        raise UsageError("a registration says who is responsible", hint="give --who NAME")
    if not 0 <= threshold <= 1:
        raise UsageError(f"the threshold {threshold} is not between 0 and 1")
    make_folder(layout.thresholds.parent)
    with lock(layout.lock("thresholds"), "registered thresholds", wait_s=_WAIT_S):
        before = registrations(layout)
        moment = datetime.fromtimestamp((now_ns or time.time_ns()) / 1e9, UTC)
        draft = Registered(
            moment.isoformat(timespec="microseconds").replace("+00:00", "Z"), who, purpose, method, float(threshold),
            chosen_on, calibration, before[-1].sha256 if before else "",
        )  # fmt: skip
        entry = Registered(**{**asdict(draft), "sha256": draft.hashed()})
        # In one step, so that no crash leaves half a line.
        write_bytes(layout.thresholds, b"".join(json.dumps(asdict(one)).encode() + b"\n" for one in (*before, entry)))
    return entry


def registrations(layout: Layout) -> list[Registered]:
    """Return all registrations, the oldest first; raises OtelCertError when one was changed, removed or put in between."""
    try:
        lines = layout.thresholds.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found: list[Registered] = []
    for number, line in enumerate(lines, 1):
        try:
            entry = Registered(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise _damaged(layout, number, str(error)) from error
        if entry.sha256 != entry.hashed() or entry.previous != (found[-1].sha256 if found else ""):
            raise _damaged(layout, number, "its hash does not fit")
        found.append(entry)
    return found


def registered_before(
    layout: Layout, threshold: float, method: str, start_ns: int | None
) -> tuple[Registered, bool | None] | None:
    """Return the first registration of a threshold for a method, and whether it was before `start_ns`.

    None = it was never registered; None for whether = `start_ns` is not known.
    """
    for entry in registrations(layout):
        if entry.method == method and entry.threshold == threshold:
            moment = datetime.fromisoformat(entry.time)
            before = None if start_ns is None else moment.timestamp() * 1e9 < start_ns
            return entry, before
    return None


def _damaged(layout: Layout, line: int, why: str) -> OtelCertError:
    return OtelCertError(
        f"{layout.thresholds}, line {line}: {why}",
        hint="the registrations were changed after they were made; bring the file back from a backup",
    )
