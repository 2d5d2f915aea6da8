"""Contexts and sets for tests: one store, the two example systems, and a renderer that costs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from otel_cert.law import load_pack
from otel_cert.law.record import Decision
from otel_cert.report.context import Context
from otel_cert.report.declarations import Classified, classified, named, read_system
from otel_cert.report.folder import Folder
from otel_cert.report.model import Document
from otel_cert.report.opening import opened
from otel_cert.report.plain import plain
from otel_cert.report.set import Written, write_set
from otel_cert.report.system import Filled, System
from otel_cert.store.layout import Layout

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2026, 12, 1)
"""Before the legal data have to be reviewed."""
LIMITED = {"default": "no", "answers": {
    "scope.ai_system": "yes", "scope.eu": "yes", "role.provider": "yes", "t.direct": "yes", "g.uses": "yes",
}}  # fmt: skip
DECISION = Decision(name="A. Person", role="counsel", time="2026-11-02T10:00:00+00:00", outcome=None, reason=None)


def text(document: Document) -> bytes:
    """Render a document as JSON, and whether it is a draft."""
    return json.dumps(plain(document), ensure_ascii=False).encode()


RENDERERS = {"txt": text}


def example(name: str) -> System:
    """Return the declarations of an example, with the facts that do not apply to it, about all services of a store."""
    system = read_system(EXAMPLES / name / "system.yaml")
    system = system.model_copy(update={"system": system.system.model_copy(update={"services": ()})})
    why = Filled(not_applicable="It does not arise here.", by="C. Person, expert", on=date(2026, 11, 3))
    facts = {"deployer.name": why, "provider.authorised_representative": why}
    return system.model_copy(update={"fields": {**facts, **system.fields}})


def small(**given: Any) -> System:
    """Return a system of which little is declared."""
    return named("Helper", "Acme", by="B. Person, engineer", on=date(2026, 11, 1)).model_copy(update=given)


def filled(system: System) -> System:
    """Return a system in which every field is filled in."""
    done = Filled(text="Described.", by="C. Person, expert", on=date(2026, 11, 3))
    pack = load_pack()
    fields = {one.id: done for one in pack.requirements} | {
        id_: one for id_, one in system.fields.items() if one.text or one.not_applicable
    }
    return system.model_copy(update={"fields": fields})


@contextmanager
def context(layout: Layout, system: System, answers: Any = None, **given: Any) -> Iterator[Context]:
    """Open a context; `decision` in `given` is a person's."""
    decision, today = given.pop("decision", None), given.pop("today", TODAY)
    pack = given.pop("pack", None) or load_pack()
    if isinstance(answers, dict):
        system = system.model_copy(update={"classification": answers})
    found = classified(system, pack, base=EXAMPLES / "cv_screener", today=today)
    with opened(layout, system, pack, Classified(found.classification, decision, found.warnings), **given) as made:
        yield made


def write(layout: Layout, output: Path, system: System, answers: Any = None, **given: Any) -> Written:
    """Write a set."""
    options = {key: given.pop(key) for key in ("only", "language") if key in given}
    renderers = given.pop("renderers", RENDERERS)
    with context(layout, system, answers, **given) as made:
        return write_set(made, output, renderers, **options)


def shown(folder: Path, name: str) -> dict[str, Any]:
    """Return a document as it was rendered."""
    content: dict[str, Any] = json.loads((folder / f"{name}.txt").read_text())
    return content


def blocks(document: Document, kind: type) -> list[Any]:
    """Return the blocks of one type."""
    return [block for section in document.sections for block in section.blocks if isinstance(block, kind)]


def tampered(folder: Folder, name: str, change: Any) -> None:
    """Change the content of a document and everything that is recorded of it, as a forger would."""
    from dataclasses import replace

    from otel_cert.report.plain import content_hash

    document = change(folder.document(name))
    folder.write_document(name, document)
    manifest = folder.read()
    manifest.documents[name] = replace(manifest.documents[name], content_sha256=content_hash(document))
    folder.write_manifest(manifest)
