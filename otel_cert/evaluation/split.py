"""Labelled rows in two halves that share no document or conversation: one to choose on, one to report on."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

from otel_cert.evaluation.quality import clusters
from otel_cert.evaluation.scoring import Outcome


def halves(outcomes: Sequence[Outcome], seed: int) -> tuple[list[Outcome], list[Outcome]]:
    """Return the rows to choose on and those to report on; the same rows and seed give the same halves.

    Clusters go in the order of a keyed hash to whichever half has fewer rows, so that the halves are of about one size.
    """
    chosen: list[Outcome] = []
    reported: list[Outcome] = []
    for members in _shuffled(outcomes, seed):
        (chosen if len(chosen) <= len(reported) else reported).extend(members)
    return chosen, reported


def folds(outcomes: Sequence[Outcome], seed: int, count: int) -> list[list[Outcome]]:
    """Return rows in `count` parts that share no cluster, likewise."""
    parts: list[list[Outcome]] = [[] for _ in range(count)]
    for members in _shuffled(outcomes, seed):
        min(parts, key=len).extend(members)
    return parts


def _shuffled(outcomes: Sequence[Outcome], seed: int) -> list[list[Outcome]]:
    members: dict[Hashable, list[Outcome]] = {}
    for name, one in zip(clusters(outcomes), outcomes, strict=True):
        # A row without a cluster is known by its id, which does not depend on the order of the file.
        key = ("row", str(one.row.id)) if one.row.cluster is None else ("cluster", name)
        members.setdefault(key, []).append(one)
    return [members[key] for key in sorted(members, key=lambda key: hashlib.sha256(f"{seed}\0{key}".encode()).digest())]
