"""What otel-cert tells about itself: structured logs on stderr, and metrics for Prometheus.

Neither ever holds anything out of a request's content; names, counts, sizes and places in a document are all they take.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
            *(_console() if console else _json()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _console() -> list[structlog.typing.Processor]:
    # Rich tracebacks would show local variables, and with them what senders sent.
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _json() -> list[structlog.typing.Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


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

    def watch_backlog(self, read: Callable[[], float]) -> None:
        """Show `read()`, the acknowledged bytes that are not sealed yet, as a gauge."""
        gauge = Gauge("otel_cert_backlog_bytes", "Acknowledged bytes that are not sealed yet.", registry=self._registry)
        gauge.set_function(read)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)
