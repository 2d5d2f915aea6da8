"""Answers as tables for people, in terminal and document alike: which columns, under which heading, in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otel_cert.questions import Answer
from otel_cert.report import text
from otel_cert.report.model import Column, Source, Table

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """One shown column; `form` makes the cell's text out of the answer's row."""

    header: str
    form: Callable[[Row], str]
    align: str = "right"


def left(header: str, key: str, form: Callable[[Any], str] = text.words) -> Shown:
    """Return a column of words."""
    return Shown(header, lambda row: form(row[key]), "left")


def right(header: str, key: str, form: Callable[[Any], str] = text.count) -> Shown:
    """Return a column of numbers."""
    return Shown(header, lambda row: form(row[key]))


def _amount(row: Row) -> str:
    return text.money(row["cost"]) if row["currency"] is None else f"{text.money(row['cost'])} {row['currency']}"


def _interval(row: Row) -> str:
    return text.interval(row["error_rate_low"], row["error_rate_high"])


_ERROR_INTERVAL = Shown("95 % interval", _interval)
_FAILURES = (
    right("Calls", "calls"),
    right("Errors", "errors"),
    right("Error rate", "error_rate", text.percent),
    _ERROR_INTERVAL,
    left("By class", "error_classes", text.counts),
)


def costs(by: str) -> tuple[Shown, ...]:
    """Return the columns of the costs question grouped by `by`."""
    model = (left("Provider", "provider"), left("Model", "key"))
    group = model if by == "model" else (left(by.capitalize(), "key"),)
    return (
        *group,
        right("Calls", "calls"),
        Shown("Cost", _amount),
        right("Share", "share", text.percent),
        right("Per priced call", "cost_per_call", text.money),
        right("Unpriced", "unpriced_calls"),
        left("Why unpriced", "unpriced_reasons", text.counts),
    )


def tokens() -> tuple[Shown, ...]:
    """Return the token columns of the costs question grouped by model."""
    return (
        left("Provider", "provider"),
        left("Model", "key"),
        right("Calls", "calls"),
        right("Input tokens", "input_tokens"),
        right("n", "input_known"),
        right("of these cached", "cached_tokens"),
        right("n", "cached_known"),
        right("Output tokens", "output_tokens"),
        right("n", "output_known"),
    )


def latency(by: str) -> tuple[Shown, ...]:
    """Return the columns of the latency question."""
    operation = (left("Operation", "operation"),) if by == "operation" else ()
    return (
        left("Provider", "provider"),
        left("Model", "model"),
        *operation,
        right("n", "n"),
        right("p50 s", "p50_s", text.seconds),
        right("p95 s", "p95_s", text.seconds),
        right("p99 s", "p99_s", text.seconds),
        right("First token n", "ttft_n"),
        right("First token p50 s", "ttft_p50_s", text.seconds),
        right("First token p95 s", "ttft_p95_s", text.seconds),
    )


def latency_and_errors(by: str) -> tuple[Shown, ...]:
    """Return the columns of the latency question, errors included, for a terminal."""
    return (*latency(by), *_FAILURES)


def entropy(by: str, trend: bool = False, *, scored: bool = False) -> tuple[Shown, ...]:
    """Return the columns of the entropy question grouped by `by`; `scored`: of figures under a scoring model."""
    group = () if by == "total" else (left(by.capitalize(), "key"),)
    days = (left("Day, UTC", "day_unix_ns", lambda ns: text.moment(ns)[:10]),) if trend else ()
    return (
        *group,
        *((left("Scoring model", "scoring_model"),) if scored else ()),
        *days,
        right("Calls", "calls"),
        right("With figures", "measured"),
        right("Tokens", "tokens"),
        right("Mean surprisal", "mean_nll", text.nats),
        Shown("95 % interval", _nats_interval),
        right("Perplexity", "perplexity", text.nats),
        Shown("Mean entropy", _entropy_bounds),
        right("p low", "share_below", text.percent),
        right("Unlikely", "unlikely"),
        left("Without figures", "unavailable", text.counts),
    )


def uncertain(*, scored: bool = False) -> tuple[Shown, ...]:
    """Return the columns of the question for the least certain answers; `scored` as for `entropy`."""
    return (
        left("Span", "span_id"),
        left("Start, UTC", "start_unix_ns", lambda ns: text.moment(ns)[:16]),
        left("Service", "service_name"),
        left("Model", "model"),
        *((left("Scoring model", "scoring_model"),) if scored else ()),
        right("Tokens", "n_known"),
        right("Mean surprisal", "mean_nll", text.nats),
        right("Perplexity", "perplexity", text.nats),
        left("Least certain window", "window_text", lambda said: text.UNKNOWN if said is None else repr(said)),
    )


def _nats_interval(row: Row) -> str:
    low, high = row["mean_nll_low"], row["mean_nll_high"]
    return text.UNKNOWN if low is None or high is None else f"{text.nats(low)} to {text.nats(high)}"


def _entropy_bounds(row: Row) -> str:
    """Return the bounds, one number where they meet, or that there is no upper one."""
    low, high = row["mean_entropy_lower"], row["mean_entropy_upper"]
    if low is None or low == high:
        return text.nats(low)
    return f"at least {text.nats(low)}" if high is None else f"{text.nats(low)} to {text.nats(high)}"


def failures() -> tuple[Shown, ...]:
    """Return the error columns of the latency question, for a document: its intervals are those of the question `rates`."""
    shown = (column for column in _FAILURES if column is not _ERROR_INTERVAL)
    return (left("Provider", "provider"), left("Model", "model"), *shown)


def errors() -> tuple[Shown, ...]:
    """Return the columns of the errors question."""
    return (
        left("Class", "error_class"),
        left("Type as sent", "error_type"),
        right("Calls", "calls"),
        right("Services", "services"),
        left("Example of a service", "example_service"),
        left("Last seen, UTC", "last_seen", text.minute),
    )


def models() -> tuple[Shown, ...]:
    """Return the columns of the models question."""
    return (
        left("Provider", "provider"),
        left("Model asked for", "request_model"),
        left("Model that answered", "response_model"),
        right("Calls", "calls"),
        right("Errors", "errors"),
        left("First seen, UTC", "first_seen", text.minute),
        left("Last seen, UTC", "last_seen", text.minute),
    )


def coverage() -> tuple[Shown, ...]:
    """Return the columns of the coverage question."""
    return (
        Shown("Field", lambda row: row["field"].replace("_", " "), "left"),
        right("Known", "known"),
        right("Unknown", "unknown"),
        right("Not applicable", "not_applicable"),
        left("Why unknown", "reasons", text.counts),
    )


def support(*, several: bool) -> tuple[Shown, ...]:
    """Return the columns of the support question grouped by model; `several` evaluators are told apart."""
    evaluator = (left("Evaluator", "evaluator"),) if several else ()
    return (
        left("Model", "model"),
        *evaluator,
        right("Answers", "answers"),
        right("n", "scored"),
        right("Supported", "supported"),
        right("Support rate", "support_rate", text.percent),
        Shown("95 % interval", lambda row: text.interval(row["support_rate_low"], row["support_rate_high"])),
        right("Conversations", "units"),
        right("Mean score", "mean_score", text.score),
        left("Without a score", "unscored", text.counts),
    )


def cells(answer: Answer, columns: Sequence[Shown]) -> tuple[tuple[str, ...], ...]:
    """Return the texts of every row."""
    return tuple(tuple(column.form(row) for column in columns) for row in answer.dicts())


def table(caption: str, answer: Answer, columns: Sequence[Shown], note: str = "") -> Table:
    """Return the answer as a block of a document."""
    shown = tuple(Column(c.header, "right" if c.align == "right" else "left") for c in columns)
    return Table(caption, shown, cells(answer, columns), source(answer), note)


def source(answer: Answer) -> Source:
    """Return what a block that shows `answer` rests on."""
    return Source(answer.n, answer.evidence_id)
