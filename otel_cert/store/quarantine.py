"""Acknowledged bytes that could not become rows: kept in files, which nothing deletes, with what is known about them.

log/RECEIVER/quarantine/
  00000000000000000017.traces.pb     a request, as received; `otel-cert import` takes it again
  00000000000000000017.reason.json   why, and what the log knew: time, sender, content type
  SEGMENT-START.damaged | .torn      a range of the log that is no record
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import structlog

from otel_cert.store.files import sync, write_json
from otel_cert.store.layout import Layout
from otel_cert.store.segment import Record

log = structlog.get_logger(__name__)

_REASON, _TORN = ".reason.json", ".torn"


def keep(layout: Layout, receiver: str, name: str, data: bytes) -> Path:
    """Write `data` durably and return where; raises OSError when the disk says no."""
    folder = layout.quarantine(receiver)
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / name
    path.write_bytes(data)
    for changed in (path, folder, folder.parent):
        sync(changed)
    return path


def keep_request(layout: Layout, receiver: str, record: Record, reason: str) -> None:
    """Keep a request aside, and say so in the log."""
    request = record.request
    suffix = "json" if request.content_type.endswith("json") else "pb"
    path = keep(layout, receiver, f"{record.sequence:020d}.{request.signal}.{suffix}", request.body)
    about = {
        "reason": reason,
        "signal": request.signal,
        "content_type": request.content_type,
        "received_unix_ns": request.received_unix_ns,
        "subject": request.subject,
        "sha256": hashlib.sha256(request.body).hexdigest(),
    }
    write_json(path.with_name(f"{record.sequence:020d}{_REASON}"), about)
    log.error("a request could not become rows and was kept aside", kept=str(path), signal=request.signal, why=reason)


def count(layout: Layout, receiver: str) -> int:
    """Return how many requests and damaged ranges are kept; torn ends were never acknowledged."""
    return sum(not path.name.endswith((_REASON, _TORN)) for path in layout.quarantine(receiver).glob("[0-9]*"))
