"""Checks a document set without trusting it: files, evidence, what several documents show, unmarked statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.report import text
from otel_cert.report.agreement import disagreements, figures
from otel_cert.report.evidence import Evidence, ask_again, differences
from otel_cert.report.folder import Folder, Manifest, sha256
from otel_cert.report.model import Document
from otel_cert.report.plain import content_hash, statements
from otel_cert.store.layout import Layout

_NAMED = ("declared", "expert")


def problems(folder: Folder, layout: Layout | None = None) -> list[str]:
    """Return what does not hold in a set, in words; with a data directory each figure is asked again.

    Raises:
        NotFound: there is no set.

    """
    manifest = folder.existing()
    documents: dict[str, Document] = {}
    found = list(_files(folder, manifest))
    for name in manifest.documents:
        try:
            documents[name] = folder.document(name)
        except OtelCertError as error:
            found.append(error.message)
    records, damaged = _records(folder, manifest)
    found += damaged
    for name, document in documents.items():
        if content_hash(document) != manifest.documents[name].content_sha256:
            found.append(f"{name}: its content is not that of the manifest")
        found += _statements(name, document, records)
        found += _values(name, document, records)
    found += _one_snapshot(manifest)
    found += disagreements(documents)
    return [*found, *_again(layout, records)] if layout else found


def _files(folder: Folder, manifest: Manifest) -> Iterator[str]:
    """Yield files that are missing or were changed."""
    expected = {file: digest for entry in manifest.documents.values() for file, digest in entry.files.items()}
    expected |= {f"evidence/{id_}.json": digest for id_, digest in manifest.evidence.items()}
    expected |= {folder.declared.name: manifest.declared}
    for one in manifest.superseded:
        kept = folder.superseded(one.version).root.relative_to(folder.root)
        expected |= {f"{kept}/{file}": digest for file, digest in one.files.items()}
    for file, digest in expected.items():
        path = folder.root / file
        if not path.is_file():
            yield f"{file} is missing"
        elif sha256(path.read_bytes()) != digest:
            yield f"{file} was changed after it was written"
    for name, entry in manifest.documents.items():
        for approval in entry.approvals:
            if approval.content_sha256 != entry.content_sha256:
                yield f"{name}: the approval of {approval.name} is of another content"


def _records(folder: Folder, manifest: Manifest) -> tuple[dict[str, Evidence], list[str]]:
    """Return the evidence by id, and what is wrong with it."""
    records, wrong = {}, []
    for id_ in manifest.evidence:
        try:
            one = Evidence(**json.loads(folder.evidence(id_).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            wrong.append(f"evidence {id_} cannot be read: {error}")
            continue
        if one.asked_id != id_:
            wrong.append(f"evidence {id_} was changed: its contents have another id")
        records[id_] = one
    return records, wrong


def _statements(name: str, document: Document, records: Mapping[str, Evidence]) -> Iterator[str]:
    """Yield statements that do not say how they are known."""
    for one in statements(document):
        where = f"{name}, {one['section']}"
        said = str(one["text"])[:80]
        if one["kind"] == "measured" and one["evidence_id"] not in records:
            yield f"{where}: there is no evidence {one['evidence_id']} of “{said}”"
        if one["kind"] in _NAMED and not (one["by"] and one["on"]):
            yield f"{where}: “{said}” does not say who {_verb(one['kind'])} it, and when"


def _verb(kind: str | None) -> str:
    return "declared" if kind == "declared" else "judged"


def _values(name: str, document: Document, records: Mapping[str, Evidence]) -> Iterator[str]:
    """Yield figures that are not what their evidence holds."""
    for figure in figures(document):
        record = records.get(figure.source.evidence_id)
        if record is None or figure.cell is None:
            continue
        row, column = figure.cell
        if row >= len(record.rows) or column not in record.columns:
            yield f"{name}: {figure.label} is of a cell that evidence {record.id} does not have"
            continue
        value = record.rows[row][record.columns.index(column)]
        if figure.value not in _forms(value):
            yield f"{name}: {figure.label} is {figure.value}, and {value} in evidence {record.id}"


def _forms(value: Any) -> set[str]:
    """Return every text that may stand for a recorded value."""
    candidates = [value]
    if isinstance(value, str):
        with suppress(InvalidOperation):
            candidates.append(Decimal(value))  # amounts are recorded as text
    found = set()
    for candidate in candidates:
        for form in text.FORMS:
            try:
                found.add(form(candidate))
            except (TypeError, ValueError, AttributeError, OverflowError):
                continue  # not a form of this type of value
    return found


def _one_snapshot(manifest: Manifest) -> Iterator[str]:
    """Yield that documents of one set are of different data."""
    for what in ("snapshot", "window"):
        seen: dict[Any, list[str]] = defaultdict(list)
        for name, entry in manifest.documents.items():
            seen[getattr(entry, what)].append(name)
        if len(seen) > 1:
            yield f"documents are of different {what}s: " + "; ".join(f"{k}: {', '.join(v)}" for k, v in seen.items())


def _again(layout: Layout, records: Mapping[str, Evidence]) -> Iterator[str]:
    """Yield evidence that the data directory answers otherwise, at the same snapshot."""
    for record in records.values():
        try:
            found = differences(record, ask_again(layout, record))
        except OtelCertError as error:
            found = [error.message]
        for difference in found:
            yield f"evidence {record.id}, asked again: {difference}"
