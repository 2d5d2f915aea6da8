"""Drawing answers for people to label: seeded, stratified, with the plan that says what each label stands for."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from otel_cert.errors import UsageError
from otel_cert.evaluation.formats import Bad
from otel_cert.evaluation.records import File, Row
from otel_cert.evaluation.scoring import Outcome, Outcomes
from otel_cert.measures.accuracy.result import Model
from otel_cert.store.files import write_text

COLUMNS = ("id", "question", "context", "answer", "label", "spans", "comment", "document", "stratum", "weight")
"""What a sheet to be filled in has; a person writes `label`, and `spans` and `comment` if they like."""

SHEETS = (".csv", ".jsonl", ".ndjson")
"""Endings of sheets."""

_BINS = 5


class Stratum(Model):
    """Answers that are alike in what the plan divides by."""

    name: str
    """E.g. `score 0.2-0.4, model=small`."""
    size: int
    """Answers that there are."""
    drawn: int
    """Answers that were drawn, each with the same chance."""
    weight: float | None
    """How many answers each drawn one stands for: size / drawn; null when none was drawn."""


class Plan(Model):
    """How a sample was drawn."""

    source: str
    """The file."""
    source_sha256: str | None
    """Its SHA-256."""
    seed: int
    """Of the random numbers."""
    asked: int
    """Answers asked for."""
    drawn: int
    """Answers drawn."""
    by: tuple[str, ...]
    """What strata are of: `score`, and fields of the file."""
    strata: tuple[Stratum, ...]
    """All strata; each gets an equal part as far as it has answers, so that rare ones are seen."""
    not_covered: dict[str, int]
    """Rows that could not be drawn, and why: the labels say nothing of them."""


def draw(
    outcomes: Outcomes, n: int, *, seed: int, source: str, source_sha256: str | None, by: Sequence[str] = ()
) -> tuple[Plan, dict[str | int, Stratum]]:
    """Return the plan, and the stratum of each drawn answer by its id.

    Args:
        outcomes: rows with scores; without any, strata are of the fields alone.
        n: how many to draw.
        seed: the same file and seed give the same sample.
        source: the file's name.
        source_sha256: its hash.
        by: fields of the file that divide strata further.

    Raises:
        UsageError: there is nothing to draw from, or n is not positive.

    """
    scored = bool(outcomes.scored)
    population = outcomes.scored if scored else [one for one in outcomes.unscored if one.row.answer]
    if n < 1 or not population:
        raise UsageError("there is nothing to draw", hint="ask for at least one of at least one readable answer")
    members: dict[str, list[str | int]] = {}
    for one in population:
        members.setdefault(_stratum(one, by), []).append(one.row.id)
    shares = _allocated({name: len(ids) for name, ids in members.items()}, n)
    strata: list[Stratum] = []
    drawn: dict[str | int, Stratum] = {}
    for name in sorted(members):
        size, count = len(members[name]), shares[name]
        stratum = Stratum(name=name, size=size, drawn=count, weight=size / count if count else None)
        strata.append(stratum)
        drawn |= dict.fromkeys(random.Random(f"{seed}\0{name}").sample(members[name], count), stratum)  # noqa: S311
    plan = Plan(
        source=source,
        source_sha256=source_sha256,
        seed=seed,
        asked=n,
        drawn=len(drawn),
        by=(*(("score",) if scored else ()), *by),
        strata=tuple(strata),
        not_covered=_not_covered(outcomes, scored),
    )
    return plan, drawn


def _stratum(one: Outcome, by: Sequence[str]) -> str:
    parts = [f"{name}={one.row.groups.get(name, 'unknown')}" for name in by]
    if one.score is not None:
        low = min(int(one.score * _BINS), _BINS - 1)
        parts.insert(0, f"score {low / _BINS:.1f}-{(low + 1) / _BINS:.1f}")
    return ", ".join(parts) or "all"


def _allocated(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Return equal parts, what small strata cannot give going to the others; the smallest are served first."""
    shares, left = {}, n
    for served, name in enumerate(sorted(sizes, key=lambda name: (sizes[name], name))):
        shares[name] = min(sizes[name], -(-left // (len(sizes) - served)))
        left -= shares[name]
    return shares


def _not_covered(outcomes: Outcomes, scored: bool) -> dict[str, int]:
    found: dict[str, int] = {"bad_row": len(outcomes.bad)} if outcomes.bad else {}
    for one in outcomes.unscored:
        if scored or not one.row.answer:
            reason = one.unscored if scored else "no_answer"
            found[reason or ""] = found.get(reason or "", 0) + 1
    return found


def check_sheet(path: Path) -> None:
    """Raise UsageError when a sheet cannot be of this kind, or is there and somebody has begun to label it."""
    if path.suffix.lower() not in SHEETS:
        raise UsageError(f"{path.name}: its ending says no sheet", hint=f"use one of: {', '.join(SHEETS)}")
    if path.is_file() and any(isinstance(row, Bad) or row.label is not None for row in File(path)):
        raise UsageError(
            f"{path} has labels already, or rows that are none of a sheet: they would be lost",
            hint="bring them in with `otel-cert label import`, and write the new sheet to another file",
        )


def write_sheet(path: Path, rows: Iterable[Row | Bad], drawn: Mapping[str | int, Stratum], plan: Plan) -> None:
    """Write the drawn rows, `.csv` or else JSON Lines, for a person to fill in, and `PATH.plan.json` beside them.

    The score is not shown: who knows it labels by it.
    """
    sheet = [_line(row, drawn[row.id]) for row in rows if isinstance(row, Row) and row.id in drawn]
    random.Random(f"{plan.seed}\0order").shuffle(sheet)  # noqa: S311 - in the file's order, neighbours would be alike
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows({**line, "context": _cell(line["context"])} for line in sheet)
    else:
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in sheet), encoding="utf-8")
    write_text(path.with_name(path.name + ".plan.json"), plan.model_dump_json(indent=1) + "\n")


def _line(row: Row, stratum: Stratum) -> dict[str, Any]:
    context = list(row.context) if row.context is not None and len(row.context) != 1 else (row.context or (None,))[0]
    values = (row.id, row.question, context, row.answer, None, None, None, row.cluster, stratum.name, stratum.weight)
    return dict(zip(COLUMNS, values, strict=True))


def _cell(context: object) -> object:
    return json.dumps(context, ensure_ascii=False) if isinstance(context, list) else context
