"""Answers of equal meaning, put together greedily."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

Same = Callable[[int, int], bool]
"""Whether two answers, by their places, mean the same."""


def clustered(answers: Sequence[str], same: Same) -> list[list[int]]:
    """Return the places of the answers by meaning, clusters in the order of their first answer.

    As in the paper (Farquhar et al. 2024, Methods), an answer joins the first cluster whose first answer, its
    representative, means the same; otherwise it begins one. When meaning the same is no equivalence - a model may say that
    a = b and b = c, and not a = c - the clusters depend on the order of the answers; when it is, they do not.

    Answers that are equal but for white space and Unicode's ways to write a character are never compared, and blank ones
    mean the same as blank ones only. Takes at most n (n - 1) / 2 comparisons of n different answers.
    """
    clusters: list[list[int]] = []
    known: dict[str, list[int]] = {}
    for place, answer in enumerate(answers):
        plain = _plain(answer)
        if plain not in known:
            known[plain] = _found(place, plain, clusters, answers, same)
        known[plain].append(place)
    return clusters


def _found(place: int, plain: str, clusters: list[list[int]], answers: Sequence[str], same: Same) -> list[int]:
    """Return the cluster for an answer that is like no other in its letters."""
    for cluster in clusters if plain else ():
        if answers[cluster[0]].strip() and same(cluster[0], place):
            return cluster
    clusters.append([])
    return clusters[-1]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
