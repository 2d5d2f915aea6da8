"""Records that a person approved a document: its content's hash, name, role and time. It is no signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from otel_cert.errors import CheckFailed, NotFound, UsageError
from otel_cert.report.folder import Approved, Folder
from otel_cert.report.plain import content_hash
from otel_cert.report.rendering import Renderers, render


def approve(
    folder: Folder,
    name: str,
    *,
    who: str,
    role: str,
    renderers: Renderers,
    with_open_items: str | None = None,
    now: dt.datetime | None = None,
) -> Sequence[str]:
    """Record an approval of a document's content and write its files without DRAFT; return the files.

    Raises:
        NotFound: the set has no such document.
        UsageError: no name or role, or fields are open and no reason is given.
        CheckFailed: the content is not the one that was written.

    """
    manifest = folder.existing()
    entry = manifest.documents.get(name)
    if entry is None:
        raise NotFound(f"the set has no document {name!r}", hint=f"it has: {', '.join(manifest.documents)}")
    if not who.strip() or not role.strip():
        raise UsageError("an approval needs a name and a role", hint="--name NAME --role ROLE")
    if entry.open_items and not (with_open_items or "").strip():
        raise UsageError(
            f"{entry.open_items} fields of {name} are open",
            hint="fill them in and write the set again, or say with --with-open-items REASON why it is approved so",
        )
    document = folder.document(name)
    if content_hash(document) != entry.content_sha256:
        raise CheckFailed(f"{name}: its content is not that of the manifest; write the set again")
    time = (now or dt.datetime.now(dt.UTC)).isoformat(timespec="seconds")
    reason = with_open_items if entry.open_items else None
    approvals = (*entry.approvals, Approved(who, role, time, entry.content_sha256, reason))
    wanted = {file.rpartition(".")[2] for file in entry.files}
    chosen = {ending: made for ending, made in renderers.items() if ending in wanted}
    if missing := wanted - set(chosen):
        raise UsageError(f"{', '.join(sorted(missing))} cannot be written here", hint="install otel-cert[documents]")
    files = render(folder, document, entry.previous_version, approvals, chosen, entry.language)
    manifest.documents[name] = replace(entry, approvals=approvals, files=files)
    folder.write_manifest(manifest)
    return tuple(files)
