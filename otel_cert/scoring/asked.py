"""The scoring servers that this process asks, and how they answer: for the page `/metrics`. Imports no gRPC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from otel_cert.exposition import Family
from otel_cert.scoring.breaker import STATES, Breaker


class Asked(Protocol):
    """A scoring server, as it is asked from here."""

    @property
    def endpoint(self) -> str:
        """`HOST:PORT`."""
        ...

    @property
    def breaker(self) -> Breaker:
        """Its circuit breaker."""
        ...

    @property
    def outcomes(self) -> Counter[tuple[str, str]]:
        """Attempts by method and the name of their status."""
        ...


_asked: list[Asked] = []


def note(remote: Asked) -> None:
    """Show this one too, from now on."""
    _asked.append(remote)


def asked() -> list[Asked]:
    """Return the servers that are asked."""
    return [*_asked]


def families(remotes: Iterable[Asked]) -> tuple[Family, ...]:
    """Return the metrics of some servers."""
    states = Family("otel_cert_scoring_breaker", "gauge", "1 for the state that the circuit breaker is in, else 0.")
    opened = Family("otel_cert_scoring_breaker_opened", "counter", "How often the circuit breaker opened.")
    requests = Family("otel_cert_scoring_requests", "counter", "Attempts to ask a scoring server, by status.")
    for remote in remotes:
        server = remote.endpoint
        for state in STATES:
            states.add(float(remote.breaker.state == state), server=server, state=state)
        opened.add(remote.breaker.opened, server=server)
        for (method, code), count in sorted(remote.outcomes.copy().items()):
            requests.add(count, server=server, method=method, code=code)
    return states, opened, requests
