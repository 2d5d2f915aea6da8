"""Rows scored by a method: a score and the unsupported words, or the reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.evaluation.formats import Bad
from otel_cert.evaluation.records import Row, Source
from otel_cert.measures.accuracy.calibrated import features
from otel_cert.measures.accuracy.marks import Mark, marks
from otel_cert.measures.accuracy.method import Method, NotScored

_LONGEST_REASON = 200
NO_ANSWER, NO_CONTEXT = "no_answer", "no_context"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row; its context is not kept."""

    row: Row
    score: float | None
    """Confidence, 0 to 1; None = not scored."""
    unscored: str | None = None
    """Why it has no score."""
    marks: tuple[Mark, ...] = ()
    """Unsupported words in the answer, in their order."""
    language: str | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    """Part scores, for a calibration."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of every row of a file."""

    scored: list[Outcome]
    unscored: list[Outcome]
    bad: list[Bad]


def score(
    source: Source,
    method: Method,
    threshold: float,
    *,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Outcomes:
    """Score every row.

    Args:
        source: the rows.
        method: what scores.
        threshold: what is marked depends on it; see `marks`.
        progress: told (what, done, total) after each row.

    """
    found, total = Outcomes([], [], []), source.total
    for number, row in enumerate(source, 1):
        if isinstance(row, Bad):
            found.bad.append(row)
        else:
            outcome = _scored(row, method, threshold)
            (found.unscored if outcome.score is None else found.scored).append(outcome)
        progress("scoring", number, max(total or 0, number))
    return found


def _scored(row: Row, method: Method, threshold: float) -> Outcome:
    slim = _slim(row)
    if row.unscorable is not None:
        return Outcome(slim, None, row.unscorable)
    if row.answer is None or not row.answer.strip():
        return Outcome(slim, None, NO_ANSWER)
    if row.context is None or not any(chunk.strip() for chunk in row.context):
        return Outcome(slim, None, NO_CONTEXT)
    try:
        scored = method.score(row.answer, row.context, row.question)
    except NotScored as error:
        return Outcome(slim, None, error.message)
    except (OtelCertError, MemoryError):
        raise
    except Exception as error:  # a method of another package may raise anything: that must not cost the other rows
        return Outcome(slim, None, f"the method failed: {type(error).__name__}: {error}"[:_LONGEST_REASON])
    if not 0 <= scored.confidence <= 1:
        return Outcome(slim, None, "the method gave no score from 0 to 1")
    return Outcome(slim, scored.confidence, None, marks(scored, threshold), scored.language, features(scored))


def _slim(row: Row) -> Row:
    return replace(row, context=None)


def write_scores(path: Path, outcomes: Outcomes, unscored_as: float | None = None) -> None:
    """Write `{"id", "score", "spans": [[start, end, reason], ...]}` per row.

    Unscored rows are left out, unless `unscored_as` says what to write for them: the choice is the reader's, never ours.
    """
    with path.open("w", encoding="utf-8") as file:
        for outcome in (*outcomes.scored, *(outcomes.unscored if unscored_as is not None else ())):
            spans = [[mark.start, mark.end, mark.message] for mark in outcome.marks]
            value = unscored_as if outcome.score is None else outcome.score
            file.write(json.dumps({"id": outcome.row.id, "score": value, "spans": spans}) + "\n")


def read_scores(path: Path) -> dict[str | int, float]:
    """Return id -> score of such a file; also of another tool's.

    Raises:
        NotFound: there is no such file.
        UsageError: a line is no score, or an id is there twice.

    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    found: dict[str | int, float] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                id_, value = _one_score(path, number, line)
                if id_ in found:
                    raise UsageError(f"{path}, line {number}: the id {id_!r} was there before")
                found[id_] = value
    return found


def _one_score(path: Path, number: int, line: bytes) -> tuple[str | int, float]:
    try:
        one: Any = json.loads(line)
        id_, value = one["id"], float(one["score"])
    except (ValueError, TypeError, KeyError, RecursionError):
        one, id_, value = None, None, float("nan")
    if not isinstance(id_, str | int) or isinstance(id_, bool) or not 0 <= value <= 1:
        raise UsageError(
            f"{path}, line {number} is no score from 0 to 1", hint='write {"id": "a", "score": 0.7}, one a line'
        )
    return id_, value


def joined(rows: Iterable[Row | Bad], scores: Mapping[str | int, float]) -> Outcomes:
    """Return rows with scores that were computed before; a row without one is unscored.

    CSV knows no numbers: where no id is equal, the one that reads the same is taken.
    """
    found, as_text = Outcomes([], [], []), {str(id_): value for id_, value in scores.items()}
    for row in rows:
        if isinstance(row, Bad):
            found.bad.append(row)
        elif (value := scores.get(row.id, as_text.get(str(row.id)))) is None:
            found.unscored.append(Outcome(_slim(row), None, "no_score_in_file"))
        else:
            found.scored.append(Outcome(_slim(row), value))
    return found
