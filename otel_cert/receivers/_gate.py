"""Who may send and read, and how much: bearer tokens, client certificates, rate limits."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable

from otel_cert.errors import PermissionDenied, RateLimited, Unauthenticated
from otel_cert.store.tokens import READ, Tokens

__all__ = ["READ", "Gate", "Rate", "certificate_name"]

_MAX_AUTHORIZATION = 512
_MAX_SUBJECT = 1024
_MAX_CALLERS = 10_000
_BURST_S = 10.0
"""A caller that was quiet may send this many seconds' worth at once."""


class Rate:
    """A token bucket per caller, in `per_second` units; it may go below zero, and then the caller waits."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, caller: str, amount: float) -> None:
        """Take an amount from a caller's bucket."""
        now = time.monotonic()
        with self._lock:
            self._buckets[caller] = (self._level(caller, now) - amount, now)
            self._buckets.move_to_end(caller)
            if len(self._buckets) > _MAX_CALLERS:
                self._buckets.popitem(last=False)

    def wait_s(self, caller: str) -> float:
        """Return how long a caller has to wait until its bucket holds something; 0 when it does."""
        with self._lock:
            level = self._level(caller, time.monotonic())
        return 0.0 if level > 0 else max(-level / self._per_second, 0.001)

    def _level(self, caller: str, now: float) -> float:
        capacity = max(1.0, self._per_second * _BURST_S)
        level, since = self._buckets.get(caller, (capacity, now))
        return min(capacity, level + (now - since) * self._per_second)


class Gate:
    """Says whose request it is, and refuses those who may not; one for all transports of a receiver."""

    def __init__(self, tokens: Tokens | None = None, requests: Rate | None = None, sizes: Rate | None = None) -> None:
        """Without `tokens` nobody is asked who they are; `requests` and `sizes` (bytes) limit each caller."""
        self._tokens = tokens
        self._requests, self._sizes = requests, sizes
        self.open = tokens is None and requests is None and sizes is None
        """Whether it lets everybody pass: a transport need then not even look who it is."""

    def admit(self, authorization: str | None, scope: str, peer: str, certificate: str = "") -> str:
        """Return the subject ('' when no authentication is configured).

        `authorization` is that header, several joined by a comma; `scope` a signal or READ; `peer` the sender's address
        without port; `certificate` the name in its verified TLS certificate, which is the subject when tokens are off.
        Raises Unauthenticated, PermissionDenied, RateLimited.
        """
        subject = certificate if self._tokens is None else self._holder(self._tokens, authorization, scope)
        if len(subject) > _MAX_SUBJECT:
            raise PermissionDenied(f"the name in the certificate is longer than {_MAX_SUBJECT} characters")
        self._limit(subject or peer)
        return subject

    def charge(self, subject: str, peer: str, size: int) -> None:
        """Count the bytes of an admitted request; who sent too many is refused the next time."""
        if self._sizes is not None:
            self._sizes.spend(subject or peer, size)

    def _holder(self, tokens: Tokens, authorization: str | None, scope: str) -> str:
        token = tokens.find(_secret(authorization))
        if token is None:
            raise Unauthenticated("the bearer token is not valid: unknown, expired or revoked")
        if not token.allows(scope):
            raise PermissionDenied(f"the bearer token has no scope for {scope}")
        return token.name

    def _limit(self, caller: str) -> None:
        waits = [rate.wait_s(caller) for rate in (self._requests, self._sizes) if rate is not None]
        if any(waits):
            raise RateLimited("more is sent than the rate limit allows", retry_after_s=math.ceil(max(waits) * 10) / 10)
        if self._requests is not None:
            self._requests.spend(caller, 1)


def _secret(authorization: str | None) -> str:
    """Return the token of an `Authorization` header (RFC 6750, section 2.1)."""
    if not authorization:
        raise Unauthenticated("send a token: `Authorization: Bearer TOKEN`")
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip() or len(authorization) > _MAX_AUTHORIZATION:
        raise Unauthenticated("the Authorization header is not of the form `Bearer TOKEN`")
    return secret.strip()


def certificate_name(names: Iterable[tuple[str, str]]) -> str:
    """Return who a certificate says that it is, from its names (kind, value): the first URI, DNS or e-mail, else CN."""
    found: dict[str, str] = {}
    for kind, value in names:
        found.setdefault(kind, value)
    return next((found[kind] for kind in ("URI", "DNS", "email", "CN") if kind in found), "")
