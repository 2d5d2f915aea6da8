"""The evidence behind a figure: what was asked, of which snapshot, and what came back; asked again, it must come back.

A record is `evidence/ID.json`. Its id is a hash of question, SQL, parameters, store and snapshot, and the snapshot is
pinned, so the record can be checked as long as the data directory exists.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from otel_cert.errors import NotFound
from otel_cert.questions import Answer
from otel_cert.questions.question import count, evidence_id, run
from otel_cert.report import text
from otel_cert.store.files import read_json, write_json
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect
from otel_cert.store.services import of_services

TOLERANCE = 1e-9
"""Relative difference up to which two floating-point numbers are the same."""

Params = Mapping[str, int | str | None]


@dataclass(frozen=True)
class Result:
    """The rows that a question gave, in JSON's terms (amounts are text), and the calls they rest on."""

    n: int
    columns: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Evidence:
    """One record."""

    id: str
    question: str
    title: str
    sql: str
    params: dict[str, int | str | None]
    window: str
    store: str
    """Random id of the data directory."""
    snapshot: int
    n: int
    columns: list[str]
    rows: list[list[Any]]
    otel_cert_version: str
    created: str
    """ISO 8601, UTC."""
    services: list[str] = field(default_factory=list)
    """The services whose part of the store was asked; none = all of it."""

    @property
    def asked_id(self) -> str:
        """The id that what was asked has: another than `id` when the record was changed."""
        return evidence_id(self.question, self.sql, self.params, self.store, self.snapshot, self.services)

    @property
    def result(self) -> Result:
        """What was recorded."""
        return Result(self.n, self.columns, self.rows)


def record(layout: Layout, answer: Answer, created: dt.datetime) -> Evidence:
    """Write the answer's evidence, unless it is there already, and return it."""
    if existing := read_json(layout.evidence(answer.evidence_id)):
        return Evidence(**existing)
    evidence = Evidence(
        id=answer.evidence_id,
        question=answer.question.name,
        title=answer.question.title,
        sql=answer.sql,
        params=dict(answer.params),
        window=window(answer.params),
        store=answer.store,
        snapshot=answer.snapshot,
        n=answer.n,
        columns=list(answer.columns),
        rows=_plain_rows(answer.rows),
        otel_cert_version=_version(),
        created=created.astimezone(dt.UTC).isoformat(timespec="seconds"),
        services=list(answer.services),
    )
    write_json(layout.evidence(evidence.id), asdict(evidence))
    return evidence


def load(layout: Layout, identifier: str) -> Evidence:
    """Return one record, found by its id or an unambiguous beginning; raise NotFound with the closest ids."""
    known = sorted(path.stem for path in layout.evidence("*").parent.glob("*.json"))
    matches = [i for i in known if identifier and i.startswith(identifier.lower())]
    if len(matches) != 1:
        close = matches or get_close_matches(identifier.lower(), known, n=3, cutoff=0.4)
        nearest = f"closest: {', '.join(close[:3])}; " if close else ""
        raise NotFound(f"no evidence {identifier!r} here", hint=f"{nearest}list all with `otel-cert evidence`")
    return Evidence(**read_json(layout.evidence(matches[0])))


def records(layout: Layout) -> list[Evidence]:
    """Return every record, newest snapshot first."""
    found = [Evidence(**read_json(path)) for path in layout.evidence("*").parent.glob("*.json")]
    return sorted(found, key=lambda e: (-e.snapshot, e.created, e.question, e.id))


def ask_again(layout: Layout, evidence: Evidence, *, current: bool = False) -> Result:
    """Run the recorded SQL at the recorded snapshot, or at the newest one when `current`."""
    with (
        connect(layout.root, snapshot=None if current else evidence.snapshot) as whole,
        of_services(whole, evidence.services) as con,
    ):
        columns, rows = run(con, evidence.sql, evidence.params)
        return Result(count(con, evidence.params), list(columns), _plain_rows(rows))


def differences(evidence: Evidence, again: Result) -> list[str]:
    """Return in words how `again` differs from what was recorded; empty when it is the same."""
    asked = evidence.asked_id
    found = [] if asked == evidence.id else [f"the record was changed: its contents have the id {asked}"]
    if evidence.n != again.n:
        found.append(f"n: {evidence.n:,} recorded, {again.n:,} now")
    if evidence.columns != again.columns:
        return [*found, f"columns: {evidence.columns} recorded, {again.columns} now"]
    return [*found, *_changed_cells(evidence.columns, evidence.rows, again.rows)]


def _changed_cells(columns: Sequence[str], old: Sequence[Sequence[Any]], new: Sequence[Sequence[Any]]) -> list[str]:
    if len(old) != len(new):
        return [f"{text.plural(len(old), 'row')} recorded, {len(new):,} now"]
    return [
        f"row {number}, {column}: {before} recorded, {after} now"
        for number, (was, now) in enumerate(zip(old, new, strict=True), 1)
        for column, before, after in zip(columns, was, now, strict=True)
        if not _same(before, after)
    ]


def _same(before: Any, after: Any) -> bool:
    """Return whether two values are equal; means may differ by the order in which their parts were added up."""
    if isinstance(before, float) and isinstance(after, float):
        return math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=1e-12)
    return bool(before == after)


def _version() -> str:
    try:
        return version("otel-cert")
    except PackageNotFoundError:
        return "unknown (not installed)"


def window(params: Params) -> str:
    """Return the window of a question in words."""
    bounds = {name: value if isinstance(value, int) else None for name, value in params.items()}
    return text.window(bounds.get("since_ns"), bounds.get("until_ns"))


def _plain_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    """Return a value that JSON keeps and that equals itself when read back."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
