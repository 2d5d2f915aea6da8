"""`measure()` says whether an answer is supported by its context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar, overload

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.method import Method
from otel_cert.measures.accuracy.method import method as find_method
from otel_cert.measures.accuracy.presets import preset_threshold
from otel_cert.measures.accuracy.result import Measured, Scored

_T = TypeVar("_T")


@overload
def measure(
    answer: str,
    context: str | Sequence[str],
    question: str | None = None,
    threshold: float | None = None,
    preset: str | None = None,
    method: str | Method = "aligned",
) -> Measured: ...


@overload
def measure(
    *,
    text1: str,
    text2: str | Sequence[str],
    question: str | None = None,
    threshold: float | None = None,
    preset: str | None = None,
    method: str | Method = "aligned",
) -> Measured: ...


def measure(
    answer: str | None = None,
    context: str | Sequence[str] | None = None,
    question: str | None = None,
    threshold: float | None = None,
    preset: str | None = None,
    method: str | Method = "aligned",
    *,
    text1: str | None = None,
    text2: str | Sequence[str] | None = None,
) -> Measured:
    """Measure how far `context` supports `answer`; the same input gives the same result, bit for bit.

    Args:
        answer: the text to check.
        context: what it should rest on, one text or a list of chunks.
        question: what was asked; only words that it shares with the answer are judged by it.
        threshold: the lowest confidence, 0 to 1, that counts as supported; else the preset's, else the method's.
        preset: `general`, `financial`, `legal` or `healthcare`: a threshold chosen on named data.
        method: `aligned`, `seed`, `nli`, `judge`, one of another package, or one that was made.
        text1: an older name of `answer`.
        text2: an older name of `context`.

    Raises:
        UsageError: an argument is missing or of no sense.
        NotScored: there is nothing to compare, e.g. an empty context.

    """
    answer = _one("answer", answer, "text1", text1)
    context = _one("context", context, "text2", text2)
    chunks = _chunks(context)
    if not isinstance(answer, str) or not all(isinstance(chunk, str) for chunk in chunks):
        raise UsageError("answer and context are not text", hint="decode bytes first; context may be a list of texts")
    if question is not None and not isinstance(question, str):
        raise UsageError(f"the question is not text but {type(question).__name__}")
    if threshold is not None and (not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1):
        raise UsageError(f"the threshold {threshold} is not between 0 and 1")
    scorer = _made(method) if isinstance(method, str) else method
    value, source = threshold_of(scorer, threshold, preset)
    return judged(scorer.score(answer, chunks, question), scorer, value, source)


def _chunks(context: object) -> list[str]:
    """Return the context as a list; a mapping is none, whose keys would be read."""
    if isinstance(context, str):
        return [context]
    if isinstance(context, (bytes, Mapping)) or not isinstance(context, Iterable):
        raise UsageError(
            f"the context is neither text nor a list of texts but {type(context).__name__}", hint="decode bytes first"
        )
    return list(context)


def judged(scored: Scored, scorer: Method, threshold: float, source: str) -> Measured:
    """Return what was scored, judged by a threshold."""
    claims = tuple(claim.model_copy(update={"supported": claim.score >= threshold}) for claim in scored.claims)
    fields = {name: getattr(scored, name) for name in Scored.model_fields} | {"claims": claims}
    return Measured(
        **fields,
        matched=scored.confidence >= threshold,
        threshold=threshold,
        threshold_source=source,
        method=scorer.name,
        versions=dict(scorer.versions),
    )


def _one(name: str, value: _T | None, older: str, other: _T | None) -> _T:
    if (value is None) == (other is None):
        given = "both were given" if value is not None else "it is missing"
        raise UsageError(f"{name}: {given}", hint=f"give {name}, or by its older name {older}")
    return value if value is not None else other  # type: ignore[return-value]


def threshold_of(scorer: Method, given: float | None = None, preset: str | None = None) -> tuple[float, str]:
    """Return the threshold to judge by and where it comes from; raises UsageError for an unknown preset."""
    if given is not None:
        return given, "given"
    if preset is not None:
        return preset_threshold(preset, scorer.name)
    value, source = scorer.threshold
    return value, source if source.startswith("calibrated ") else f"default ({source})"


_made = cache(find_method)
