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


def _left(header: str, key: str, form: Callable[[Any], str] = text.words) -> Shown:
    return Shown(header, lambda row: form(row[key]), "left")


def _right(header: str, key: str, form: Callable[[Any], str] = text.count) -> Shown:
    return Shown(header, lambda row: form(row[key]))


def _amount(row: Row) -> str:
    return text.money(row["cost"]) if row["currency"] is None else f"{text.money(row['cost'])} {row['currency']}"


def _interval(row: Row) -> str:
    return text.interval(row["error_rate_low"], row["error_rate_high"])


_FAILURES = (
    _right("Calls", "calls"),
    _right("Errors", "errors"),
    _right("Error rate", "error_rate", text.percent),
    Shown("95 % interval", _interval),
    _left("By class", "error_classes", text.counts),
)


def costs(by: str) -> tuple[Shown, ...]:
    """Return the columns of the costs question grouped by `by`."""
    model = (_left("Provider", "provider"), _left("Model", "key"))
    group = model if by == "model" else (_left(by.capitalize(), "key"),)
    return (
        *group,
        _right("Calls", "calls"),
        Shown("Cost", _amount),
        _right("Share", "share", text.percent),
        _right("Per priced call", "cost_per_call", text.money),
        _right("Unpriced", "unpriced_calls"),
        _left("Why unpriced", "unpriced_reasons", text.counts),
    )


def tokens() -> tuple[Shown, ...]:
    """Return the token columns of the costs question grouped by model."""
    return (
        _left("Provider", "provider"),
        _left("Model", "key"),
        _right("Calls", "calls"),
        _right("Input tokens", "input_tokens"),
        _right("n", "input_known"),
        _right("of these cached", "cached_tokens"),
        _right("n", "cached_known"),
        _right("Output tokens", "output_tokens"),
        _right("n", "output_known"),
    )


def latency(by: str) -> tuple[Shown, ...]:
    """Return the columns of the latency question."""
    operation = (_left("Operation", "operation"),) if by == "operation" else ()
    return (
        _left("Provider", "provider"),
        _left("Model", "model"),
        *operation,
        _right("n", "n"),
        _right("p50 s", "p50_s", text.seconds),
        _right("p95 s", "p95_s", text.seconds),
        _right("p99 s", "p99_s", text.seconds),
        _right("First token n", "ttft_n"),
        _right("First token p50 s", "ttft_p50_s", text.seconds),
        _right("First token p95 s", "ttft_p95_s", text.seconds),
    )


def latency_and_errors(by: str) -> tuple[Shown, ...]:
    """Return the columns of the latency question, errors included, for a terminal."""
    return (*latency(by), *_FAILURES)


def entropy(by: str, trend: bool = False, *, scored: bool = False) -> tuple[Shown, ...]:
    """Return the columns of the entropy question grouped by `by`; `scored`: of figures under a scoring model."""
    group = () if by == "total" else (_left(by.capitalize(), "key"),)
    days = (_left("Day, UTC", "day_unix_ns", lambda ns: text.moment(ns)[:10]),) if trend else ()
    return (
        *group,
        *((_left("Scoring model", "scoring_model"),) if scored else ()),
        *days,
        _right("Calls", "calls"),
        _right("With figures", "measured"),
        _right("Tokens", "tokens"),
        _right("Mean surprisal", "mean_nll", text.nats),
        Shown("95 % interval", _nats_interval),
        _right("Perplexity", "perplexity", text.nats),
        Shown("Mean entropy", _entropy_bounds),
        _right("p low", "share_below", text.percent),
        _right("Unlikely", "unlikely"),
        _left("Without figures", "unavailable", text.counts),
    )


def uncertain(*, scored: bool = False) -> tuple[Shown, ...]:
    """Return the columns of the question for the least certain answers; `scored` as for `entropy`."""
    return (
        _left("Span", "span_id"),
        _left("Start, UTC", "start_unix_ns", lambda ns: text.moment(ns)[:16]),
        _left("Service", "service_name"),
        _left("Model", "model"),
        *((_left("Scoring model", "scoring_model"),) if scored else ()),
        _right("Tokens", "n_known"),
        _right("Mean surprisal", "mean_nll", text.nats),
        _right("Perplexity", "perplexity", text.nats),
        _left("Least certain window", "window_text", lambda said: text.UNKNOWN if said is None else repr(said)),
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
    """Return the error columns of the latency question."""
    return (
        _left("Provider", "provider"),
        _left("Model", "model"),
        *_FAILURES,
    )


def errors() -> tuple[Shown, ...]:
    """Return the columns of the errors question."""
    return (
        _left("Class", "error_class"),
        _left("Type as sent", "error_type"),
        _right("Calls", "calls"),
        _right("Services", "services"),
        _left("Example", "example_service"),
        _left("Last seen, UTC", "last_seen", text.minute),
    )


def models() -> tuple[Shown, ...]:
    """Return the columns of the models question."""
    return (
        _left("Provider", "provider"),
        _left("Model asked for", "request_model"),
        _left("Model that answered", "response_model"),
        _right("Calls", "calls"),
        _right("Errors", "errors"),
        _left("First seen, UTC", "first_seen", text.minute),
        _left("Last seen, UTC", "last_seen", text.minute),
    )


def coverage() -> tuple[Shown, ...]:
    """Return the columns of the coverage question."""
    return (
        Shown("Field", lambda row: row["field"].replace("_", " "), "left"),
        _right("Known", "known"),
        _right("Unknown", "unknown"),
        _right("Not applicable", "not_applicable"),
        _left("Why unknown", "reasons", text.counts),
    )


def support() -> tuple[Shown, ...]:
    """Return the columns of the support question grouped by model."""
    return (
        _left("Model", "model"),
        _left("Evaluator", "evaluator"),
        _right("Answers", "answers"),
        _right("n", "scored"),
        _right("Supported", "supported"),
        _right("Support rate", "support_rate", text.percent),
        Shown("95 % interval", lambda row: text.interval(row["support_rate_low"], row["support_rate_high"])),
        _right("Conversations", "units"),
        _right("Mean score", "mean_score", text.score),
        _left("Without a score", "unscored", text.counts),
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
