"""Certificates of one endpoint: read, checked, and taken over when their files change.

A renewed pair that does not fit, or has expired, is logged and left aside; the one in use stays until a sound one is there.
"""

from __future__ import annotations

import ssl
import stat
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from otel_cert.errors import ConfigError, ConfigProblem
from otel_cert.receivers._settings import TlsSettings

log = structlog.get_logger(__name__)

# Forward secrecy and authenticated encryption only; TLS 1.3 knows nothing else. grpcio's own list is the same in kind.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

_Identity = tuple[tuple[int, int, int], ...]


class Unsound(Exception):
    """A file is not what `key` says it is."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Pair:
    """A sound certificate with its key, and who may sign the senders' certificates."""

    certificate: bytes
    key: bytes
    client_ca: bytes | None
    expires: datetime
    context: ssl.SSLContext


class Certificates:
    """The newest sound pair of an endpoint; safe to use from many threads."""

    def __init__(self, settings: TlsSettings, path: str) -> None:
        """Read the files; raises ConfigError, naming the key below `path`, when they are not sound."""
        self._settings = settings
        self._lock = threading.Lock()
        self._seen = _identity(settings)
        self._checked = time.monotonic()
        try:
            self._pair = _load(settings)
        except Unsound as error:
            raise ConfigError([ConfigProblem(str(error), f"{path}.{error.key}")], source="TLS") from error
        if settings.key_file and settings.key_file.stat().st_mode & stat.S_IROTH:
            log.warning(
                "every user of this machine can read the private key: chmod 600", key_file=str(settings.key_file)
            )
        self.stale = False
        """Whether there are newer files that are not sound."""

    def current(self) -> Pair:
        """Return the pair to use for a new connection, after a look at the files when it is time for one."""
        if time.monotonic() - self._checked >= self._settings.reload_interval:
            with self._lock:
                self._checked = time.monotonic()
                self._renew()
        return self._pair

    def expires_unix_s(self) -> float:
        """Return when the certificate in use expires, seconds since 1970."""
        return self.current().expires.timestamp()

    def problem(self) -> str | None:
        """Return why senders will not connect, or None."""
        expires = self.current().expires
        return f"the TLS certificate expired at {expires:%Y-%m-%d %H:%M} UTC" if expires < datetime.now(UTC) else None

    def _renew(self) -> None:
        identity = _identity(self._settings)
        if identity == self._seen:
            return
        try:
            pair = _load(self._settings)
        except Unsound as error:
            if not self.stale:
                log.error("renewed TLS files are not taken over", key=error.key, problem=str(error))
            self.stale = True
            return
        if identity == _identity(self._settings):  # else they changed while they were read; the next look sees it
            self._pair, self._seen, self.stale = pair, identity, False
            log.info("renewed TLS files taken over", expires=pair.expires.isoformat())


class RotatingContext(ssl.SSLContext):
    """Begins each connection with the newest pair, in a context of its own.

    Sessions, and the keys of their tickets, belong to a context: none survives a renewal, so that nobody whose authority
    was removed comes back by resuming one.
    """

    certificates: Certificates

    @classmethod
    def of(cls, certificates: Certificates) -> RotatingContext:
        """Return the context for a server's endpoint."""
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context.certificates = certificates
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a connection; asyncio and uvloop call this once for each."""
        return self.certificates.current().context.wrap_bio(*args, **kwargs)


def grpc_credentials(certificates: Certificates) -> grpc.ServerCredentials:
    """Return credentials that begin each connection with the newest pair."""
    used = first = certificates.current()

    def renewed() -> Any:
        nonlocal used
        pair = certificates.current()
        if pair is used:
            return None
        used = pair
        return _grpc_pair(pair)

    return grpc.dynamic_ssl_server_credentials(
        _grpc_pair(first), renewed, require_client_authentication=first.client_ca is not None
    )


def _grpc_pair(pair: Pair) -> Any:
    return grpc.ssl_server_certificate_configuration([(pair.key, pair.certificate)], pair.client_ca)


def _load(settings: TlsSettings) -> Pair:
    certificate, key = _bytes(settings.cert_file, "cert_file"), _bytes(settings.key_file, "key_file")
    client_ca = _bytes(settings.client_ca_file, "client_ca_file") if settings.client_ca_file else None
    leaf = _certificates(certificate, "cert_file")[0]
    _check_time(leaf, "cert_file")
    if _public_key(key) != _certified_key(leaf):
        raise Unsound("key_file", f"{settings.key_file} is not the key of the certificate in {settings.cert_file}")
    if client_ca is not None:
        authorities = _certificates(client_ca, "client_ca_file")
        _check_time(
            max(authorities, key=lambda a: a.not_valid_after_utc), "client_ca_file"
        )  # a bundle may hold old ones
    try:
        context = _context(settings, client_ca)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise Unsound("cert_file", f"cannot be used: {error}") from error
    return Pair(certificate, key, client_ca, leaf.not_valid_after_utc, context)


def _context(settings: TlsSettings, client_ca: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    assert settings.cert_file is not None  # noqa: S101 - TLS is on
    context.load_cert_chain(settings.cert_file, settings.key_file)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an intermediate authority will do, as over gRPC
        context.load_verify_locations(cadata=client_ca.decode("ascii", "ignore"))
        # Resuming a session would skip the check that the sender's certificate is still valid.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
    return context


def _bytes(path: Path | None, key: str) -> bytes:
    assert path is not None  # noqa: S101 - the settings were checked
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unsound(key, f"cannot read {path}: {error.strerror}") from error


def _certificates(pem: bytes, key: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Unsound(key, "holds no certificate in PEM") from error


def _public_key(pem: bytes) -> Any:
    try:
        return load_pem_private_key(pem, None).public_key()
    except TypeError as error:
        raise Unsound("key_file", "the key has a passphrase; write one without, readable by its owner only") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unsound("key_file", "holds no private key in PEM") from error


def _certified_key(certificate: x509.Certificate) -> Any:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unsound("cert_file", "the certificate has a key of an unknown kind") from error


def _check_time(certificate: x509.Certificate, key: str) -> None:
    now, begin, end = datetime.now(UTC), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    name = certificate.subject.rfc4514_string()
    if end < now:
        raise Unsound(key, f"the certificate {name} expired at {end:%Y-%m-%d %H:%M} UTC; renew it")
    if begin > now:
        raise Unsound(key, f"the certificate {name} is valid only from {begin:%Y-%m-%d %H:%M} UTC")


def _identity(settings: TlsSettings) -> _Identity | None:
    """Return what differs after a change of any file; None when one is not there."""
    files = filter(None, (settings.cert_file, settings.key_file, settings.client_ca_file))
    try:
        return tuple((s.st_ino, s.st_mtime_ns, s.st_size) for s in (file.stat() for file in files))
    except OSError:
        return None
