"""The folder of a document set, and its manifest: which documents it holds, of which content, data and generator.

manifest.json               what follows, with the SHA-256 of every file
NAME.docx, NAME.pdf ...     the documents
content/NAME.json           what each document says, as data: what is checked, compared and approved
evidence/ID.json            the query and result behind each figure
declared.json               what the organisation declared
superseded/VERSION/         documents whose content changed since, with their content
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from otel_cert.errors import NotFound, OtelCertError
from otel_cert.report.model import Document
from otel_cert.report.plain import document, plain

FORMAT = 1


@dataclass(frozen=True)
class Approved:
    """A person's approval of one content."""

    name: str
    role: str
    time: str
    """ISO 8601, UTC."""
    content_sha256: str
    open_items: str | None = None
    """Why it was approved with open fields."""


@dataclass(frozen=True)
class Entry:
    """One document of a set."""

    id: str
    title: str
    version: str
    """Semantic: major when the outline or classification changes, minor when statements do, patch when figures do."""
    content_sha256: str
    previous_version: str | None
    generator: str
    data_cut_off: str
    snapshot: int
    window: str
    language: str
    files: dict[str, str]
    """File name -> SHA-256."""
    open_items: int
    approvals: tuple[Approved, ...] = ()


@dataclass(frozen=True)
class Superseded:
    """A document as it was before its content changed, or before the set had none of its name any more."""

    document: str
    version: str
    content_sha256: str
    files: dict[str, str]
    approvals: tuple[Approved, ...] = ()


@dataclass
class Manifest:
    """`manifest.json`."""

    system: str = ""
    provider: str = ""
    classification: str = ""
    law: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Entry] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """Documents that this set does not have -> why."""
    superseded: list[Superseded] = field(default_factory=list)
    evidence: dict[str, str] = field(default_factory=dict)
    """Evidence id -> SHA-256 of its record."""
    declared: str = ""
    """SHA-256 of `declared.json`."""
    format: int = FORMAT


@dataclass(frozen=True)
class Folder:
    """The paths below one set."""

    root: Path

    @property
    def manifest(self) -> Path:
        """The list of what is there."""
        return self.root / "manifest.json"

    @property
    def declared(self) -> Path:
        """What was declared."""
        return self.root / "declared.json"

    def content(self, name: str) -> Path:
        """Return what a document says, as data."""
        return self.root / "content" / f"{name}.json"

    def evidence(self, id_: str) -> Path:
        """Return the copy of an evidence record."""
        return self.root / "evidence" / f"{id_}.json"

    def superseded(self, version: str) -> Folder:
        """Return where documents of an earlier version are kept."""
        return Folder(self.root / "superseded" / version)

    def read(self) -> Manifest:
        """Return the manifest; an empty one for a new folder.

        Raises:
            OtelCertError: it cannot be read.

        """
        if not self.manifest.exists():
            return Manifest()
        try:
            return _manifest(json.loads(self.manifest.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OtelCertError(
                f"{self.manifest} is no manifest of a document set: {error}", hint="write the set into another folder"
            ) from error

    def existing(self) -> Manifest:
        """Return the manifest; raise NotFound when there is no set here."""
        if not self.manifest.exists():
            raise NotFound(f"there is no document set in {self.root}", hint="otel-cert report --output DIR writes one")
        return self.read()

    def document(self, name: str) -> Document:
        """Return a document from its content; raise NotFound when it has none."""
        return read_document(self.content(name))

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest."""
        write(self.manifest, as_json(asdict(manifest)))

    def write_document(self, name: str, one: Document) -> None:
        """Replace the content of a document."""
        write(self.content(name), as_json(plain(one)))

    def supersede(self, name: str, entry: Entry) -> Superseded:
        """Move the files of a document to those of its version, and return what is kept there."""
        kept = self.superseded(entry.version)
        moved = [(self.root / file, kept.root / file) for file in entry.files]
        for old, new in [*moved, (self.content(name), kept.content(name))]:
            if old.exists():
                new.parent.mkdir(parents=True, exist_ok=True)
                old.replace(new)
        return Superseded(name, entry.version, entry.content_sha256, entry.files, entry.approvals)


def read_document(path: Path) -> Document:
    """Return the document of a content file; raise NotFound when there is none, OtelCertError when it is damaged."""
    try:
        return document(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise OtelCertError(f"{path} is no content of a document: {error}") from error


def write(path: Path, content: bytes) -> str:
    """Write a file, its folders included, and return the SHA-256 of its content; raise OtelCertError if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OtelCertError(
            f"cannot write {path}: {error.strerror}", hint="name a folder that you may write to as output"
        ) from error
    return sha256(content)


def sha256(content: bytes) -> str:
    """Return the digest in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def as_json(content: Any) -> bytes:
    """Return JSON that a person can read and git can compare."""
    return (json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def _manifest(content: dict[str, Any]) -> Manifest:
    known = {one.name for one in fields(Manifest)}
    if unknown := set(content) - known:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    documents = {name: _entry(one) for name, one in content["documents"].items()}
    superseded = [Superseded(**_approved(one)) for one in content["superseded"]]
    return Manifest(**{**content, "documents": documents, "superseded": superseded})


def _entry(content: dict[str, Any]) -> Entry:
    return Entry(**_approved(content))


def _approved(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "approvals": tuple(Approved(**one) for one in content["approvals"])}
