"""Reading recorded telemetry from files into the same path that the network takes.

Understood, each also gzipped: OTLP request bodies in protobuf (the signal is taken from the name, `x.traces.pb`, or given),
OTLP/JSON documents, and JSON lines as the OpenTelemetry Collector's file exporter writes them.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from otel_cert.errors import NotFound, Permanent
from otel_cert.otlp.requests import GROUPS, parse
from otel_cert.store.segment import Request

RECEIVER = "files"
"""The name of the ack log that imports go through."""

_JSON_KEYS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_SIGNAL_IN_NAME = re.compile(r"(?:^|[._-])(traces|logs|metrics)(?:[._-]|$)", re.IGNORECASE)
_BATCH_BYTES = 4 << 20


@dataclass
class Report:
    """What an import found."""

    files: int = 0
    requests: int = 0
    elements: Counter[str] = field(default_factory=Counter)
    """Spans, log records and metrics per signal."""
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    """Files that are no telemetry, with the reason."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Telemetry that could not be read (file or file:line), with the reason."""


class NoTelemetry(Permanent):
    """The file holds something else."""


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the files among `paths` and below the folders among them, in name order; raises NotFound."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path} does not exist", hint="name a file or a folder with recorded OTLP")
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return found


def read(
    files: Sequence[Path],
    append: Callable[[Sequence[Request]], None],
    *,
    signal: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Append every request in `files` durably, in batches, and return what was found; `progress` takes bytes read.

    `signal` says what protobuf files hold whose name does not tell. A bad file or line stops nothing.
    """
    report = Report()
    waiting: list[Request] = []
    for path in files:
        try:
            for place, found in _requests(path, signal):
                _take(report, waiting, place, found)
                if sum(len(r.body) for r in waiting[-64:]) >= _BATCH_BYTES or len(waiting) >= 512:
                    append(waiting)
                    waiting = []
            report.files += 1
        except NoTelemetry as reason:
            report.skipped.append((path, reason.message))
        except (Permanent, OSError, EOFError, zlib.error) as reason:
            report.failed.append((str(path), getattr(reason, "message", str(reason))))
        progress(path.stat().st_size)
    append(waiting)
    return report


def _take(report: Report, waiting: list[Request], place: str, request: Request) -> None:
    try:
        message = parse(request.signal, request.content_type, request.body)
    except Permanent as reason:
        report.failed.append((place, reason.message))
        return
    outer, inner, leaf = GROUPS[request.signal]
    for resource in getattr(message, outer):
        report.elements[request.signal] += sum(len(getattr(scope, leaf)) for scope in getattr(resource, inner))
    report.requests += 1
    waiting.append(request)


def _requests(path: Path, signal: str | None) -> Iterator[tuple[str, Request]]:
    """Yield (place, request) of one file; raises NoTelemetry when it holds none."""
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if gzipped else path.open("rb") as file:
        start = file.peek(64).lstrip()[:1]  # type: ignore[union-attr]  # both have peek, io.BufferedIOBase has not
        if start in (b"{", b"["):
            yield from _json(path, file)  # type: ignore[arg-type]  # both iterate over lines of bytes
            return
        named = _SIGNAL_IN_NAME.search(path.name)
        known = named.group(1).lower() if named else signal
        if known is None:
            raise NoTelemetry("not JSON, and the name tells no signal; use --signal traces|logs|metrics if it is OTLP protobuf")
        yield str(path), _request(known, "application/x-protobuf", file.read())


def _json(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[str, Request]]:
    """Yield the requests of a JSON file: one document, or one document per line."""
    ahead = iter(lines)
    first = next(line for line in ahead if line.strip())
    try:
        json.loads(first)
    except ValueError:
        body = first + b"".join(ahead)
        yield str(path), _request(_signal_of(body), "application/json", body)
        return
    yield f"{path}:1", _request(_signal_of(first), "application/json", first)
    for number, line in enumerate(ahead, 2):
        if line.strip():
            # A broken line further down is a broken request, not a sign that the file is something else.
            yield f"{path}:{number}", _request(_signal_of(line, otherwise="traces"), "application/json", line)


def _signal_of(body: bytes, otherwise: str | None = None) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    for key, signal in _JSON_KEYS.items():
        if isinstance(document, dict) and key in document:
            return signal
    if otherwise:
        return otherwise
    raise NoTelemetry("JSON without resourceSpans, resourceLogs or resourceMetrics")


def _request(signal: str, content_type: str, body: bytes) -> Request:
    return Request(signal, content_type, body, time.time_ns())
