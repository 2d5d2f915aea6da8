"""What the record itself is worth: period, gaps, completeness, sampling and age."""

from __future__ import annotations

from otel_cert.questions import ARRIVAL, COUNTERS, GAPS, MISSING, PERIOD
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import figure, table
from otel_cert.report.model import Block, Figures, Gap, Paragraph
from otel_cert.report.tables import left, right

_MISSING = (
    "A call that was never recorded is in no row: it needs a counter that is independent of the spans, such as the"
    " caller's or a gateway's own count, or the metric `gen_ai.client.operation.duration`."
)
_UNCOUNTED = (
    "No independent counter was sent, so the completeness of the record cannot be measured against anything: spans"
    " that were dropped, sampled away or never made cannot be seen in the spans. Send the metric"
    " `gen_ai.client.operation.duration`, the SDK's own metrics (`otel.sdk.exporter.span.exported`), or those of the"
    " Collector (`otelcol_exporter_send_failed_spans`)."
)
_GAP_NOTE = (
    "A long interval may be a night, an outage of the system, or a loss of telemetry: the calls cannot tell which."
)


def missing_data(context: Context) -> tuple[Block, ...]:
    """Return all that is known to be missing, and what cannot be known from the spans."""
    return (*_fields(context), *sampling(context), *_lateness(context), *_counters(context), *_gaps(context))


def completeness(context: Context) -> tuple[Block, ...]:
    """Return the share of calls without each required attribute, and the independent counters."""
    found = _fields(context)
    return (*found, *_lateness(context), *_counters(context)) if found else ()


def period(context: Context) -> tuple[Block, ...]:
    """Return first and last call, days with calls, and the longest intervals without one."""
    answer = context.ask(PERIOD)
    row = next(answer.dicts())
    if row["first_call"] is None:
        return ()
    shown = [
        figure(context, answer, "First call", "first_call", text.spoken),
        figure(context, answer, "Last call", "last_call", text.spoken),
        figure(context, answer, "Days from first to last", "days", text.count),
        figure(context, answer, "Days with calls", "active_days", text.count),
    ]
    if row["undated"]:
        shown.append(figure(context, answer, "Calls without a known start", "undated", text.count))
    return (Figures(tuple(shown)), *_gaps(context))


def sampling(context: Context) -> tuple[Block, ...]:
    """Return what trace states say of sampling."""
    answer = context.ask(ARRIVAL)
    row = next(answer.dicts())
    if not row["spans"]:
        return ()
    spans = row["spans"]
    method = (
        "Sampling thresholds (`ot=th:`) in the trace states of stored spans; a span that was sampled away leaves no"
        " trace."
    )
    shown = [
        figure(
            context, answer, "Spans with a sampling threshold", "thresholds", text.count, n=spans, method=method,
            note=f"of {text.plural(spans, 'span')}",
        )
    ]  # fmt: skip
    if row["thresholds"]:
        shown += [
            figure(context, answer, "Lowest sampling probability", "least_share", text.share, n=spans, method=method),
            figure(context, answer, "Spans that those stand for", "stands_for", text.rounded, n=spans, method=method),
        ]
        note = (
            "Spans were sampled: counts of calls are lower than what happened, and claims about logging are weaker"
            " for it."
        )
    else:
        note = "No span names a threshold. That does not show that nothing was sampled: samplers need not say it."
    return (Figures(tuple(shown)), Paragraph(note))


def retention(context: Context) -> tuple[Block, ...]:
    """Return the age of the oldest stored call, of all that is stored."""
    answer = context.ask_anytime(PERIOD)
    if next(answer.dicts())["first_call"] is None:
        return ()
    return (
        Figures((
            figure(context, answer, "Oldest stored call", "first_call", text.spoken, note="of all that is stored"),
            figure(
                context, answer, "Its age", "age_days", text.tenths, unit="days",
                note="when the snapshot was published; Art. 19 and 26(6) ask for at least six months, where they apply",
            ),
        )),
        Gap("Retention policy and its enforcement", "Not yet measured: this version deletes nothing by age.", "retention"),
        Gap("Who read the records", "Not yet measured: this version keeps no log of who read what.", "retention"),
    )  # fmt: skip


def _fields(context: Context) -> tuple[Block, ...]:
    answer = context.ask(MISSING)
    columns = (
        left("Field", "field"),
        right("n", "n"),
        right("Missing", "missing"),
        right("Share", "share", text.share),
    )
    return (
        (table(context, "Calls without what a record should hold", answer, columns, note=_MISSING),)
        if answer.rows
        else ()
    )


def _lateness(context: Context) -> tuple[Block, ...]:
    answer = context.ask(ARRIVAL)
    row = next(answer.dicts())
    if not row["spans"]:
        return ()
    labels = {
        "late_15s": "received more than 15 s after their end", "late_5min": "received more than 5 min after",
        "late_1h": "received more than 1 h after", "early": "received before their end: clocks differ",
        "cut": "from which the sender dropped attributes, events or links", "odd": "with something odd (see docs/schema.md)",
    }  # fmt: skip
    rows = [{"what": label, "spans": row[name], "share": row[name] / row["spans"]} for name, label in labels.items()]
    columns = (left("What", "what"), right("Spans", "spans"), right("Share", "share", text.share))
    method = "Counted over all stored spans that started in the window."
    return (table(context, "Late, cut and odd spans", answer, columns, rows=rows, n=row["spans"], method=method),)


def _counters(context: Context) -> tuple[Block, ...]:
    answer = context.ask(COUNTERS)
    if not answer.rows:
        return (Gap("Completeness against an independent counter", _UNCOUNTED, "log_completeness"),)
    spans = next(context.ask(ARRIVAL).dicts())["spans"]
    rows = [row | {"stored": answer.n if row["counts"] == "calls" else spans} for row in answer.dicts()]
    columns = (
        left("Counts", "counts", _COUNTED.__getitem__), left("Metric", "name"), right("Series", "streams"),
        right("Counted", "total", text.rounded), right("Stored here", "stored"),
    )  # fmt: skip
    note = (
        "A counter that is kept by the same process as the spans is lost with it. Counters and spans may be of"
        " different parts and times; a difference is a reason to look."
    )
    return (
        table(
            context,
            "Independent counters",
            answer,
            columns,
            rows=rows,
            note=note,
            method="Sum over series in the window.",
        ),
    )


def _gaps(context: Context) -> tuple[Block, ...]:
    answer = context.ask(GAPS)
    rows = [row for row in answer.dicts() if row["seconds"] > row["usual_s"]]
    if not rows:
        return ()
    columns = (
        left("From, UTC", "from_time", text.spoken), left("To, UTC", "to_time", text.spoken),
        right("Seconds", "seconds", text.seconds),
        right("Times the usual", "times_usual", text.tenths),
    )  # fmt: skip
    usual = tuple(
        figure(context, answer, label, column, text.seconds, n=rows[0]["intervals"], unit="s")
        for label, column in (
            ("Half of the intervals at most", "median_s"),
            ("99 % of the intervals at most", "usual_s"),
        )
    )
    found = table(
        context, "Longest intervals without a call", answer, columns, rows=rows, n=rows[0]["intervals"], note=_GAP_NOTE
    )
    return (Figures(usual), found)


_COUNTED = {"calls": "model calls", "kept": "spans passed on", "lost": "spans lost"}


MEASURES = {
    "log_completeness": completeness, "logging_period": period, "sampling_rate": sampling, "retention": retention,
}  # fmt: skip
HOW = {
    "log_completeness": "No call is stored for this window.",
    "logging_period": "No call with a known start is stored for this window.",
    "sampling_rate": "No span is stored for this window.",
    "retention": "No call is stored.",
    "deletion_log": "Not yet measured: this version deletes no calls, so it keeps no log of deletions.",
    "document_versions": "Stands in `manifest.json` of the set: id, version, hash and approvals of each document.",
    "biometric_log_fields": "Not recorded: the fields of Art. 12(3) are the application's own, for remote biometric"
    " identification (Annex III point 1(a)) only.",
}
