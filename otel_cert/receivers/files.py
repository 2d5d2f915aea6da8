"""Reading recorded telemetry from files into the same path that the network takes.

Understood, each also gzipped: OTLP request bodies in protobuf (the signal is taken from the name, `x.traces.pb`, or given),
OTLP/JSON documents, and JSON lines as the OpenTelemetry Collector's file exporter writes them.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import shutil
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, TypeGuard, cast

from otel_cert.errors import NotFound, Permanent
from otel_cert.otlp.requests import JSON, PROTOBUF, count, parse
from otel_cert.store.segment import Request

RECEIVER = "files"
"""The name of the ack log that imports go through."""

_JSON_KEYS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_ANY_KEY = re.compile(rb'"(resourceSpans|resourceLogs|resourceMetrics)"\s*:')
_FIRST_KEY = re.compile(rb"\s*\{\s*" + _ANY_KEY.pattern)
_SIGNAL_IN_NAME = re.compile(r"(?:^|[._-])(traces|logs|metrics)(?:[._-]|$)", re.IGNORECASE)
_BATCH_BYTES, _BATCH_REQUESTS = 4 << 20, 512


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
    """The file or line holds something else."""


Found = tuple[str, Request | Permanent]
"""(file or file:line, the request there or why there is none)."""


def find(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return what to read and what not to, each once, in name order; raises NotFound.

    To read: what `paths` name, pipes too, and the regular files in folders. Not to: what else is in folders.
    """
    found: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path} does not exist", hint="name a file or a folder with recorded OTLP")
        if not path.is_dir():
            found.append(path)
            continue
        for below in sorted(p for p in path.rglob("*") if not p.is_dir()):
            (found if below.is_file() else others).append(below)
    return list(dict.fromkeys(found)), list(dict.fromkeys(others))


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
    size = 0
    for path in files:
        try:
            for place, found in _requests(path, signal):
                if _is_good(found, place, report):
                    waiting.append(found)
                    size += len(found.body)
                if size >= _BATCH_BYTES or len(waiting) >= _BATCH_REQUESTS:
                    append(waiting)
                    waiting, size = [], 0
            report.files += 1
        except NoTelemetry as reason:
            report.skipped.append((path, reason.message))
        except (OSError, EOFError, zlib.error) as reason:
            report.failed.append((str(path), str(reason)))
        progress(path.stat().st_size)
    append(waiting)
    return report


def _is_good(found: Request | Permanent, place: str, report: Report) -> TypeGuard[Request]:
    """Note in `report` what was found; whether it parses, so that it can become rows."""
    try:
        if isinstance(found, Permanent):
            raise found
        message = parse(found.signal, found.content_type, found.body)
    except Permanent as reason:
        report.failed.append((place, reason.message))
        return False
    report.elements[found.signal] += count(found.signal, message)
    report.requests += 1
    return True


def _requests(path: Path, signal: str | None) -> Iterator[Found]:
    """Yield what one file holds; raises NoTelemetry when that is nothing."""
    named = _SIGNAL_IN_NAME.search(path.name)
    known = named.group(1).lower() if named else signal
    with _open(path) as raw, _unzipped(raw) as file:
        first = next((line for line in file if line.strip()), b"").removeprefix(codecs.BOM_UTF8)
        if not first:
            raise NoTelemetry("empty")
        if first.lstrip()[:1] in (b"{", b"["):
            yield from _json(path, first, file, certain=named is not None)
        elif known:
            file.seek(0)
            yield str(path), _request(known, PROTOBUF, file.read())
        else:
            raise NoTelemetry(
                "not JSON, and its name tells no signal; OTLP protobuf? then --signal traces|logs|metrics"
            )


def _open(path: Path) -> BinaryIO:
    """Open a file so that it can be read twice; what a pipe gives is kept in a temporary file."""
    if path.is_file():
        return path.open("rb")
    kept = TemporaryFile()  # noqa: SIM115 - the caller closes it
    with path.open("rb") as pipe:
        shutil.copyfileobj(pipe, kept)
    kept.seek(0)
    return kept


def _unzipped(file: BinaryIO) -> BinaryIO:
    """Return a file as it is, or unzipped when its first bytes say gzip."""
    gzipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=file)) if gzipped else file


def _json(path: Path, first: bytes, rest: Iterable[bytes], *, certain: bool) -> Iterator[Found]:
    """Yield what a JSON file holds: a document per line, or one document; `certain` when its name says telemetry."""
    if _document(first) is None:
        rest = list(rest)
        if not any(_FIRST_KEY.match(line) for line in rest):  # else only the first line is broken
            first, rest = b"".join([first, *rest]), ()
    found = _from_json(first)
    if isinstance(found, NoTelemetry) and not certain and not _ANY_KEY.search(first):
        raise found
    yield f"{path}:1" if rest else str(path), found
    for number, line in enumerate(rest, 2):
        if line.strip():
            yield f"{path}:{number}", _from_json(line)


def _from_json(body: bytes) -> Request | NoTelemetry:
    """Return the request of a document; whether it is a whole one shows when it is parsed."""
    key = _FIRST_KEY.match(body)
    document = {key.group(1).decode()} if key else _document(body)
    for name, signal in _JSON_KEYS.items():
        if isinstance(document, dict | set) and name in document:
            return _request(signal, JSON, body)
    return NoTelemetry("no JSON with resourceSpans, resourceLogs or resourceMetrics")


def _document(text: bytes) -> object:
    """Return the JSON document; None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _request(signal: str, content_type: str, body: bytes) -> Request:
    return Request(signal, content_type, body, time.time_ns())
