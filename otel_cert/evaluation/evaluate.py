"""How many answers of a file are supported by their context, and which are not.

Without labels the figure is a *support rate*: a proxy, what a method says. With labels it is compared with people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from otel_cert.evaluation.estimate import Estimate, share
from otel_cert.evaluation.quality import Quality, clusters, quality
from otel_cert.evaluation.scoring import Outcome, Outcomes
from otel_cert.measures.accuracy.marks import Mark
from otel_cert.measures.accuracy.result import Model

SUPPORT_RATE = "support rate (proxy)"
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 20
_EXAMPLES = 5
_LEAST = 5
"""A group of fewer answers is not shown by itself: its rate would say little, and perhaps who is meant."""
_BAD_SHOWN = 20


class Unsupported(Model):
    """Words of an answer that its context does not support."""

    start: int
    """First character in the answer."""
    end: int
    """Behind the last character."""
    text: str
    """The characters."""
    kind: str
    """`number`, `date`, `entity`, `antonym`, `negation`, `pronoun`, `unsupported`, or `claim`: a whole sentence."""
    message: str
    """What differs."""


class Example(Model):
    """An answer."""

    id: str | int
    """As the file has it."""
    score: float
    """Confidence, 0 to 1."""
    label: bool | None
    """Whether people found it supported; null = not labelled."""
    answer: str
    """Its text."""
    unsupported: tuple[Unsupported, ...]
    """Words that are not supported."""


class Group(Model):
    """The answers that share a value of the field asked for."""

    key: str
    """The value; small groups are one, `groups below 5 answers`."""
    groups: int
    """Values that it stands for: 1, or the number of small groups."""
    n: int | None
    """Scored answers; null when too few to be shown."""
    support_rate: Estimate | None
    """Share of them that is supported; null when too few to be shown. Intervals are not corrected for many groups."""


class Bin(Model):
    """Answers by score."""

    low: float
    """From this score."""
    high: float
    """To below this one; the last bin holds 1 too."""
    n: int
    """Answers."""


class BadRow(Model):
    """A row that could not be read, and is left out."""

    place: str
    """Where it stands."""
    why: str
    """What is wrong with it."""


class Registration(Model):
    """Whether the threshold was registered before the answers were made."""

    registered: bool
    """Whether it was, for this method, at all."""
    before_window: bool | None
    """Whether it was before the first answer; null when the time of the answers is not known."""
    time: str | None
    """When, ISO 8601, UTC."""
    who: str | None
    """By whom."""
    sha256: str | None
    """Hash of the registration."""


class Evaluation(Model):
    """What a method says of the answers of a file, and how that compares with labels."""

    term: Literal["support rate (proxy)"]
    """What the rate is. It is no accuracy: that is in `quality`, and needs labels."""
    source: str
    """The file, or which stored calls."""
    source_sha256: str | None
    """SHA-256 of the file; null for stored calls and standard input."""
    method: str
    """What scored."""
    versions: dict[str, str]
    """Versions that the scores depend on."""
    threshold: float
    """Lowest confidence that counts as supported."""
    threshold_source: str
    """Where the threshold comes from."""
    registration: Registration | None
    """Whether it was registered; null when no data directory was asked."""
    rows: int
    """Rows read, also bad and unscored ones."""
    bad: int
    """Rows that could not be read."""
    bad_rows: tuple[BadRow, ...]
    """The first 20 of these."""
    unscored: int
    """Rows without a score: part of no rate."""
    unscored_reasons: dict[str, int]
    """Why, and how often."""
    scored: int
    """Rows with a score."""
    supported: int
    """Of these, at or above the threshold."""
    support_rate: Estimate | None
    """Share of the scored rows at or above the threshold; null without any."""
    clusters: int | None
    """Documents or conversations among the scored rows; null when no row names one."""
    quantiles: dict[str, float]
    """Scores at `p05`, `p25`, `p50`, `p75`, `p95`."""
    histogram: tuple[Bin, ...]
    """Scores in 20 bins of equal width."""
    reasons: dict[str, int]
    """Kind of reason -> answers that have one."""
    languages: dict[str, int]
    """Language whose rules were used -> answers."""
    group_by: str | None
    """The field of `groups`."""
    groups: tuple[Group, ...]
    """Largest first."""
    worst: tuple[Example, ...]
    """The least supported answers."""
    typical: tuple[Example, ...]
    """Answers nearest to the median score."""
    quality: Quality | None
    """Against labels; null when no scored row has one."""
    notes: tuple[str, ...]
    """What else to know."""


def evaluation(
    outcomes: Outcomes,
    *,
    source: str,
    source_sha256: str | None,
    method: str,
    versions: Mapping[str, str],
    threshold: tuple[float, str],
    registration: Registration | None = None,
    group_by: str | None = None,
    examples: int = _EXAMPLES,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Sum up what became of every row."""
    limit, scored = threshold[0], outcomes.scored
    scores = np.array([_score(one) for one in scored])
    passed = [bool(one) for one in scores >= limit]
    named = {one.row.cluster for one in scored} - {None}
    counts, edges = np.histogram(scores, bins=_BINS, range=(0, 1))
    return Evaluation(
        term="support rate (proxy)",
        source=source,
        source_sha256=source_sha256,
        method=method,
        versions=dict(versions),
        threshold=limit,
        threshold_source=threshold[1],
        registration=registration,
        rows=len(scored) + len(outcomes.unscored) + len(outcomes.bad),
        bad=len(outcomes.bad),
        bad_rows=tuple(BadRow(place=one.place, why=one.why) for one in outcomes.bad[:_BAD_SHOWN]),
        unscored=len(outcomes.unscored),
        unscored_reasons=_counted(one.unscored or "" for one in outcomes.unscored),
        scored=len(scored),
        supported=sum(passed),
        support_rate=share(passed, clusters(scored), [one.row.weight for one in scored]),
        clusters=len(named) or None,
        quantiles={f"p{q * 100:02.0f}": float(np.quantile(scores, q)) for q in _QUANTILES if len(scores)},
        histogram=tuple(
            Bin(low=round(float(a), 2), high=round(float(b), 2), n=int(n))
            for a, b, n in zip(edges, edges[1:], counts, strict=False)
        ),
        reasons=_counted(kind for one in scored for kind in {mark.kind for mark in one.marks}),
        languages=_counted(one.language for one in scored if one.language),
        group_by=group_by,
        groups=_groups(scored, passed, group_by) if group_by else (),
        worst=tuple(map(_example, _nearest(scored, 0, examples))),
        typical=tuple(map(_example, _nearest(scored, float(np.median(scores)) if len(scores) else 0, examples))),
        quality=quality(scored, limit),
        notes=tuple(notes),
    )


def _score(outcome: Outcome) -> float:
    if outcome.score is None:
        raise ValueError("not scored")
    return outcome.score


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _groups(scored: Sequence[Outcome], passed: Sequence[bool], by: str) -> tuple[Group, ...]:
    members: dict[str, list[int]] = {}
    for number, one in enumerate(scored):
        members.setdefault(one.row.groups.get(by, "unknown"), []).append(number)
    small = [key for key, of in members.items() if len(of) < _LEAST]
    left = [number for key in small for number in members.pop(key)]
    names = clusters(scored)

    def group(key: str, of: Sequence[int], groups: int = 1) -> Group:
        shown = len(of) >= _LEAST
        rate = share([passed[i] for i in of], [names[i] for i in of], [scored[i].row.weight for i in of])
        return Group(key=key, groups=groups, n=len(of) if shown else None, support_rate=rate if shown else None)

    found = [group(key, of) for key, of in sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))]
    return (*found, *([group(f"groups below {_LEAST} answers", left, len(small))] if small else []))


def _nearest(scored: Sequence[Outcome], to: float, count: int) -> list[Outcome]:
    return sorted(scored, key=lambda one: abs(_score(one) - to))[:count]


def _example(one: Outcome) -> Example:
    text = one.row.answer or ""
    return Example(
        id=one.row.id,
        score=_score(one),
        label=one.row.label,
        answer=text,
        unsupported=tuple(_unsupported(mark, text) for mark in one.marks),
    )


def _unsupported(mark: Mark, text: str) -> Unsupported:
    return Unsupported(
        start=mark.start, end=mark.end, text=text[mark.start : mark.end], kind=mark.kind, message=mark.message
    )
