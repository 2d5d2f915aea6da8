"""The machine: ports, disk, clock."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from otel_cert.config import Config
from otel_cert.config.endpoints import address_of
from otel_cert.doctor.finding import Finding, State
from otel_cert.errors import Locked
from otel_cert.store import snapshots
from otel_cert.store.files import lock
from otel_cert.store.layout import Layout

_FOUNDED = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
"""A clock that says an earlier time is wrong: otel-cert did not exist."""
_SLACK_NS = 5 * 10**9


def ports(config: Config, layout: Layout | None) -> Iterator[Finding]:
    """Say of each address to listen on whether `serve` could."""
    serving = layout is not None and _is_held(layout, "writer")
    for id_, settings in config.receivers.items():
        for transport in ("grpc", "http"):
            endpoint = getattr(getattr(getattr(settings, "protocols", None), transport, None), "endpoint", None)
            if endpoint is not None:
                yield _port(f"{id_} {transport} {endpoint}", endpoint, serving=serving)


def disk(data_dir: Path, least: int) -> Iterator[Finding]:
    """Say whether the data directory can be written, and whether there is room."""
    folder = next(p for p in (data_dir, *data_dir.absolute().parents) if p.exists())
    if not folder.is_dir():
        yield Finding("disk", str(folder), State.PROBLEM, "is no folder", "use another --data-dir")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            "disk", str(folder), State.PROBLEM, "cannot be written", "run as its owner, or use another --data-dir"
        )
        return
    free = shutil.disk_usage(folder).free
    text = f"{_size(free)} free; `serve` pushes back below {_size(least)}"
    if free < least:
        yield Finding("disk", str(folder), State.PROBLEM, text, "free space, or lower store.min_free_bytes")
    elif free < 4 * least:
        yield Finding("disk", str(folder), State.WARNING, text, "free space soon: a million spans take about 400 MB")
    else:
        yield Finding("disk", str(folder), State.OK, text)


def clock(layout: Layout | None) -> Finding:
    """Say whether the clock can be right: what was stored cannot have been stored later than now."""
    now = time.time_ns()
    spoken = datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="seconds")
    step = "set the clock, e.g. `timedatectl set-ntp true`; times of reception come from it"
    if now / 1e9 < _FOUNDED:
        return Finding("clock", spoken, State.PROBLEM, "is before otel-cert existed", step)
    newest = snapshots.latest(layout) if layout else None
    if newest and newest.created_unix_ns > now + _SLACK_NS:
        ahead = newest.created.isoformat(timespec="seconds")
        return Finding("clock", spoken, State.PROBLEM, f"is before snapshot {newest.number}, of {ahead}", step)
    return Finding("clock", spoken, State.OK, "later than everything stored" if newest else "plausible")


def _port(subject: str, endpoint: str, *, serving: bool) -> Finding:
    try:
        family, address = address_of(endpoint)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return _taken(subject, endpoint.rpartition(":")[2], error, serving=serving)
    if serving:
        text = "free, though a service runs over this data directory: it listens elsewhere"
        return Finding("ports", subject, State.NOTE, text)
    return Finding("ports", subject, State.OK, "free")


def _taken(subject: str, port: str, error: OSError, *, serving: bool) -> Finding:
    if error.errno == errno.EADDRINUSE:
        if serving:
            return Finding("ports", subject, State.OK, "in use, and a service runs over this data directory")
        return Finding(
            "ports", subject, State.PROBLEM, "another program listens here", f"`ss -ltnp 'sport = :{port}'` names it"
        )
    step = "use a port above 1023" if error.errno == errno.EACCES else "correct the endpoint"
    return Finding("ports", subject, State.PROBLEM, error.strerror or str(error), step)


def _is_held(layout: Layout, role: str) -> bool:
    """Return whether a process holds a role of this data directory."""
    if not layout.lock(role).exists():
        return False
    try:
        with lock(layout.lock(role), role):
            return False
    except Locked:
        return True
    except OSError:  # a read-only store
        return False


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GiB"
