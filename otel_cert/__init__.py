"""OpenTelemetry GenAI traces as evidence: durable tables, cost, latency and documents.

    connect        a DuckDB connection with every table and view, pinned to a snapshot
    __version__    the installed version

Importing this package loads nothing else: each public name is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_cert.connection import connect

    __version__: str

__all__ = ["__version__", "connect"]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("otel-cert")
    except PackageNotFoundError:
        return "unknown (not installed)"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return globals().setdefault(name, _version())
    if name == "connect":
        from otel_cert.connection import connect

        return globals().setdefault(name, connect)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
