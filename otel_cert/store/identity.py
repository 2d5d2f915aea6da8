"""The random id of a data directory, which keeps its evidence ids apart from those of every other one."""

from __future__ import annotations

import secrets

from otel_cert.store.files import read_json, write_json
from otel_cert.store.layout import Layout


def store_id(layout: Layout) -> str:
    """Return the directory's id, 32 hex digits; empty before the first snapshot, and so without figures."""
    held = read_json(layout.identity)
    return str(held["id"]) if held else ""


def ensure(layout: Layout) -> str:
    """Return the directory's id, made now when it has none; the caller holds the lock `publish`."""
    if not store_id(layout):
        write_json(layout.identity, {"id": secrets.token_hex(16)})
    return store_id(layout)
