"""Bearer tokens: who may send and read. The file holds their SHA-256 only.

A token is a prefix, so that secret scanners know it, and 256 random bits. Nobody can guess among so many, so a fast hash
protects them as well as a slow one would protect a password, and costs a request nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.store.files import lock, read_json, write_json
from otel_cert.store.layout import Layout

log = structlog.get_logger(__name__)

SIGNALS = ("traces", "logs", "metrics")
INGEST, READ, SCORE = "ingest", "read", "score"
SCOPES = (INGEST, *SIGNALS, READ, SCORE)
"""`ingest` sends every signal, a signal's name only that one; `read` reads `/metrics`; `score` asks a scoring server."""

_PREFIX = "otelcert_"
_SECRET_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")
_CHECK_S = 1.0
_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token; times are seconds since 1970."""

    id: str
    name: str
    """Who holds it: the `subject` of what is sent with it."""
    scopes: tuple[str, ...]
    sha256: str
    created: int
    expires: int | None = None
    revoked: int | None = None

    def allows(self, scope: str) -> bool:
        """Return whether it may do what `scope` (`traces`, `logs`, `metrics`, `read`, `score`) names."""
        return scope in self.scopes or (scope in SIGNALS and INGEST in self.scopes)

    def state(self, now: float) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "valid" if self.expires is None or now < self.expires else "expired"


def create(layout: Layout, name: str, scopes: Sequence[str], lifetime_s: float | None = None) -> tuple[str, Token]:
    """Add a token, and return its secret, which is kept nowhere, with what is kept; raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a token", hint="use letters, digits and . _ @ -, at most 128, e.g. checkout"
        )
    if lifetime_s is not None and lifetime_s < 1:
        raise UsageError("a token that expires at once is of no use", hint="write e.g. --expires 90d")
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    now = int(time.time())
    expires = None if lifetime_s is None else now + int(lifetime_s)
    token = Token(secrets.token_hex(4), name, tuple(scopes), _sha256(secret).hex(), now, expires)
    with _locked(layout):
        _write(layout, [*read(layout.tokens), token])
    return secret, token


def revoke(layout: Layout, id_or_name: str) -> list[Token]:
    """Revoke the token with an id, or all of a name, and return them; raises NotFound when no valid one is meant."""
    now = int(time.time())
    with _locked(layout):
        tokens = read(layout.tokens)
        meant = [t for t in tokens if id_or_name in (t.id, t.name) and t.revoked is None]
        if not meant:
            raise NotFound(f"no token {id_or_name!r} to revoke", hint="see `otel-cert token list`")
        _write(layout, [replace(t, revoked=now) if t in meant else t for t in tokens])
    return meant


def read(path: Path) -> list[Token]:
    """Return every token, also expired and revoked ones; raises OtelCertError when the file is damaged."""
    try:
        return [Token(**{**one, "scopes": tuple(one["scopes"])}) for one in read_json(path) or ()]
    except (ValueError, TypeError, KeyError) as error:
        raise OtelCertError(
            f"{path} does not hold tokens: {error}", hint="bring it back from a backup, or remove it and make new ones"
        ) from error


class Tokens:
    """The tokens of a running service; changes of the file are seen within a second, without a restart."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises OtelCertError when it is damaged."""
        self._path = path
        self._lock = threading.Lock()
        self._seen = _identity(path)
        self._checked = time.monotonic()
        self._tokens = _hashed(read(path))
        self.problem: str | None = None
        """Why the tokens in use may be stale, or None."""

    def any_valid(self) -> bool:
        """Return whether somebody holds a valid token."""
        return any(token.state(time.time()) == "valid" for _, token in self._tokens)

    def find(self, secret: str) -> Token | None:
        """Return the valid token with this secret; compares with every one, each in constant time."""
        if time.monotonic() - self._checked >= _CHECK_S:
            self._reload()
        given, found = _sha256(secret), None
        for sha256, token in self._tokens:
            if hmac.compare_digest(sha256, given):
                found = token
        return found if found and found.state(time.time()) == "valid" else None

    def _reload(self) -> None:
        with self._lock:
            self._checked = time.monotonic()
            identity = _identity(self._path)
            if identity == self._seen:
                return
            try:
                self._tokens, self.problem = _hashed(read(self._path)), None
                self._seen = identity
            except (OtelCertError, OSError) as error:
                if self.problem is None:
                    log.error("the tokens cannot be read; those known before stay in force", error=str(error))
                self.problem = f"the tokens cannot be read: {error}"


def _locked(layout: Layout) -> AbstractContextManager[None]:
    return lock(layout.lock("tokens"), "tokens", wait_s=_WAIT_S)


def _write(layout: Layout, tokens: Sequence[Token]) -> None:
    write_json(layout.tokens, [asdict(token) for token in tokens])


def _hashed(tokens: Sequence[Token]) -> list[tuple[bytes, Token]]:
    return [(bytes.fromhex(token.sha256), token) for token in tokens]


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Return what differs after every change: `write_json` replaces the file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
