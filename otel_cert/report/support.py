"""The section on how far answers are supported by their context."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from otel_cert.measures.accuracy.marks import BEYOND, HINTS
from otel_cert.questions import SUPPORT, UNSUPPORTED, Answer
from otel_cert.report import tables, text
from otel_cert.report.model import Block, Figure, Figures, Paragraph, Section, Source, Table
from otel_cert.report.model import Column as Heading

TITLE = "Support of answers (proxy)"

Ask = Callable[..., Answer]
Registered = Callable[[Mapping[str, Any]], str]
"""From a row of the question `support` to what is known of the registration of its threshold."""

_MEANING = (
    "A proxy, not accuracy: software compared each answer with the context that was found for it, sentence by sentence. An"
    " answer is supported when its score reaches the threshold. Whether a supported answer is right depends on whether its"
    " context is; whether an unsupported one is wrong is not said. Answers without context have no score and are counted."
)
_INTERVAL = (
    "Interval: Wilson's at 95 %, for as many independent answers as these users (else conversations, else traces) are worth."
    " Each answer is weighted by the probability with which the sampling plan took it. With few of them the interval is"
    " too narrow."
)
_MOST_QUOTED = 300


def section(ask: Ask, *, quote: bool, registered: Registered) -> Section:
    """Return the section.

    Args:
        ask: asks a question about the window.
        quote: whether answers may be quoted.
        registered: tells what is known of the registration of a threshold; see `registration.registrations`.

    """
    total = ask(SUPPORT, by="total")
    rows = list(total.dicts())
    by_model = ask(SUPPORT, by="model")
    blocks: list[Block] = [Paragraph(_MEANING), Figures(tuple(_figures(rows, total)))]
    blocks += [Paragraph(_how(row, registered)) for row in rows]
    columns = tables.support(several=len({row["evaluator"] for row in rows}) > 1)
    blocks.append(tables.table("Support by model", by_model, columns, _INTERVAL))
    if quote:
        blocks += _examples(ask(UNSUPPORTED))
    return Section(TITLE, tuple(blocks))


def _figures(rows: list[dict[str, Any]], answer: Answer) -> Iterator[Figure]:
    for number, row in enumerate(rows):
        source = tables.source(answer)
        interval = text.interval(row["support_rate_low"], row["support_rate_high"])
        note = f"{row['supported']:,} of {text.plural(row['scored'], 'answer')}; 95 % interval {interval}"
        scored = Source(row["scored"], source.evidence_id)
        yield Figure(
            "Support rate (proxy)", text.percent(row["support_rate"]), scored, note=note, cell=(number, "support_rate")
        )
        unscored = row["taken"] - row["scored"]
        yield Figure("Without a score", text.count(unscored), source, note=text.counts(row["unscored"]))
        yield Figure(
            "Not taken up", text.count(row["answers"] - row["taken"]), source,
            note="not in the sample, not evaluated yet, or by another method",
        )  # fmt: skip


def _how(row: Mapping[str, Any], registered: Registered) -> str:
    """Return how one evaluator judged: method, versions, threshold, sample, contexts."""
    plan = json.loads(row["sample_plan"] or "{}")
    sample = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in plan.items()) or text.UNKNOWN
    return (
        f"Evaluated by {row['evaluator']} ({row['evaluator_version'] or 'version unknown'}). Threshold {row['threshold']:g},"
        f" {row['threshold_source']}; {registered(row)}. Sampling plan: {sample}. First scored"
        f" {text.moment(row['first_scored_unix_ns'])}. Context found by: {text.counts(row['sources']) or text.UNKNOWN}."
    )


def _examples(answer: Answer) -> Iterator[Table]:
    rows = tuple(
        (
            text.score(row["score"]),
            marked(row["claim"], row["claim_start"] or 0, row["reasons"]),
            _cut(row["evidence"]),
            text.words(row["model"]),
            f"{row['trace_id']} {row['span_id']}",
        )
        for row in answer.dicts()
    )
    headings = (
        Heading("Score", "right"),
        *map(Heading, ("Sentence", "Nearest in the context", "Model", "Trace and span")),
    )
    note = "Of each answer the least supported sentence; in [brackets] what the context does not support."
    if rows:
        yield Table("Least supported answers", headings, rows, tables.source(answer), note)


def marked(claim: str | None, start: int, reasons: str | None) -> str:
    """Return a sentence with what was found against it in brackets, or else all of it; see `marks.marks`.

    `start` is its first character in the answer.

    >>> marked("It is in France.", 35, '[{"kind": "entity", "start": 44, "end": 50}]')
    'It is in [France].'
    >>> marked("It is in France.", 35, '[{"kind": "unlike", "start": 44, "end": 50}]')
    '[It is in France.]'
    >>> marked("It is in France.", 35, '[{"kind": "beyond", "start": 44, "end": 51}]')
    'It is in [France.]'
    """
    if claim is None:
        return text.UNKNOWN
    given = json.loads(reasons or "[]")
    found = [r for r in given if r["kind"] not in HINTS]
    beyond = next((r["start"] - start for r in given if r["kind"] == BEYOND), 0)
    wrong = sorted((r["start"] - start, r["end"] - start) for r in found) or [(beyond, len(claim))]
    told, done = "", 0
    for first, last in _joined(claim, wrong):
        told += f"{claim[done:first]}[{claim[first:last]}]"
        done = last
    return _cut(told + claim[done:])


def _joined(claim: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans within the sentence, those together that overlap or have only spaces between them."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        first, last = max(0, first), min(len(claim), last)
        if first >= last:
            continue
        if joined and (first <= joined[-1][1] or not claim[joined[-1][1] : first].strip()):
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _cut(value: str | None) -> str:
    if value is None:
        return text.UNKNOWN
    return value if len(value) <= _MOST_QUOTED else f"{value[:_MOST_QUOTED]}…"
