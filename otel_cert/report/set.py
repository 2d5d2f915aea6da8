"""Writes the document set of a system: its documents in each format, their content, evidence and declarations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from otel_cert.errors import UsageError
from otel_cert.questions import SUMMARY
from otel_cert.report import evidence, front
from otel_cert.report.blocks.evidence import used
from otel_cert.report.build import build
from otel_cert.report.context import Context
from otel_cert.report.declaration import lacking
from otel_cert.report.finish import document_id
from otel_cert.report.folder import Approved, Entry, Folder, Manifest, as_json, read_document, write
from otel_cert.report.membership import DECLARATION, absent, members
from otel_cert.report.model import Document
from otel_cert.report.outline import NAMES
from otel_cert.report.plain import content_hash, statements
from otel_cert.report.rendering import Progress, Renderers, render
from otel_cert.report.versions import FIRST, risen


@dataclass
class Written:
    """What writing a set left behind."""

    paths: list[Path] = field(default_factory=list)
    evidence_ids: list[str] = field(default_factory=list)
    snapshot: int = 0
    calls: int = 0
    """Calls of the window."""
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Documents that were not written -> what they lack."""
    warnings: tuple[str, ...] = ()
    """What the front page of every document warns of."""
    known: Counter[str] = field(default_factory=Counter)
    """How many statements of the written documents are known how: measured, declared, expert, open, ..."""


def write_set(
    context: Context,
    output: Path,
    renderers: Renderers,
    *,
    only: Sequence[str] = (),
    language: str = "en",
    after: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Written:
    """Write the documents of the set, or those named in `only`, and what they rest on.

    A document whose content is as before keeps its version and approvals; one that changed rises in version, loses its
    approvals, and its predecessor is kept under `superseded`. A new folder goes on from the versions of the set in `after`,
    which stays as it is.

    Raises:
        UsageError: a document that is named is not of this set, or is refused.
        OtelCertError: the folder cannot be written.

    """
    names = _wanted(context, only)
    folder, written = Folder(output), _begun(context)
    manifest, before = folder.read(), Folder(after or output)
    documents = {name: build(context, name) for name in names}
    if missing := _refused(context, documents):
        if only:
            raise UsageError(f"{DECLARATION} is refused: {'; '.join(missing)}", hint="complete it, then write it again")
        written.refused[DECLARATION] = missing
        del documents[DECLARATION]
    ids: dict[str, None] = {}
    for number, (name, one) in enumerate(documents.items(), 1):
        progress(name, 0, len(renderers))
        ids |= dict.fromkeys(used(block for section in one.sections for block in section.blocks))
        entry = _write_document(context, folder, manifest, before, one, renderers, language, progress)
        manifest.documents[name] = entry
        written.paths += [output / file for file in sorted(entry.files)]
        written.known += Counter(str(statement["kind"]) for statement in statements(one))
        progress("documents", number, len(documents))
    if not only:
        _withdraw(folder, manifest, documents)
    written.evidence_ids = list(ids)
    _write_sources(context, folder, manifest, ids)
    manifest.absent = absent(context) | {name: "; ".join(why) for name, why in written.refused.items()}
    folder.write_manifest(manifest)
    return written


def _begun(context: Context) -> Written:
    summary = context.ask(SUMMARY)
    return Written(snapshot=summary.snapshot, calls=summary.n, warnings=front.warnings(context))


def _wanted(context: Context, only: Sequence[str]) -> tuple[str, ...]:
    known = members(context)
    if not only:
        return known
    for name in only:
        if name not in NAMES:
            raise UsageError(f"there is no document {name!r}", hint=f"valid are: {', '.join(NAMES)}")
        if name not in known:
            why = absent(context).get(name, "this version of otel-cert has no outline of it")
            raise UsageError(f"{name} is not in this set: {why}", hint=f"in it are: {', '.join(known)}")
    return tuple(name for name in known if name in only)


def _refused(context: Context, documents: Mapping[str, Document]) -> tuple[str, ...]:
    """Return what the declaration lacks, if it is to be written: in none of the set's documents may a field be open."""
    if DECLARATION not in documents:
        return ()
    others = [build(context, name) for name in members(context) if name not in documents]
    return lacking(context, [*documents.values(), *others])


def _write_document(
    context: Context,
    folder: Folder,
    manifest: Manifest,
    before: Folder,
    one: Document,
    renderers: Renderers,
    language: str,
    progress: Progress,
) -> Entry:
    """Write one document in each format and return its entry."""
    name, digest, old = one.name, content_hash(one), manifest.documents.get(one.name)
    version, previous = FIRST, _latest(manifest, name)
    approvals: tuple[Approved, ...] = ()
    files: dict[str, str] = {}
    if old is not None and old.content_sha256 == digest:
        version, previous, approvals = old.version, old.previous_version, old.approvals
        files = dict(old.files) if old.language == language else {}
        for file in set(old.files) - set(files):
            (folder.root / file).unlink(missing_ok=True)
    elif old is not None:
        version = risen(old.version, read_document(folder.content(name)), one)
        previous = old.version
        manifest.superseded.append(folder.supersede(name, old))
    elif previous is not None:  # it comes back after the set had none of its name
        version = f"{int(previous.partition('.')[0]) + 1}.0.0"
    elif earlier := before.read().documents.get(name):
        version, previous, approvals = _continued(earlier, digest, before, one)
    identity = document_id(context.system.system.name, context.system.provider.name, name)
    named = replace(one, id=identity, version=version)
    folder.write_document(name, named)
    files |= render(folder, named, previous, approvals, renderers, language, progress)
    return Entry(
        identity, one.title, version, digest, previous, front.generator(), context.created.isoformat(timespec="seconds"),
        front.snapshot_number(context), context.window, language, files, open_items(one), approvals,
    )  # fmt: skip


def _continued(
    earlier: Entry, digest: str, before: Folder, one: Document
) -> tuple[str, str | None, tuple[Approved, ...]]:
    """Return version, previous version and approvals of a document whose earlier content is in another folder."""
    if earlier.content_sha256 == digest:
        return earlier.version, earlier.previous_version, earlier.approvals
    return risen(earlier.version, before.document(one.name), one), earlier.version, ()


def open_items(one: Document) -> int:
    """Return how many fields of a document are open."""
    return sum(statement["kind"] == "open" for statement in statements(one))


def _latest(manifest: Manifest, name: str) -> str | None:
    return next((one.version for one in reversed(manifest.superseded) if one.document == name), None)


def _withdraw(folder: Folder, manifest: Manifest, documents: Mapping[str, Document]) -> None:
    """Keep under `superseded` what the set has no longer."""
    for name in set(manifest.documents) - set(documents):
        manifest.superseded.append(folder.supersede(name, manifest.documents.pop(name)))


def _write_sources(context: Context, folder: Folder, manifest: Manifest, ids: Mapping[str, None]) -> None:
    """Record the evidence in the data directory and copy it, and the declarations, into the set."""
    for id_ in ids:
        if answer := context.answers.get(id_):
            record = evidence.record(context.layout, answer, context.created)
            manifest.evidence[id_] = write(folder.evidence(id_), as_json(asdict(record)))
    content = {
        "system": context.system.model_dump(mode="json"),
        "answers": context.classification.answers,
        "decision": None if context.decision is None else context.decision.model_dump(),
    }
    manifest.declared = write(folder.declared, as_json(content))
    manifest.system, manifest.provider = context.system.system.name, context.system.provider.name
    manifest.classification, manifest.law = context.tier, dict(context.classification.law)
