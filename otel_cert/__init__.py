"""OpenTelemetry GenAI traces as evidence: durable tables, cost, latency and documents.

    connect        a DuckDB connection with every table and view, pinned to a snapshot
    measure        is an answer supported by its context? scores, claims, and the words that are not
    evaluate_traces   how many answers of stored calls are supported
    instrument     records and exports an application's calls to models; `import otel_cert.auto` does so by itself
    trace          a decorator that records any function
    __version__    the installed version

Importing this package loads nothing else: each public name is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_cert.connection import connect
    from otel_cert.evaluation.traces import evaluate_traces
    from otel_cert.instrument.decorator import trace
    from otel_cert.instrument.setup import instrument
    from otel_cert.measures.accuracy.measure import measure

    __version__: str

__all__ = ["__version__", "connect", "evaluate_traces", "instrument", "measure", "trace"]


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
    if name == "evaluate_traces":
        from otel_cert.evaluation.traces import evaluate_traces

        return globals().setdefault(name, evaluate_traces)
    if name == "instrument":
        import otel_cert.instrument

        return otel_cert.instrument  # the package, which can be called
    if name == "measure":
        from otel_cert.measures.accuracy.measure import measure

        return globals().setdefault(name, measure)
    if name == "trace":
        from otel_cert.instrument.decorator import trace

        return globals().setdefault(name, trace)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
