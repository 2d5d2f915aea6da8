"""The worked cases of a law pack: each says what has to come out of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.law.classify import classify
from otel_cert.law.pack import LawPack

_IN_SCOPE = {"scope.ai_system": "yes", "scope.eu": "yes", "scope.excluded": "no"}
"""What a case takes for granted unless it says otherwise, or leaves everything open."""


def failures(pack: LawPack) -> list[str]:
    """Return a line for each case that comes out otherwise."""
    return [line for case in pack.cases for line in _failure(pack, case)]


def given(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a case, with their default."""
    default = case.get("default", "no")
    unknown = default == "unknown"
    return {"default": "unknown" if unknown else "no", "answers": ({} if unknown else _IN_SCOPE) | case["answers"]}


def _failure(pack: LawPack, case: Mapping[str, Any]) -> list[str]:
    found, expected = classify(given(case), pack=pack), case["expected"]
    wrong = []
    if found.outcome != expected["outcome"]:
        wrong.append(f"{found.outcome} instead of {expected['outcome']}")
    wrong += [f"without {label}" for label in expected.get("labels", ()) if label not in found.labels]
    wrong += [f"with {label}" for label in expected.get("not_labels", ()) if label in found.labels]
    wrong += [f"{id_} is not open" for id_ in expected.get("open_questions", ()) if id_ not in found.open_questions]
    return [f"{case['id']}: {', '.join(wrong)}"] if wrong else []
