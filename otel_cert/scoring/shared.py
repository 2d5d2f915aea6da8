"""Encoders of this process: one for each model and its settings, loaded once."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from otel_cert.errors import NotFound, UsageError
from otel_cert.scoring.cache import Cache, MemoryCache
from otel_cert.scoring.disk import DiskCache
from otel_cert.scoring.encoder import Encoder

if TYPE_CHECKING:
    from otel_cert.scoring.remote import Server
    from otel_cert.scoring.remote_models import RemoteLM

MEMORY, DISK = 64 << 20, 1 << 30
"""Usual limits of caches in bytes."""
_SCHEMES = {"grpc": False, "grpcs": True}
"""Of a scoring server's address -> whether to speak TLS."""
_ENVIRONMENT = "OTEL_CERT_SCORE_"

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
        model: a folder or a hub name; the installed MiniLM when not given. `grpc://HOST:PORT`, or `grpcs://` with TLS, asks
            a scoring server; see `is_remote`.
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
            remote = model is not None and is_remote(model)
            _encoders[asked] = (
                _remote(str(model), threads, caches) if remote else Encoder(model, threads=threads, caches=caches)
            )
        return _encoders[asked]


def is_remote(model: str) -> bool:
    """Return whether a model is one of a scoring server, named by its address.

    The environment says how to ask it: OTEL_CERT_SCORE_TOKEN, and for TLS OTEL_CERT_SCORE_CA_FILE,
    OTEL_CERT_SCORE_CERT_FILE and OTEL_CERT_SCORE_KEY_FILE. While it cannot be asked, the installed MiniLM computes, if it is
    the same.
    """
    return model.partition("://")[0] in _SCHEMES and "://" in model


def remote_lm(address: str) -> RemoteLM:
    """Return the language model of a scoring server; see `is_remote`. Nothing is asked before it is used.

    Raises:
        UsageError: the address is none, or the token would be sent without TLS.
        NotFound: a file that the environment names cannot be read.

    """
    from otel_cert.scoring.remote import shared_remote
    from otel_cert.scoring.remote_models import RemoteLM

    return RemoteLM(shared_remote(_server(address)))


def _remote(address: str, threads: int, caches: Sequence[Cache]) -> Encoder:
    from otel_cert.scoring.remote import shared_remote
    from otel_cert.scoring.remote_models import RemoteEncoder

    remote = shared_remote(_server(address))
    try:
        here: Encoder | None = Encoder(threads=threads)
    except NotFound:
        here = None
    return RemoteEncoder(remote, fallback=here, caches=caches)


def _server(address: str) -> Server:
    """Return the scoring server of an address, as the environment says to ask it; see `remote_lm` for what it raises."""
    from otel_cert.config.endpoints import checked
    from otel_cert.scoring.remote import Server

    scheme, _, endpoint = address.partition("://")
    try:
        checked(endpoint)
    except ValueError as error:
        raise UsageError(f"{address} is no scoring server", hint="write e.g. grpcs://gpu.example.com:4319") from error
    tls = _SCHEMES[scheme]
    server = Server(
        endpoint,
        ca_file=_file("CA_FILE") if tls else None,
        cert_file=_file("CERT_FILE") if tls else None,
        key_file=_file("KEY_FILE") if tls else None,
        tls=tls,
        token=os.environ.get(f"{_ENVIRONMENT}TOKEN"),
    )
    if server.token and not tls and not _is_here(endpoint):
        raise UsageError(f"the token would be sent to {endpoint} without TLS", hint=f"write grpcs://{endpoint}")
    return server


def _is_here(endpoint: str) -> bool:
    """Return whether an endpoint is this machine for sure, whatever a name may resolve to later."""
    host = endpoint.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _file(name: str) -> Path | None:
    given = os.environ.get(f"{_ENVIRONMENT}{name}")
    return Path(given) if given else None


def unload() -> None:
    """Free the models of all shared encoders, and what they keep in memory."""
    with _lock:
        for encoder in _encoders.values():
            encoder.unload()
        _encoders.clear()
