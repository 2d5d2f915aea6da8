"""Addresses to listen on, as people write them: `HOST:PORT`, e.g. `127.0.0.1:4317` or `[::1]:4318`."""

from __future__ import annotations

import ipaddress
import re
import socket

_HOST = re.compile(r"\[[0-9A-Fa-f:.]+(%\w+)?\]|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*|[\w.-]+")


def checked(endpoint: str | None) -> str | None:
    """Return an endpoint as it is, None for one that is switched off; raises ValueError with what to write."""
    if endpoint is None:
        return None
    host, _, port = endpoint.rpartition(":")
    if not _HOST.fullmatch(host) or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ValueError(f"{endpoint!r} is no endpoint; write HOST:PORT, e.g. 127.0.0.1:4317, or null to switch it off")
    return endpoint


def address_of(endpoint: str) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Return where `HOST:PORT` is, names resolved, the first of several; raises OSError."""
    host, _, port = endpoint.rpartition(":")
    try:
        family, *_, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
    except UnicodeError as error:  # a name with an empty or overlong part
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is no name of a host") from error
    return family, (str(address[0]), int(address[1]))


def is_loopback(endpoint: str) -> bool:
    """Return whether only this machine reaches an endpoint; one that cannot be resolved cannot be listened on either."""
    try:
        address = ipaddress.ip_address(address_of(endpoint)[1][0])
    except OSError:
        return True
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (inner or address).is_loopback
