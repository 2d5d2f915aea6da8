"""The monitoring report: what the calls of a window say about a system, as a document with its evidence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from otel_cert.questions import (
    ACTIVITY,
    COSTS,
    COVERAGE,
    ENTROPY,
    ERRORS,
    LATENCY,
    MODELS,
    SUMMARY,
    SUPPORT,
    Answer,
    Question,
    ask,
)
from otel_cert.questions.entropy import RECORDED, UNDER_A_MODEL
from otel_cert.report import charts, entropy, prose, support, tables, text
from otel_cert.report.context import Context
from otel_cert.report.model import (
    Block,
    Chart,
    Column,
    Document,
    Figure,
    Figures,
    Kind,
    Paragraph,
    Section,
    Statement,
    Table,
    numbered,
)
from otel_cert.report.registration import registrations

if TYPE_CHECKING:
    import duckdb

TITLE = "Monitoring report"
_MOST_BARS = 20
"""More models than this make a chart unreadable; the table beside it has them all."""


@dataclass(frozen=True)
class Subject:
    """What the report is about, as declared by the person who asks for it."""

    system_name: str
    provider: str


@dataclass(frozen=True)
class Report:
    """The document, and the answers that its figures show."""

    document: Document
    answers: tuple[Answer, ...]


def build(
    con: duckdb.DuckDBPyConnection,
    subject: Subject,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    created: dt.datetime,
    quote: bool = True,
    registered: support.Registered = support.unregistered,
) -> Report:
    """Ask everything the report shows about [since, until) and return it.

    `quote` says whether answers may be quoted, `registered` what is known of the registration of thresholds.
    """
    window = {"since_ns": since_ns, "until_ns": until_ns}
    builder = _Builder(con, subject, window, created.astimezone(dt.UTC), quote, registered)
    return builder.report()


def measured_sections(context: Context) -> tuple[Section, ...]:
    """Return what the calls of the window say, as sections of a document of the set."""
    window = {"since_ns": context.since_ns, "until_ns": context.until_ns}
    subject = Subject(context.system.system.name, context.system.provider.name)
    registered = registrations(context.layout)
    builder = _Builder(context.con, subject, window, context.created, context.quote, registered, context.ask)
    return (*builder.measured(next(context.ask(SUMMARY).dicts())), builder.method())


class _Builder:
    """Asks each question once and collects the answers in the order of their first use."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        subject: Subject,
        window: dict[str, int | None],
        created: dt.datetime,
        quote: bool,
        registered: support.Registered,
        asked: support.Ask | None = None,
    ) -> None:
        self.con, self.subject, self.window, self.created = con, subject, window, created
        self.quote, self.registered = quote, registered
        self.ask = asked or self.asked
        self.answers: dict[str, Answer] = {}

    def asked(self, question: Question, **params: object) -> Answer:
        answer = ask(self.con, question, **self.window, **params)
        return self.answers.setdefault(answer.evidence_id, answer)

    def report(self) -> Report:
        summary = self.ask(SUMMARY)
        row = next(summary.dicts())
        measured = self.measured(row, self.opening())
        sections = (*measured, self.assessment(), self.method(), self.evidence())
        document = Document(
            TITLE, self.subject.system_name, self.meta(summary.snapshot, row), numbered(sections), draft=True
        )
        return Report(document, tuple(self.answers.values()))

    def meta(self, snapshot: int, row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        observed = (
            f"{text.spoken(row['first_call'])} to {text.spoken(row['last_call'])}" if row["calls"] else "no calls"
        )
        return (
            ("System", self.subject.system_name),
            ("Provider", self.subject.provider),
            ("Window", text.window(self.window["since_ns"], self.window["until_ns"])),
            ("First and last call", observed),
            ("Snapshot of the data", str(snapshot)),
            ("Made", self.created.strftime("%Y-%m-%d %H:%M UTC")),
        )

    def measured(self, row: dict[str, Any], opening: tuple[Block, ...] = ()) -> tuple[Section, ...]:
        if not row["calls"]:
            return (Section("Summary", (*opening, self.nothing())),)
        return (
            Section("Summary", (*opening, self.key_figures(row))),
            Section("Calls over time", (self.activity(),)),
            self.models(),
            self.tokens_and_cost(),
            self.latency(),
            self.errors(),
            *self.support(),
            *self.entropy(),
            self.coverage(),
        )

    def opening(self) -> tuple[Block, ...]:
        who, on = "whoever had this report made, in the command or configuration", self.created.strftime("%Y-%m-%d")
        return (
            Paragraph(prose.PURPOSE),
            Paragraph(prose.LIMITS_OF_USE),
            Statement(Kind.DECLARED, "Name of the system", self.subject.system_name, who, on),
            Statement(Kind.DECLARED, "Name of the provider", self.subject.provider, who, on),
        )

    def nothing(self) -> Paragraph:
        everything = next(ask(self.con, SUMMARY).dicts())
        if not everything["calls"]:
            return Paragraph("The store holds no calls yet, so there is nothing to report.")
        extent = f"{text.spoken(everything['first_call'])} to {text.spoken(everything['last_call'])}"
        held = text.plural(everything["calls"], "call")
        return Paragraph(f"There are no calls in this window. The store holds {held}, which started from {extent}.")

    def key_figures(self, row: dict[str, Any]) -> Figures:
        summary, latency = tables.source(self.ask(SUMMARY)), self.ask(LATENCY, by="total")
        timing, timed = next(latency.dicts()), tables.source(latency)
        rate = text.interval(timing["error_rate_low"], timing["error_rate_high"])
        successful = replace(timed, n=timing["n"])
        return Figures(
            (
                Figure("Calls", text.count(row["calls"]), summary, cell=(0, "calls")),
                *self.total_cost(),
                Figure(
                    "Error rate",
                    text.percent(timing["error_rate"]),
                    timed,
                    note=f"95 % interval {rate}",
                    cell=(0, "error_rate"),
                ),
                Figure(
                    "Latency, median", text.seconds(timing["p50_s"]), successful, "s", "successful calls", (0, "p50_s")
                ),
                Figure(
                    "Latency, p95", text.seconds(timing["p95_s"]), successful, "s", "successful calls", (0, "p95_s")
                ),
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

    def total_cost(self) -> list[Figure]:
        answer = self.ask(COSTS, by="total")
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

    def activity(self) -> Block:
        answer = self.ask(ACTIVITY)
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

    def models(self) -> Section:
        note = "A dash as the model that answered: the call failed, or the instrumentation did not record it."
        return Section("Models and versions seen", (tables.table("Models", self.ask(MODELS), tables.models(), note),))

    def tokens_and_cost(self) -> Section:
        answer = self.ask(COSTS, by="model")
        priced = [row for row in answer.dicts() if row["cost"] is not None]
        drawn = [
            self.cost_chart([row for row in priced if row["currency"] == currency], currency, answer)
            for currency in sorted({row["currency"] for row in priced})
        ]
        note = "Cost from a dated price list, not an invoice; share within the currency."
        by_model = tables.table("Cost by model", answer, tables.costs("model"), note)
        counted_note = "n: calls that report the number to its left."
        counted = tables.table("Tokens by model", answer, tables.tokens(), counted_note)
        return Section("Tokens and cost", (*drawn, by_model, counted))

    def cost_chart(self, rows: list[dict[str, Any]], currency: str, answer: Answer) -> Chart:
        shown = rows[:_MOST_BARS]
        parts = ", ".join(f"{row['key'] or 'unknown model'} {text.money(row['cost'])}" for row in shown)
        caption = f"Cost by model, {currency}" + (f" (the {_MOST_BARS} highest)" if len(rows) > len(shown) else "")
        spec, alt = charts.cost_by_model(shown, currency), f"Cost in {currency}: {parts}."
        return Chart(caption, spec, alt, tables.source(answer))

    def latency(self) -> Section:
        answer = self.ask(LATENCY, by="model")
        rows = [row for row in answer.dicts() if row["n"]][:_MOST_BARS]
        note = (
            "Successful calls with a known duration. First token: until the first token or chunk of a streamed answer."
        )
        table = tables.table("Latency by model", answer, tables.latency("model"), note)
        if not rows:
            return Section("Latency", (table,))
        parts = "; ".join(
            f"{row['model'] or 'unknown model'} p50 {text.seconds(row['p50_s'])}, p95 {text.seconds(row['p95_s'])}"
            for row in rows
        )
        spec, alt = charts.latency_by_model(rows), f"Durations in seconds: {parts}."
        return Section("Latency", (Chart("Latency by model", spec, alt, tables.source(answer)), table))

    def errors(self) -> Section:
        rates = tables.table("Error rate by model", self.ask(LATENCY, by="model"), tables.failures())
        answer = self.ask(ERRORS)
        if not answer.rows:
            return Section("Errors", (Paragraph(f"No call failed ({tables.source(answer)})."), rates))
        note = "Error messages are left out: they may quote prompts."
        return Section("Errors", (rates, tables.table("Errors by class", answer, tables.errors(), note)))

    def support(self) -> tuple[Section, ...]:
        if not ask(self.con, SUPPORT, **self.window).rows:  # no answer was taken up
            return ()
        return (support.section(self.ask, quote=self.quote, registered=self.registered),)

    def entropy(self) -> tuple[Section, ...]:
        return tuple(
            entropy.section(self.ask, quote=self.quote, source=source)
            for source in (RECORDED, UNDER_A_MODEL)
            if any(row["measured"] for row in ask(self.con, ENTROPY, **self.window, source=source).dicts())
        )

    def coverage(self) -> Section:
        note = "Known, unknown and not applicable add up to n in every row. Estimates count as unknown."
        table = tables.table("What is known of the calls", self.ask(COVERAGE), tables.coverage(), note)
        return Section("Coverage: what is unknown, and why", (table,))

    def assessment(self) -> Section:
        return Section("Assessment", tuple(Statement(Kind.EXPERT, *asked) for asked in prose.ASSESSMENT))

    def method(self) -> Section:
        paragraphs = (*prose.METHOD, prose.NOT_MEASURED)
        return Section("Method and limits", tuple(Paragraph(p) for p in paragraphs))

    def evidence(self) -> Section:
        listed = (Column("Evidence"), Column("Question"), Column("Grouped by"))
        columns = (*listed, Column("n", "right"), Column("Snapshot", "right"))
        rows = tuple(
            (a.evidence_id, a.question.title, text.words(a.params.get("by")), text.count(a.n), str(a.snapshot))
            for a in self.answers.values()
        )
        window = text.window(self.window["since_ns"], self.window["until_ns"])
        how = (
            "The command “otel-cert evidence ID” shows the query, its parameters and the recorded result, asks again"
            f" at the same snapshot and says whether the result is the same. Window of every figure: {window}."
        )
        return Section("Evidence", (Paragraph(how), Table("Evidence of the figures in this report", columns, rows)))


def _unpriced(row: dict[str, Any]) -> str:
    if not row["unpriced_calls"]:
        return "all calls priced"
    of_all = f"{row['unpriced_calls']:,} of {text.plural(row['calls'], 'call')}"
    return f"{of_all} unpriced: {text.counts(row['unpriced_reasons'])}"
