"""Rows of a file as mappings: JSON Lines, a JSON list, CSV, TSV, Parquet; known by the file's ending."""

from __future__ import annotations

import codecs
import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from otel_cert.errors import NotFound, UsageError

LONGEST = 64 * 2**20
"""Longest line, and longest cell, in bytes."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that is left out."""

    place: str
    """Where it stands, e.g. `line 7`."""
    why: str


Found = Iterator[tuple[str, "Mapping[str, Any] | Bad"]]


def opened(path: Path) -> Found:
    """Yield (place, row) of a file; `-` is JSON Lines on standard input.

    Raises:
        NotFound: there is no such file.
        UsageError: its ending is none of those known, or it is as a whole not what the ending says.

    """
    if str(path) == "-":
        return _json_lines(sys.stdin.buffer)
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        unpack = "unpack it first; " if path.suffix.lower() in _PACKED else ""
        raise UsageError(f"{path.name}: its ending says no format", hint=f"{unpack}use one of: {', '.join(_READERS)}")
    return reader(path)


def length(path: Path) -> int | None:
    """Return about how many rows a file has, or None when only reading it would tell."""
    if str(path) == "-" or not path.is_file() or path.suffix.lower() == ".json":
        return None
    if path.suffix.lower() == ".parquet":
        return _parquet_file(path).metadata.num_rows  # type: ignore[no-any-return]
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b"")) or None


def _read_json_lines(path: Path) -> Found:
    with path.open("rb") as file:
        yield from _json_lines(file)


def _json_lines(file: IO[bytes]) -> Found:
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        place = f"line {number}"
        if len(line) > LONGEST and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
                pass
            yield place, Bad(place, f"it is longer than {LONGEST // 2**20} MiB")
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.strip():
            yield place, _object(line, place)


def _object(line: bytes, place: str) -> Mapping[str, Any] | Bad:
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Bad(place, "it is not UTF-8")
    except (ValueError, RecursionError) as error:
        return Bad(place, f"it is no JSON: {error}")
    return found if isinstance(found, dict) else Bad(place, "it is no object")


def _json(path: Path) -> Found:
    """Read a list of objects; a file that begins otherwise is taken for JSON Lines."""
    content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    if not content.lstrip().startswith(b"["):
        yield from _read_json_lines(path)
        return
    try:
        listed = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path.name} is no JSON: {error}") from error
    for number, found in enumerate(listed, 1):
        place = f"item {number}"
        yield place, found if isinstance(found, dict) else Bad(place, "it is no object")


def _csv(delimiter: str) -> Callable[[Path], Found]:
    def read(path: Path) -> Found:
        csv.field_size_limit(LONGEST)
        # What is not UTF-8 becomes surrogates, which no UTF-8 text has: the row is known by them, and the rest can be read.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter, restkey=_REST)
            _check_header(path, reader)
            while True:
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    yield f"line {reader.line_num}", Bad(f"line {reader.line_num}", f"it is no CSV: {error}")
                    continue
                if row is None:
                    return
                place = f"line {reader.line_num}"
                yield place, _cells(row, place)

    return read


_REST = "\0"
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def _check_header(path: Path, reader: csv.DictReader[str]) -> None:
    try:
        names = "".join(reader.fieldnames or ())
    except csv.Error as error:
        raise UsageError(f"{path.name} is no CSV: {error}") from error
    if "\0" in names or _half(names):
        raise UsageError(f"{path.name} is not UTF-8", hint="save it as UTF-8")


def _half(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def _cells(row: dict[str, Any], place: str) -> Mapping[str, Any] | Bad:
    if _REST in row:
        return Bad(place, "it has more cells than there are columns")
    if any(_half(value) for value in row.values() if value):
        return Bad(place, "it is not UTF-8")
    return {name: value or None for name, value in row.items()}


def _parquet(path: Path) -> Found:
    file, number = _parquet_file(path), 0
    for batch in file.iter_batches(batch_size=256):
        for found in batch.to_pylist():
            number += 1
            yield f"row {number}", found


def _parquet_file(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path.name} is no Parquet file: {error}") from error


_READERS: Mapping[str, Callable[[Path], Found]] = {
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _json,
    ".csv": _csv(","),
    ".tsv": _csv("\t"),
    ".parquet": _parquet,
}
