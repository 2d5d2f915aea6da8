"""What the monitoring report states beside its outline: what the calls of the window say about the system."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from otel_cert.questions import (
    ACTIVITY,
    COSTS,
    COVERAGE,
    ENTROPY,
    ERRORS,
    LATENCY,
    SUMMARY,
    SUPPORT,
    Answer,
    Question,
    ask,
)
from otel_cert.questions.entropy import RECORDED, UNDER_A_MODEL
from otel_cert.report import charts, entropy, prose, support, tables, text
from otel_cert.report.context import Context
from otel_cert.report.evidenced import shown
from otel_cert.report.measured.reliability import rates
from otel_cert.report.measured.shown import CENSUS, completed
from otel_cert.report.model import Block, Chart, Figure, Figures, Paragraph, Section
from otel_cert.report.registration import registrations

_MOST_BARS = 20
"""More models than this make a chart unreadable; the table beside it has them all."""


def measured_sections(context: Context) -> tuple[Section, ...]:
    """Return what the calls of the window say, as sections of a document of the set."""
    row = next(context.ask(SUMMARY).dicts())
    if not row["calls"]:
        return Section("Summary", (_nothing(context),)), _METHOD
    sections = (
        Section("Summary", (_key_figures(context, row),)),
        Section("Calls over time", (_activity(context),)),
        Section("Models and versions seen", shown(context, "models_seen")),
        _tokens_and_cost(context),
        _latency(context),
        _errors(context),
        *_support(context),
        *_entropy(context),
        _coverage(context),
        _METHOD,
    )
    return tuple(replace(section, blocks=completed(context, section.blocks, "")) for section in sections)


def _looked(context: Context, question: Question, **params: object) -> Answer:
    """Ask about the window to see what there is to show; the answer is no evidence of the set."""
    return ask(context.con, question, since_ns=context.since_ns, until_ns=context.until_ns, **params)


def _nothing(context: Context) -> Paragraph:
    """Say of a window without calls what the store holds."""
    everything = next(ask(context.whole, SUMMARY).dicts())
    if not everything["calls"]:
        return Paragraph("The store holds no calls yet, so there is nothing to report.")
    extent = f"{text.spoken(everything['first_call'])} to {text.spoken(everything['last_call'])}"
    held = text.plural(everything["calls"], "call")
    return Paragraph(f"There are no calls in this window. The store holds {held}, which started from {extent}.")


def _key_figures(context: Context, row: dict[str, Any]) -> Figures:
    summary = context.source(context.ask(SUMMARY), method=CENSUS)
    latency = context.ask(LATENCY, by="total")
    timing, timed = next(latency.dicts()), tables.source(latency)
    successful = replace(timed, n=timing["n"])
    return Figures(
        (
            Figure("Calls", text.count(row["calls"]), summary, cell=(0, "calls")),
            *_total_cost(context),
            *rates(context, "failed"),
            Figure("Latency, median", text.seconds(timing["p50_s"]), successful, "s", "successful calls", (0, "p50_s")),
            Figure("Latency, p95", text.seconds(timing["p95_s"]), successful, "s", "successful calls", (0, "p95_s")),
            Figure(
                "Input tokens",
                text.count(row["input_tokens"]),
                replace(summary, n=row["input_known"]),
                cell=(0, "input_tokens"),
            ),
            Figure(
                "Output tokens",
                text.count(row["output_tokens"]),
                replace(summary, n=row["output_known"]),
                cell=(0, "output_tokens"),
            ),
        )
    )


def _total_cost(context: Context) -> list[Figure]:
    answer = context.ask(COSTS, by="total")
    return [
        Figure(
            "Cost",
            text.money(row["cost"]),
            replace(tables.source(answer), n=row["priced_calls"]),
            row["currency"] or "",
            _unpriced(row),
            (number, "cost"),
        )
        for number, row in enumerate(answer.dicts())
    ]


def _activity(context: Context) -> Block:
    answer = context.ask(ACTIVITY)
    rows = list(answer.dicts())
    if not rows:
        return Paragraph(f"No call has a known start ({tables.source(answer)}).")
    dated = sum(row["calls"] for row in rows)
    busiest = max(rows, key=lambda row: row["calls"])
    interval, failed = busiest["interval"], sum(row["errors"] for row in rows)
    said = (
        f"{text.plural(dated, 'call')}, of which {failed:,} failed, started in"
        f" {text.plural(len(rows), interval)} between {text.spoken(rows[0]['start'])} and"
        f" {text.spoken(rows[-1]['start'])}; the busiest {interval} was {text.spoken(busiest['start'])} with"
        f" {text.plural(busiest['calls'], 'call')}."
    )
    if dated < answer.n:
        said += f" The start of {text.plural(answer.n - dated, 'call')} is unknown."
    if len(rows) < 2:
        return Paragraph(f"{said} Evidence {answer.evidence_id}.")
    return Chart(f"Calls per {interval}", charts.calls_over_time(rows), said, tables.source(answer))


def _tokens_and_cost(context: Context) -> Section:
    answer = context.ask(COSTS, by="model")
    priced = [row for row in answer.dicts() if row["cost"] is not None]
    drawn = [
        _cost_chart([row for row in priced if row["currency"] == currency], currency, answer)
        for currency in sorted({row["currency"] for row in priced})
    ]
    note = "Cost from a dated price list, not an invoice; share within the currency."
    by_model = tables.table("Cost by model", answer, tables.costs("model"), note)
    counted_note = "n: calls that report the number to its left."
    counted = tables.table("Tokens by model", answer, tables.tokens(), counted_note)
    return Section("Tokens and cost", (*drawn, by_model, counted))


def _cost_chart(rows: list[dict[str, Any]], currency: str, answer: Answer) -> Chart:
    shown = rows[:_MOST_BARS]
    parts = ", ".join(f"{row['key'] or 'unknown model'} {text.money(row['cost'])}" for row in shown)
    caption = f"Cost by model, {currency}" + (f" (the {_MOST_BARS} highest)" if len(rows) > len(shown) else "")
    spec, alt = charts.cost_by_model(shown, currency), f"Cost in {currency}: {parts}."
    return Chart(caption, spec, alt, tables.source(answer))


def _latency(context: Context) -> Section:
    answer = context.ask(LATENCY, by="model")
    rows = [row for row in answer.dicts() if row["n"]][:_MOST_BARS]
    note = "Successful calls with a known duration. First token: until the first token or chunk of a streamed answer."
    table = tables.table("Latency by model", answer, tables.latency("model"), note)
    if not rows:
        return Section("Latency", (table,))
    parts = "; ".join(
        f"{row['model'] or 'unknown model'} p50 {text.seconds(row['p50_s'])}, p95 {text.seconds(row['p95_s'])}"
        for row in rows
    )
    spec, alt = charts.latency_by_model(rows), f"Durations in seconds: {parts}."
    return Section("Latency", (Chart("Latency by model", spec, alt, tables.source(answer)), table))


def _errors(context: Context) -> Section:
    by_model = tables.table("Error rate by model", context.ask(LATENCY, by="model"), tables.failures(), _INTERVALS)
    answer = context.ask(ERRORS)
    if not answer.rows:
        return Section("Errors", (Paragraph(f"No call failed ({tables.source(answer)})."), by_model))
    note = "Error messages are left out: they may quote prompts."
    return Section("Errors", (by_model, tables.table("Errors by class", answer, tables.errors(), note)))


def _support(context: Context) -> tuple[Section, ...]:
    if not _looked(context, SUPPORT).rows:  # no answer was taken up
        return ()
    return (support.section(context.ask, quote=context.quote, registered=registrations(context.layout)),)


def _entropy(context: Context) -> tuple[Section, ...]:
    return tuple(
        entropy.section(context.ask, quote=context.quote, source=source)
        for source in (RECORDED, UNDER_A_MODEL)
        if any(row["measured"] for row in _looked(context, ENTROPY, source=source).dicts())
    )


def _coverage(context: Context) -> Section:
    note = "Known, unknown and not applicable add up to n in every row. Estimates count as unknown."
    table = tables.table("What is known of the calls", context.ask(COVERAGE), tables.coverage(), note)
    return Section("Coverage: what is unknown, and why", (table,))


def _unpriced(row: dict[str, Any]) -> str:
    if not row["unpriced_calls"]:
        return "all calls priced"
    of_all = f"{row['unpriced_calls']:,} of {text.plural(row['calls'], 'call')}"
    return f"{of_all} unpriced: {text.counts(row['unpriced_reasons'])}"


_INTERVALS = "The intervals stand in the table “Rates by model”."
_METHOD = Section("Method and limits", tuple(map(Paragraph, (*prose.METHOD, prose.NOT_MEASURED))))
