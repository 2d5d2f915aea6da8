"""Semantic entropy of stored calls: requests whose answers were drawn more than once, and how many meanings those have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from otel_cert.evaluation.records import clean
from otel_cert.measures.accuracy.result import Model
from otel_cert.measures.entropy.meaning import Meaning
from otel_cert.measures.entropy.semantic import MOST, SemanticEntropy, semantic_entropy
from otel_cert.processors.call_texts import choices, texts
from otel_cert.questions import SEMANTIC_ENTROPY, ask

if TYPE_CHECKING:
    import duckdb


class Drawn(Model):
    """Where an answer is stored."""

    trace_id: str
    """Trace of its call."""
    span_id: str
    """Span of its call."""
    choice: int
    """Which of the call's choices, from 0."""


class Sampled(Model):
    """A request with several answers."""

    request: str
    """Digest of the request."""
    service: str | None
    """Service that made it."""
    provider: str | None
    """Provider."""
    model: str | None
    """Model asked for, else model that answered."""
    temperature: float | None
    """Temperature asked for; None when not recorded."""
    calls: int
    """Calls of the request."""
    choices: int
    """Their choices."""
    first_unix_ns: int
    """Start of the first call, ns since 1970."""
    last_unix_ns: int
    """Start of the last call, ns since 1970."""
    without_text: int
    """Of the choices that were read, those that call a tool or have no text: no answers."""
    answers: tuple[Drawn, ...]
    """Where the answers are stored; the members of clusters are places in this list."""
    result: SemanticEntropy
    """How far they differ in meaning; its `left_out` counts all choices beyond those that were read."""


class SampledRequests(Model):
    """The requests of some calls that have several answers."""

    calls: int
    """Calls of the window."""
    requests: tuple[Sampled, ...]
    """Those with the highest entropy first, those without one last."""
    evidence_id: str
    """Evidence id of which requests and calls these are."""
    snapshot: int
    """Snapshot of the store."""


class _Said(NamedTuple):
    drawn: Drawn
    text: str
    logprobs: Sequence[float] | None


def sampled_requests(
    con: duckdb.DuckDBPyConnection,
    meaning: Meaning,
    *,
    params: Mapping[str, int | str | None] | None = None,
    with_question: bool = False,
    most: int = MOST,
) -> SampledRequests:
    """Return the semantic entropy of the requests whose answers were drawn more than once.

    Args:
        con: of `otel_cert.connect()`.
        meaning: decides whether two answers mean the same.
        params: of the question `semantic_entropy`: window, filters (`Scope.params()`), `unknown_temperature`, `most`
            requests.
        with_question: put the last text of the user before each answer, if `meaning` reads it.
        most: answers of a request to compare, the earliest ones.

    Raises:
        UsageError: a parameter is unknown, or has no such value.
        NotFound: the model of `meaning` cannot be found.

    """
    asked = ask(con, SEMANTIC_ENTROPY, **(params or {}))
    found = [_sampled(con, row, meaning, with_question, most) for row in asked.dicts()]
    found.sort(key=lambda one: -1.0 if one.result.entropy is None else one.result.entropy, reverse=True)
    return SampledRequests(calls=asked.n, requests=tuple(found), evidence_id=asked.evidence_id, snapshot=asked.snapshot)


def _sampled(
    con: duckdb.DuckDBPyConnection, row: Mapping[str, Any], meaning: Meaning, with_question: bool, most: int
) -> Sampled:
    read = row["members"][:most]  # each has a choice at least
    calls = _calls(con, read)
    drawn = [choice for id_ in read for choice in _choices(calls[id_])]
    answers = [choice for choice in drawn if isinstance(choice, _Said)]
    first = calls[read[0]]
    result = semantic_entropy(
        [answer.text for answer in answers],
        meaning,
        question=clean(texts(first).user) if with_question else None,
        logprobs=[answer.logprobs for answer in answers],
        most=most,
    )
    return Sampled(
        **{name: row[name] for name in ("request", "service", "provider", "model", "temperature", "calls")},
        **{name: row[name] for name in ("first_unix_ns", "last_unix_ns")},
        choices=row["n"],
        without_text=len(drawn) - len(answers),
        answers=tuple(answer.drawn for answer in answers[: result.n]),
        result=result.model_copy(update={"left_out": result.left_out + row["n"] - len(drawn)}),
    )


def _calls(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    sql = (resources.files(__package__) / "semantic_calls.sql").read_text(encoding="utf-8")
    rows = con.sql(sql, params={"ids": list(ids)}).to_arrow_table().to_pylist()
    return {row["id"]: row for row in rows}


def _choices(call: Mapping[str, Any]) -> list[_Said | None]:
    """Return the choices of a call; None for one that is no answer."""
    trace_id, _, span_id = call["id"].partition("/")
    said = choices(call["output_messages"])
    known = _logprobs(call["logprobs"], len(said))
    return [
        None if text is None else _Said(Drawn(trace_id=trace_id, span_id=span_id, choice=n), clean(text), known[n])
        for n, text in enumerate(said)
    ]


def _logprobs(sent: str | None, n: int) -> list[Sequence[float] | None]:
    """Return the log probabilities of each of n choices; None for all when they were not recorded for each."""
    try:
        found = orjson.loads(sent) if sent else None
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) != n:
        return [None] * n
    return [_values(tokens) for tokens in found]


def _values(tokens: Any) -> list[float] | None:
    """Return the log probabilities of one choice; None when that of any token is not known."""
    values = [token.get("logprob") if isinstance(token, dict) else None for token in _list(tokens)]
    known = [value for value in values if isinstance(value, int | float)]
    return known if known and len(known) == len(values) else None


def _list(sent: Any) -> list[Any]:
    return sent if isinstance(sent, list) else []
