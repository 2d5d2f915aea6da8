"""Encoders of this process: one for each model and its settings, loaded once."""

from __future__ import annotations

import threading
from pathlib import Path

from otel_cert.scoring.cache import Cache, MemoryCache
from otel_cert.scoring.disk import DiskCache
from otel_cert.scoring.encoder import Encoder

MEMORY, DISK = 64 << 20, 1 << 30
"""Usual limits of caches in bytes."""

_encoders: dict[tuple[object, ...], Encoder] = {}
_lock = threading.Lock()


def shared_encoder(
    model: str | None = None,
    *,
    threads: int = 1,
    memory: int = MEMORY,
    disk: int = 0,
    folder: Path | None = None,
) -> Encoder:
    """Return the encoder of this process with these settings; nothing is loaded before its first text.

    Args:
        model: a folder or a hub name; the installed MiniLM when not given.
        threads: of the processor.
        memory: bytes of vectors that are kept in memory; 0 keeps none.
        disk: bytes of vectors that are kept on disk, for all processes; 0 keeps none.
        folder: where on disk; `otel-cert` in the XDG cache folder when not given.

    """
    asked = (model, threads, memory, disk, folder)
    with _lock:
        if asked not in _encoders:
            caches: list[Cache] = [MemoryCache(memory)] if memory else []
            if disk:
                caches.append(DiskCache(folder, disk))
            _encoders[asked] = Encoder(model, threads=threads, caches=caches)
        return _encoders[asked]


def unload() -> None:
    """Free the models of all shared encoders, and what they keep in memory."""
    with _lock:
        for encoder in _encoders.values():
            encoder.unload()
        _encoders.clear()
