"""What is different between two document sets, statement by statement, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from otel_cert.errors import NotFound
from otel_cert.report.blocks import BACK
from otel_cert.report.folder import Folder, read_document
from otel_cert.report.model import Document
from otel_cert.report.plain import statements


def documents(path: Path) -> dict[str, Document]:
    """Return the documents of a set, of a folder of superseded ones, or of one content file.

    Raises:
        NotFound: there is none.

    """
    files = [path] if path.is_file() else sorted(Folder(path).content("*").parent.glob("*.json"))
    if not files:
        raise NotFound(
            f"there is no document set in {path}", hint="name the folder of a set, or of a superseded version"
        )
    found = [read_document(file) for file in files]
    return {one.name: one for one in found}


def differences(old: dict[str, Document], new: dict[str, Document]) -> Iterator[str]:
    """Yield the differences, document by document and section by section; nothing when there are none."""
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield f"{name}: no longer in the set"
        elif name not in old:
            yield f"{name}: new in the set, version {new[name].version}"
        else:
            yield from _document(old[name], new[name])


def _document(old: Document, new: Document) -> Iterator[str]:
    lines = [*_front(old, new), *_sections(old, new)]
    if lines:
        yield f"{new.name}: {old.version} -> {new.version}"
        yield from lines


def _front(old: Document, new: Document) -> Iterator[str]:
    was, now = dict(old.meta), dict(new.meta)
    for label in dict.fromkeys([*was, *now]):
        if was.get(label) != now.get(label):
            yield f"  {label}: {was.get(label, 'not given')} -> {now.get(label, 'not given')}"
    yield from (f"  - warning: {one}" for one in old.warnings if one not in new.warnings)
    yield from (f"  + warning: {one}" for one in new.warnings if one not in old.warnings)


def _sections(old: Document, new: Document) -> Iterator[str]:
    was, now = _said(old), _said(new)
    for heading in dict.fromkeys([*was, *now]):
        before, after = was.get(heading, []), now.get(heading, [])
        changed = list(_lines(before, after))
        if changed:
            yield f"  {heading}"
            yield from changed


def _lines(before: list[str], after: list[str]) -> Iterator[str]:
    matched = SequenceMatcher(a=before, b=after, autojunk=False)
    for what, i, j, k, m in matched.get_opcodes():
        if what != "equal":
            yield from (f"    - {one}" for one in before[i:j])
            yield from (f"    + {one}" for one in after[k:m])


def _said(document: Document) -> dict[str, list[str]]:
    """Return the statements by section; without evidence ids, which name the snapshot and not what was found."""
    found: dict[str, list[str]] = {}
    for one in statements(document):
        section = str(one["section"])
        if section == BACK["evidence"]:
            continue
        who = f" ({one['by']}, {one['on']})" if one["by"] else ""
        found.setdefault(section, []).append(f"[{one['kind']}] {one['text']}{who}")
    return found
