"""How often calls fail, are refused or cut off, how long they take, and what follows a failure."""

from __future__ import annotations

from otel_cert.questions import ERRORS, FINISH, GAPS, LATENCY, RATES, RETRIES
from otel_cert.report import tables, text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import CENSUS, WILSON, figure, numbered, of, table
from otel_cert.report.model import Block, Figure, Figures, Paragraph
from otel_cert.report.tables import left, right

_NAMES = {
    "failed": "Error rate", "refused": "Stopped or refused by a content filter", "cut_off": "Cut off by a token limit",
    "streamed": "Streamed",
}  # fmt: skip
_TECHNICAL = "A failed call is a technical failure; a wrong answer is not a failed call."
_PROXY = (
    "A proxy: the next call of the same trace. It may be a retry, a fallback or another step; retries inside a"
    " client library are seen only where that library is instrumented."
)


def errors(context: Context) -> tuple[Block, ...]:
    """Return the error rate with its interval, and failures by class."""
    rate = rates(context, "failed")
    if not rate:
        return ()
    answer = context.ask(ERRORS)
    if not answer.rows:
        return (Figures(rate), Paragraph(f"No stored call failed ({context.source(answer)}). {_TECHNICAL}"))
    failed = sum(row["calls"] for row in answer.dicts())
    note = f"{_TECHNICAL} Error messages are left out: they may quote prompts."
    return (Figures(rate), table(context, "Failed calls by class", answer, tables.errors(), n=failed, note=note))


def availability(context: Context) -> tuple[Block, ...]:
    """Return the percentiles of the latency, and the longest interval without a call."""
    answer = context.ask(LATENCY, by="total")
    rows = list(answer.dicts())
    if not rows or not rows[0]["n"]:
        return ()
    method = "Successful calls with a known duration; percentiles interpolate between the two nearest."
    shown = [
        figure(context, answer, label, column, text.seconds, n=rows[0]["n"], unit="s", method=method)
        for label, column in (("Latency, median", "p50_s"), ("Latency, p95", "p95_s"), ("Latency, p99", "p99_s"))
    ]
    gaps = context.ask(GAPS)
    if gaps.rows:
        note = "between the starts of two calls: nothing was used, nothing was recorded, or the system was down"
        shown.append(
            figure(context, gaps, "Longest interval without a call", "seconds", text.seconds, unit="s", note=note)
        )
    by_model = table(
        context,
        "Latency by model",
        context.ask(LATENCY, by="model"),
        tables.latency("model"),
        n=rows[0]["n"],
        method=method,
    )
    note = "Uptime cannot be told from calls: when nobody calls, nothing is seen. It needs a probe from outside."
    return (Figures(tuple(shown)), by_model, Paragraph(note))


def fallbacks(context: Context) -> tuple[Block, ...]:
    """Return what followed failed calls."""
    answer = context.ask(RETRIES)
    if not answer.rows:
        return ()
    columns = (
        left("Class of the failure", "error_class"), right("Failed", "failed"), right("Followed by a call", "followed"),
        right("Same model", "same_model"), right("Another model", "other_model"), right("That succeeded", "recovered"),
    )  # fmt: skip
    failed = sum(row["failed"] for row in answer.dicts())
    return (
        table(context, "What followed failed calls (proxy)", answer, columns, n=failed, note=_PROXY, method=CENSUS),
    )


def outcomes(context: Context) -> tuple[Block, ...]:
    """Return how answers ended: finish reasons, refusals and cut answers."""
    shown = rates(context, "refused", "cut_off")
    if not shown:
        return ()
    columns = (left("Reason", "reason"), left("As sent", "sent"), right("Calls", "calls"))
    answer = context.ask(FINISH)
    finished = sum(row["calls"] for row in answer.dicts())
    note = (
        "A refusal that the model words in its answer is not seen: it ends as any answer does. A dash: no reason was"
        " recorded; embeddings have none."
    )
    return (Figures(shown), table(context, "Why models stopped", answer, columns, n=finished, note=note))


def rates(context: Context, *wanted: str) -> tuple[Figure, ...]:
    """Return some of the shares with numerator, denominator and interval."""
    answer = context.ask(RATES, by="total")
    return tuple(
        figure(
            context, answer, _NAMES[rate], "share", text.share, row=number, n=row["n"],
            note=of(row["hits"], row["n"], "call", row), method=WILSON,
        )
        for rate in wanted
        for number, row in numbered(answer, rate=rate)
    )  # fmt: skip


MEASURES = {"error_rate": errors, "availability": availability}
HOW = {
    "error_rate": "No call is stored for this window.",
    "availability": "No successful call with a known duration is stored for this window.",
    "fallbacks": "No stored call failed, and no event says that something else was used instead: log an event"
    " `otel_cert.fallback` with `otel_cert.fallback.outcome` retry, failover or fail_safe.",
}
