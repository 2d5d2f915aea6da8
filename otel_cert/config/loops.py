"""Finds exporters that send to one of our own receivers: what they sent would come back and be sent again, for ever.

Names are compared, not resolved: checking a configuration asks no network.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress

from otel_cert.component import Settings

_EVERYWHERE = {"", "0.0.0.0", "::", "*"}  # noqa: S104 - compared, not bound
_HERE = "localhost"


def loops(receivers: Mapping[str, Settings], exporters: Mapping[str, Settings]) -> Iterator[tuple[str, str, str]]:
    """Yield (exporter, receiver, endpoint) for each endpoint of an exporter at which a receiver listens."""
    listening = [(id_, _place(endpoint)) for id_, settings in receivers.items() for endpoint in settings.listens_on()]
    for exporter, settings in exporters.items():
        for endpoint in settings.sends_to():
            host, port = _place(endpoint)
            for receiver, (listens_at, listens_on) in listening:
                everywhere = listens_at in _EVERYWHERE and host in {_HERE, socket.gethostname().lower()}
                if port == listens_on and port != 0 and (host == listens_at or everywhere):
                    yield exporter, receiver, endpoint


def _place(endpoint: str) -> tuple[str, int]:
    """Return (host, port) of `HOST:PORT`, every name of the loopback interface as one."""
    host, _, port = endpoint.rpartition(":")
    host = host.strip("[]").lower().rstrip(".")
    with suppress(ValueError):  # a name
        host = _HERE if ipaddress.ip_address(host).is_loopback else host
    return host, int(port)
