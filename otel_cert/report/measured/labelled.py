"""Accuracy where people labelled answers: their share, raters, agreement and sample, and how far a score agrees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_cert.questions import AGREED, JUDGED, Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import figure, interval, of, table
from otel_cert.report.model import Block, Column, Figure, Figures, Paragraph, Source, Table
from otel_cert.report.tables import left, right
from otel_cert.statistics.agreement import cohen_kappa, krippendorff_alpha
from otel_cert.store.labels import Batch, batches, majority, votes

_LABELLED = (
    "Share of the labelled answers that people judged to be supported by their context; Wilson score interval at 95"
    " % for as many independent answers as these documents, users, conversations or traces are worth, weighted where"
    " a sample was drawn."
)
_AGREED = (
    "Answers that people and the automatic score labelled; Wilson score intervals at 95 % for as many independent answers"
    " as these documents, users, conversations or traces are worth."
)
_MEASURED = {
    "sensitivity": "Sensitivity of the score",
    "specificity": "Specificity of the score",
    "agreement": "Agreement",
}
_MEANING = (
    "Accuracy here is what people judged by the guideline below: whether the answer is supported by what was given"
    " to the model. Where the given text is wrong, a supported answer is wrong, too. Answers without a label are not"
    " covered."
)


def accuracy(context: Context) -> tuple[Block, ...]:
    """Return the share that people judged right, with source, raters, agreement and sample; nothing without labels."""
    found = _labels(context)
    answer = _judged(context, found, "total")
    if answer is None:
        return ()
    (row,) = answer.dicts()
    rate = figure(
        context, answer, "Accuracy by people's labels", "share", text.share, n=row["n"], method=_LABELLED,
        note=of(row["positive"], row["n"], "labelled answer", row),
    )  # fmt: skip
    return (
        Paragraph(_MEANING),
        Figures((rate,)),
        _raters(found),
        *_strata(context, found),
        Paragraph(sampling(found, row, answer.n)),
    )


def judge_agreement(context: Context) -> tuple[Block, ...]:
    """Return how far the automatic score says what people said; nothing without answers that both labelled."""
    found = _labels(context)
    answer = context.ask(AGREED, labels=_asked(found)) if found else None
    if answer is None or not answer.rows:
        return ()
    rows = {row["measure"]: (number, row) for number, row in enumerate(answer.dicts())}
    shown = [
        figure(
            context, answer, label, "share", text.share, row=number, n=row["n"], method=_AGREED,
            note=of(row["hits"], row["n"], "answer", row),
        )
        for measure, label in _MEASURED.items()
        if measure in rows
        for number, row in [rows[measure]]
    ]  # fmt: skip
    (_, both) = rows["agreement"]
    if kappa := _kappa({measure: (row["hits"], row["n"]) for measure, (_, row) in rows.items()}):
        shown.append(replace(kappa, source=context.source(answer, both["n"], _AGREED)))
    mixed = " Scores of several evaluators, versions or thresholds are mixed." if both["evaluators"] > 1 else ""
    text_ = f"Positive is supported: sensitivity is the share of people's positives that the score calls so.{mixed}"
    return (Figures(tuple(shown)), Paragraph(text_))


def datasets(context: Context) -> tuple[Block, ...]:
    """Return the sets of labelled answers that were brought in."""
    return (_raters(found),) if (found := _labels(context)) else ()


def _labels(context: Context) -> list[Batch]:
    return batches(context.layout)


def _judged(context: Context, found: Sequence[Batch], by: str) -> Answer | None:
    """Ask about the labels of stored calls, one per answer; None when there are none in the window."""
    if not found:
        return None
    answer = context.ask(JUDGED, labels=_asked(found), by=by)
    return answer if answer.rows else None


def _asked(found: Sequence[Batch]) -> str:
    return json.dumps(list(_rows(found)), sort_keys=True)


def _rows(found: Sequence[Batch]) -> Iterator[dict[str, Any]]:
    for id_, by in sorted(votes(found).items(), key=lambda item: str(item[0])):
        trace_id, _, span_id = str(id_).partition("/")
        label = majority({rater: row["label"] for rater, row in by.items()})
        if span_id and label is not None:
            row = next(row for row in by.values() if row["label"] == label)
            yield {
                "trace_id": trace_id, "span_id": span_id, "label": label, "weight": row.get("weight"),
                "stratum": row.get("stratum"), "unit": row.get("document"),
            }  # fmt: skip


def _raters(found: Sequence[Batch]) -> Table:
    columns = (*map(Column, ("Brought in", "Rater", "Guideline", "Source", "SHA-256")), Column("Labels", "right"))
    rows = tuple(
        (
            text.spoken(one.time[:19] + "Z"),
            one.rater,
            one.guideline[:120],
            one.source,
            one.sha256[:16],
            text.count(len(one.rows)),
        )
        for one in found
    )
    said = [{rater: row["label"] for rater, row in by.items()} for by in votes(found).values()]
    several = sum(len(one) > 1 for one in said)
    alpha = krippendorff_alpha(said)
    agreed = (
        f"Krippendorff’s alpha {alpha.value:.2f} over {text.plural(alpha.n, 'answer')}"
        + _between(alpha.low, alpha.high)
        if alpha
        else "The agreement of raters is not known"
    )
    raters = len({rater for one in said for rater in one})
    note = f"{text.plural(raters, 'rater')}; {text.plural(several, 'answer')} labelled by more than one. {agreed}."
    return Table("People’s labels", columns, rows, note=note)


def _strata(context: Context, found: Sequence[Batch]) -> tuple[Block, ...]:
    answer = _judged(context, found, "stratum")
    if answer is None or len(answer.rows) < 2:
        return ()
    columns = (
        left("Stratum", "key"), right("n", "n"), right("Positive", "positive"), right("Share", "share", text.share),
        interval("95 % interval", "share_low", "share_high"),
    )  # fmt: skip
    rows = [row if row["n"] >= 10 else _suppressed(row) for row in answer.dicts()]
    note = "Strata of fewer than 10 labelled answers are suppressed."
    return (table(context, "Labelled answers by stratum", answer, columns, rows=rows, note=note, method=_LABELLED),)


def _suppressed(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "key" else None for name, value in row.items()}


def sampling(found: Sequence[Batch], row: dict[str, Any], calls: int) -> str:
    """Say how the labelled answers were drawn from the calls of the window, and which labels are of others."""
    labelled = sum(1 for _ in _rows(found))
    drawn = (
        f"{row['weighted']:,} of the labelled answers have a weight other than 1, as a stratified sample gives them"
        if row["weighted"]
        else "No weights were recorded: whether the labelled answers were drawn at random is not known, and if they were"
        " chosen otherwise the share holds for them alone"
    )
    outside = labelled - row["n"]
    left_out = f" {outside:,} labels are of calls outside the window or the store." if outside else ""
    return f"Sampling: {row['n']:,} answers of {calls:,} calls of the window are labelled. {drawn}.{left_out}"


def _kappa(counts: Mapping[str, tuple[int, int]]) -> Figure | None:
    """Return the agreement beyond chance, without a source; None where all labels are the same."""
    (tp, positives), (tn, negatives) = (counts.get(name, (0, 0)) for name in ("sensitivity", "specificity"))
    people = [1] * positives + [0] * negatives
    found = cohen_kappa(people, [1] * tp + [0] * (positives - tp) + [0] * tn + [1] * (negatives - tn))
    if found is None:
        return None
    spread = _between(found.low, found.high) or "full agreement has no spread to compute an interval from"
    return Figure("Cohen’s kappa", f"{found.value:.2f}", Source(found.n, ""), note=spread.strip(" ()"))


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" (95 % interval {low:.2f} to {high:.2f})"


MEASURES = {"accuracy": accuracy, "judge_agreement": judge_agreement, "eval_datasets": datasets}
HOW = {
    "accuracy": "No person labelled answers of these calls, so accuracy is not known; automatic scores are shown"
    " apart as a proxy. Draw a sample with `otel-cert label sample`, let people label it, and bring it in with"
    " `otel-cert label import`.",
    "judge_agreement": "No answer has both an automatic score and a person's label: label a sample of scored answers"
    " (`otel-cert label sample`, `otel-cert label import`).",
    "eval_datasets": "No labelled answers were brought in (`otel-cert label import`). Data sets of other tests are"
    " declared in `datasets` of system.yaml.",
}
