"""In which languages people use the system: of the scored answers, else of a random sample of the stored questions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from otel_cert.measures.accuracy.language import language_of
from otel_cert.questions import DRAWN, LANGUAGES, Answer
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import Bounds, Seen
from otel_cert.statistics.bootstrap import share

_SCORED = (
    "Language of the answers that the processor `accuracy` scored, by frequent words and letters; Wilson score interval"
    " at 95 % for as many independent answers as these users, else conversations, else traces, are worth."
)
_LEFT_OUT = "Languages of fewer than 10 answers are left out; `und`: none of en, de, fr, es."
_SAMPLE = "`und`: none of en, de, fr, es; short texts are often taken for English."
_TEXTS = """
    SELECT trace_id, span_id, input_messages FROM genai_calls
    SEMI JOIN (SELECT unnest($traces) AS trace_id, unnest($spans) AS span_id) AS drawn USING (trace_id, span_id)
    ORDER BY trace_id, span_id
"""


def languages(context: Context) -> Seen | None:
    """Return the languages that were observed; None when no text says any."""
    answer = context.ask(LANGUAGES)
    rows = list(answer.dicts())
    if not rows:
        return _sampled(context)
    counts = {row["language"]: row["answers"] for row in rows}
    bounds = {row["language"]: (row["share_low"], row["share_high"]) for row in rows}
    return Seen(counts, answer, rows[0]["n"], _SCORED, _LEFT_OUT, "Answers", bounds)


def _sampled(context: Context) -> Seen | None:
    answer = context.ask(DRAWN)
    said = list(_said(context, answer))
    if not said:
        return None
    units = [unit for unit, _ in said]
    counts = Counter[str | None](language for _, language in said)
    method = (
        f"A simple random sample: {len(said):,} of {next(answer.dicts())['eligible']:,} calls with stored texts, drawn by"
        " hash (the evidence lists them); language of the last text of the user, by frequent words and letters; 95 %"
        " interval by Wilson, or by resampling users, else conversations, else traces, where calls share one."
    )
    bounds: dict[str | None, Bounds] = {}
    for name in counts:
        bounds[name] = share([name == language for _, language in said], units) or (None, None)
    return Seen(counts, answer, len(said), method, _SAMPLE, "Calls of the sample", bounds)


def _said(context: Context, drawn: Answer) -> Iterator[tuple[str, str]]:
    """Yield unit and language of the calls of the sample whose question can be read."""
    if not drawn.rows:
        return
    rows = {(row["trace_id"], row["span_id"]): row["unit"] for row in drawn.dicts()}
    ids = {"traces": [trace_id for trace_id, _ in rows], "spans": [span_id for _, span_id in rows]}
    for trace_id, span_id, messages in context.con.execute(_TEXTS, ids).fetchall():
        if (asked := last_question(messages)) and (language := language_of(asked)):
            yield rows[trace_id, span_id], language


def last_question(messages: str | None) -> str:
    """Return the last text of the user in `input_messages`; empty when there is none that can be read."""
    try:
        read: Any = json.loads(messages or "[]")
    except ValueError:
        return ""
    told = [message for message in read if isinstance(message, dict)] if isinstance(read, list) else []
    for message in reversed(told):
        parts = [part for part in message.get("parts") or () if isinstance(part, dict)]
        texts = [
            part["content"] for part in parts if part.get("type") == "text" and isinstance(part.get("content"), str)
        ]
        if message.get("role") == "user" and texts:
            return "\n".join(texts)
    return ""
