"""What otel-cert tells about itself: structured logs on stderr, and metrics for Prometheus.

Neither ever holds anything out of a request's content; names, counts, sizes and places in a document are all they take.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from otel_cert.errors import OtelCertError
from otel_cert.exposition import Files

_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class LogSettings(Protocol):
    """The part of the configuration that logging needs."""

    @property
    def log_level(self) -> str:
        """`debug`, `info`, `warning` or `error`."""
        ...

    @property
    def log_format(self) -> str:
        """`console`, `json`, or `auto`: console on a terminal, else json."""
        ...


def configure_logging(settings: LogSettings) -> None:
    """Send this process's structlog events to stderr."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_traceback),
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(level, logging.WARNING), force=True)


class _Libraries(logging.Handler):
    """Takes what libraries log; of each message the first line as it stands in their code, without its arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, str(record.msg).partition("\n")[0], logger=record.name, exc_info=record.exc_info)


def _traceback(exc_info: structlog.typing.ExcInfo) -> str:
    """Return where an exception and its causes were raised, and their types.

    A message may quote what a sender sent, so it is shown only where it cannot: the system's errors, and ours.
    """
    error: BaseException | None = exc_info[1]
    parts: list[str] = []
    while error is not None:
        told = f": {error}" if isinstance(error, OtelCertError) or getattr(error, "errno", None) else ""
        parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + told)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nand then\n\n".join(reversed(parts))


class Metrics:
    """The metrics of one receiver process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "otel_cert_receiver_requests",
            "Export requests answered.",
            ("signal", "transport", "outcome"),
            registry=registry,
        )
        self.items = Counter(
            "otel_cert_receiver_items", "Spans, log records and metrics acknowledged.", ("signal",), registry=registry
        )
        self.bytes = Counter(
            "otel_cert_receiver_bytes", "Decompressed bytes acknowledged.", ("signal",), registry=registry
        )
        self.rejections = Counter(
            "otel_cert_receiver_rejections", "Requests refused.", ("transport", "reason"), registry=registry
        )
        self.oddities = Counter(
            "otel_cert_receiver_oddities", "Acknowledged rows per flag.", ("signal", "flag"), registry=registry
        )
        self.commit_seconds = Histogram(
            "otel_cert_receiver_commit_seconds",
            "Time until a commit was durable.",
            ("transport",),
            buckets=_COMMIT_BUCKETS_S,
            registry=registry,
        )

        self._expiry = Gauge(
            "otel_cert_tls_certificate_expiry_timestamp_seconds",
            "When the certificate in use expires.",
            ("transport",),
            registry=registry,
        )
        self._stale = Gauge(
            "otel_cert_tls_renewal_failed",
            "1 while renewed certificate files are not sound, and the ones before stay in use.",
            ("transport",),
            registry=registry,
        )

    def watch_backlog(self, read: Callable[[], float]) -> None:
        """Show `read()`, the acknowledged bytes that are not sealed yet, as a gauge."""
        gauge = Gauge("otel_cert_backlog_bytes", "Acknowledged bytes that are not sealed yet.", registry=self._registry)
        gauge.set_function(read)

    def watch_certificate(self, transport: str, expires: Callable[[], float], stale: Callable[[], float]) -> None:
        """Show when a transport's TLS certificate expires, and whether renewed files wait that are not sound."""
        self._expiry.labels(transport).set_function(expires)
        self._stale.labels(transport).set_function(stale)

    def watch_quarantine(self, read: Callable[[], float]) -> None:
        """Show `read()`, the acknowledged requests that could not become rows, as a gauge."""
        text = "Acknowledged requests and log ranges that could not become rows and were kept aside."
        Gauge("otel_cert_quarantined", text, registry=self._registry).set_function(read)

    def show_files(self, paths: Sequence[Path]) -> None:
        """Show the metrics that other processes leave in these files; see `exposition`."""
        self._registry.register(Files(paths))

    def page(self, accept: str = "") -> tuple[bytes, str]:
        """Return (all metrics, content type) in the format that an Accept header asks for: OpenMetrics, or Prometheus'."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
