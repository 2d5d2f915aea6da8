"""Reading recorded telemetry from files into the same path that the network takes.

Understood, each also compressed with gzip or zstd: OTLP request bodies in protobuf (the signal is taken from the name,
`x.traces.pb`, or given), OTLP/JSON documents, what the OpenTelemetry Collector's file exporter writes, lines or frames, and
the histories of other tools that `_foreign.py` knows, as JSON documents or lines. The content says which, never the name.
"""

from __future__ import annotations

import codecs
import json
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from otel_cert.errors import Malformed, NotFound, Permanent
from otel_cert.otlp.requests import JSON, PROTOBUF, count, parse
from otel_cert.receivers._foreign import FORMATS, Converter
from otel_cert.receivers._recording import framed, frames, opened, unpacked
from otel_cert.store.segment import Request

RECEIVER = "files"
"""The name of the ack log that imports go through."""

_JSON_KEYS = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_ANY_KEY = re.compile(rb'"(resourceSpans|resourceLogs|resourceMetrics)"\s*:')
_FIRST_KEY = re.compile(rb"\s*\{\s*" + _ANY_KEY.pattern)
_SIGNAL_IN_NAME = re.compile(r"(?:^|[._-])(traces|logs|metrics)(?:[._-]|$)", re.IGNORECASE)
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two that make a character
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
"""An escape in JSON; the group is a lone surrogate, which no text in protobuf can have: it is stored as spelled."""
_LONE = re.compile(rb"\\u[dD][89a-fA-F]")
_BATCH_BYTES, _BATCH_REQUESTS = 4 << 20, 512
_MOST_UNKNOWN = 1000
"""After so many lines without telemetry a file is taken for something else."""
_NONE = object()
_NO_SIGNAL = "its name tells no signal; OTLP protobuf? then --signal traces|logs|metrics"
_NOT_JSON = "not JSON, or cut off"
_NO_RECORD = f"no JSON with resourceSpans, resourceLogs or resourceMetrics, and no record of {' or '.join(FORMATS)}"


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
    spelled: list[str] = field(default_factory=list)
    """Where text has lone surrogates: they are stored as JSON spells them, `\\ud83d`."""


class NoTelemetry(Permanent):
    """The file or line holds something else."""


Found = tuple[str, Request | Permanent]
"""(file or file:line, the request there or why there is none)."""

Note = Callable[[str], None]
"""Takes a place."""


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
            for place, found in _requests(path, signal, report.spelled.append):
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


def _requests(path: Path, signal: str | None, spelled: Note) -> Iterator[Found]:
    """Yield what one file holds; raises NoTelemetry when that is nothing."""
    named = _SIGNAL_IN_NAME.search(path.name)
    known = named.group(1).lower() if named else signal
    with opened(path) as raw, unpacked(raw) as file:
        if framed(file):
            yield from _messages(path, frames(file), known, spelled)
            return
        before, first = bytearray(), b""
        for first in file:
            if first.strip():
                break
            before += first
        if not first.strip():
            raise NoTelemetry("empty")
        text = first.removeprefix(codecs.BOM_UTF8)
        if text.lstrip()[:1] in (b"{", b"["):
            yield from _known(_json(path, text, file, spelled), certain=named is not None)
        elif known:
            yield str(path), _request(known, PROTOBUF, bytes(before) + first + file.read())
        else:
            raise NoTelemetry(f"not JSON, and {_NO_SIGNAL}")


def _messages(path: Path, messages: Iterable[bytes], signal: str | None, spelled: Note) -> Iterator[Found]:
    """Yield the requests of a file of messages."""
    converter = Converter()
    for number, message in enumerate(messages, 1):
        place = f"{path}#{number}"
        if message[:1] == b"{":
            yield from _from_json(place, message, converter, spelled)
        elif signal:
            yield place, _request(signal, PROTOBUF, message)
        else:
            raise NoTelemetry(_NO_SIGNAL)


def _known(found: Iterable[Found], *, certain: bool) -> Iterator[Found]:
    """Yield what is found; raises NoTelemetry when that begins with many things that are none, and none that is."""
    unknown: list[Found] = []
    for place, one in found:
        if not certain and isinstance(one, NoTelemetry):
            unknown.append((place, one))
            if len(unknown) < _MOST_UNKNOWN:
                continue
            raise one
        certain = True
        yield from unknown
        unknown.clear()
        yield place, one
    if unknown and isinstance(unknown[0][1], NoTelemetry):
        raise unknown[0][1]


def _json(path: Path, first: bytes, rest: Iterable[bytes], spelled: Note) -> Iterator[Found]:
    """Yield what a JSON file holds: a document per line, or one document."""
    converter = Converter()
    if _document(first) is _NONE:
        rest = list(rest)
        whole = b"".join([first, *rest])
        # Else only the first line is broken.
        if _document(whole) is not _NONE or not any(_begins_a_record(line) for line in rest):
            first, rest = whole, ()
    yield from _from_json(f"{path}:1" if rest else str(path), first, converter, spelled)
    for number, line in enumerate(rest, 2):
        if line.strip():
            yield from _from_json(f"{path}:{number}", line, converter, spelled)


def _begins_a_record(line: bytes) -> bool:
    if _FIRST_KEY.match(line):
        return True
    document = _document(line) if line.lstrip()[:1] == b"{" else _NONE
    return document is not _NONE and Converter().requests(document) is not None


def _from_json(place: str, body: bytes, converter: Converter, spelled: Note) -> Iterator[Found]:
    """Yield the requests of a document; whether an OTLP one is whole shows when it is parsed."""
    sent = body
    if _LONE.search(body) and (body := _ESCAPE.sub(_spelled_out, body)) != sent:
        spelled(place)
    key = _FIRST_KEY.match(body)
    document = {key.group(1).decode()} if key else _document(body)
    for name, signal in _JSON_KEYS.items():
        if isinstance(document, dict | set) and name in document:
            yield place, _request(signal, JSON, body)
            return
    if (converted := converter.requests(document, spelled=body != sent)) is not None:
        for within, made in converted:
            yield f"{place}{within}", made if isinstance(made, Permanent) else _request("traces", PROTOBUF, made)
    else:
        kind = Malformed if _ANY_KEY.search(body) else NoTelemetry
        yield place, kind(_NOT_JSON if document is _NONE else _NO_RECORD)


def _spelled_out(escape: re.Match[bytes]) -> bytes:
    return b"\\" + escape[0] if escape[1] else escape[0]


def _document(text: bytes) -> object:
    """Return the JSON document; _NONE when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NONE


def _request(signal: str, content_type: str, body: bytes) -> Request:
    return Request(signal, content_type, body, time.time_ns())
