"""What the record itself is worth: period, gaps, completeness, sampling, age and integrity."""

from __future__ import annotations

import hashlib
from typing import Any

from otel_cert.errors import OtelCertError
from otel_cert.questions import ARRIVAL, COUNTERS, GAPS, MISSING, PERIOD
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import CENSUS, figure, left, right, share, table
from otel_cert.report.model import Block, Column, Figures, Gap, Paragraph, Table
from otel_cert.store import digests, snapshots

MOST_BYTES = 2 << 30
"""Bytes of files that a report reads to compare them; `otel-cert verify` reads all."""

_MISSING = (
    "A call that was never recorded is in no row: it needs a counter that is independent of the spans, such as"
    " the caller's or a"
    " gateway's own count, or the metric `gen_ai.client.operation.duration`."
)
_UNCOUNTED = (
    "No independent counter was sent, so the completeness of the record cannot be measured against anything: spans that were"
    " dropped, sampled away or never made cannot be seen in the spans. Send the metric"
    " `gen_ai.client.operation.duration`, the"
    " SDK's own metrics (`otel.sdk.exporter.span.exported`), or those of the Collector"
    " (`otelcol_exporter_send_failed_spans`)."
)
_GAP_NOTE = (
    "A long interval may be a night, an outage of the system, or a loss of telemetry: the calls cannot tell which."
)
_PROVES = (
    "Equal digests show that these bytes are those that were written. They do not show that what was written is"
    " true or complete,"
    " nor when it was written; who can write to the data directory can write files and digests anew. Against"
    " that only a digest"
    " helps that is kept elsewhere, such as the one above in an approved document. Art. 12 does not ask for it."
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
        figure(context, answer, "Days from first to last", "days", text.count, unit="days"),
        figure(context, answer, "Days with calls", "active_days", text.count, unit="days"),
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
        "Sampling thresholds (`ot=th:`) in the trace states of stored spans; a span that was sampled away"
        " leaves no trace."
    )
    shown = [
        figure(
            context, answer, "Spans with a sampling threshold", "thresholds", text.count, n=spans, method=method,
            note=f"of {text.plural(spans, 'span')}",
        )
    ]  # fmt: skip
    if row["thresholds"]:
        shown += [
            figure(context, answer, "Lowest sampling probability", "least_share", share, n=spans, method=method),
            figure(context, answer, "Spans that those stand for", "stands_for", _rounded, n=spans, method=method),
        ]
        note = (
            "Spans were sampled: counts of calls are lower than what happened, and claims about logging are"
            " weaker for it."
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
                context, answer, "Its age", "age_days", _days, unit="days",
                note="when the snapshot was published; Art. 19 and 26(6) ask for at least six months, where they apply",
            ),
        )),
        Gap("Retention policy and its enforcement", "Not yet measured: this version deletes nothing by age.", "retention"),
    )  # fmt: skip


def integrity(context: Context) -> tuple[Block, ...]:
    """Return whether the files of the snapshot have the digests that were recorded when they were written."""
    number = context.con.execute("SELECT number FROM snapshot").fetchall()[0][0]
    try:
        snapshot = snapshots.load(context.layout, number)
    except OtelCertError:
        return ()
    rows, lines, left_bytes = [], [], MOST_BYTES
    for name in sorted(snapshot.tables):
        root = context.layout.table(name)
        paths = snapshots.table_files(context.layout, snapshot, name).paths
        names = sorted(path.removeprefix(f"{root.resolve()}/").removeprefix(f"{root}/") for path in paths)
        found = digests.compare(root, names, left_bytes)
        left_bytes -= found.read_bytes
        recorded = digests.held(root)
        lines += [f"{recorded.get(file, 'none')}  {name}/{file}\n" for file in names]
        rows.append(
            (name, len(names), found.same, len(found.changed) + len(found.missing), found.without, found.skipped)
        )
    if not rows:
        return ()
    head = hashlib.sha256("".join(lines).encode()).hexdigest()
    columns = (
        Column("Table"),
        *(Column(h, "right") for h in ("Files", "Same", "Changed or gone", "No digest", "Not read")),
    )
    cells = tuple((name, *map(text.count, counts)) for name, *counts in rows)
    note = f"Snapshot {number}. SHA-256 over all these digests: {head}. `otel-cert verify` checks more, and all of it."
    return (
        Table("Digests of the stored files", columns, cells, note=note),
        Paragraph(_PROVES),
        Gap(
            "Ledger over sealed files and external time stamp",
            "Not yet measured by this version of otel-cert.",
            "hash_chain",
        ),
    )


def _fields(context: Context) -> tuple[Block, ...]:
    answer = context.ask(MISSING)
    columns = (
        left("Field", "field"),
        right("n", "n"),
        right("Missing", "missing"),
        right("Share", "share", share),
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
    columns = (left("Spans", "what"), right("Spans", "spans"), right("Share", "share", share))
    method = f"Counted over all {row['spans']:,} stored spans that started in the window."
    return (table(context, "Late, cut and odd spans", answer, columns, rows=rows, n=row["spans"], method=method),)


def _counters(context: Context) -> tuple[Block, ...]:
    answer = context.ask(COUNTERS)
    if not answer.rows:
        return (Gap("Completeness against an independent counter", _UNCOUNTED, "log_completeness"),)
    spans = next(context.ask(ARRIVAL).dicts())["spans"]
    rows = [row | {"stored": answer.n if row["counts"] == "calls" else spans} for row in answer.dicts()]
    columns = (
        left("Counts", "counts", _COUNTED.__getitem__), left("Metric", "name"), right("Series", "streams"),
        right("Counted", "total", _rounded), right("Stored here", "stored"),
    )  # fmt: skip
    note = (
        "A counter that is kept by the same process as the spans is lost with it. Counters and spans may be of"
        " different parts and"
        " times; a difference is a reason to look."
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
    if not answer.rows:
        return ()
    columns = (
        left("From, UTC", "from_time", text.spoken), left("To, UTC", "to_time", text.spoken),
        right("Seconds", "seconds", text.seconds),
        right("Times the usual", "times_usual", _times),
    )  # fmt: skip
    row: dict[str, Any] = next(answer.dicts())
    note = (
        f"{_GAP_NOTE} Usual: 99 % of the intervals are no longer than {text.seconds(row['usual_s'])} s, half"
        " no longer than"
    )
    note = f"{note} {text.seconds(row['median_s'])} s."
    return (
        table(
            context, "Longest intervals without a call", answer, columns, n=row["intervals"], note=note, method=CENSUS
        ),
    )


_COUNTED = {"calls": "model calls", "kept": "spans passed on", "lost": "spans lost"}


def _rounded(value: float | None) -> str:
    return text.UNKNOWN if value is None else f"{value:,.0f}"


def _times(value: float | None) -> str:
    return text.UNKNOWN if value is None else f"{value:,.1f}"


def _days(value: float | None) -> str:
    return text.UNKNOWN if value is None else f"{value:,.1f}"


MEASURES = {
    "log_completeness": completeness, "logging_period": period, "sampling_rate": sampling, "retention": retention,
    "hash_chain": integrity,
}  # fmt: skip
HOW = {
    "log_completeness": "No call is stored for this window.",
    "logging_period": "No call with a known start is stored for this window.",
    "sampling_rate": "No span is stored for this window.",
    "retention": "No call is stored.",
    "hash_chain": "The store has no snapshot with files.",
    "deletion_log": "Not yet measured: this version deletes no calls, so it keeps no log of deletions.",
    "evidence_freeze": "Not yet measured: this version exports no sealed copy of an incident's traces. The"
    " snapshot under these"
    " documents is pinned, and its files are never removed.",
    "document_versions": "Stands in `manifest.json` of the set: id, version, hash and approvals of each document.",
    "incidents": "Incidents are declared in `incidents` of system.yaml, with the traces that they are about;"
    " telemetry does not say"
    " what a serious incident is.",
    "biometric_log_fields": "Not recorded: the fields of Art. 12(3) are the application's own, for remote"
    " biometric identification"
    " (Annex III point 1(a)) only.",
}
