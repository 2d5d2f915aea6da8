"""What happens around the calls, as applications say by events: reviews, stops, feedback, guardrails, notices, marks.

The semantic conventions name none of these; the names below are ours. An event is a log record with an event name, in the
trace of what it is about. Its attributes are `NAME.outcome`, `.category`, `.by` (a pseudonym) and `.seconds`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from otel_cert.questions import REACHED, SIGNALS, Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured import reliability
from otel_cert.report.measured.shown import figure, of, table
from otel_cert.report.model import Block, Figures, Paragraph
from otel_cert.report.tables import Shown, left, right

_REACHED = (
    "Wilson score interval at 95 % for as many independent ones as those of these users, else conversations, else traces,"
    " are worth."
)
_COLUMNS = (
    left("Outcome", "outcome"), left("Category", "category"), right("Events", "events"), right("Traces", "traces"),
    left("First, UTC", "first_seen", text.minute), left("Last, UTC", "last_seen", text.minute),
)  # fmt: skip
_UNITS = {"conversation": "Conversations", "trace": "Traces", "call": "Answers"}
_TOLD = "As applications sent them (docs/events.md); what was not sent is not counted."
_BIAS = (
    "A low share of overrides does not show that the answers are good: people tend to accept what software proposes"
    " (automation bias, Art. 14(4)(b)). Compare the time that reviews take, and let some answers be reviewed that"
    " are known to be wrong."
)
_SELF_SELECTED = (
    "Who gives feedback selects himself: its shares are no estimate of accuracy and no statement about the other"
    " answers."
)
_DETECTORS = "What a detector missed is not in these figures; how much it misses is known only from tests."


def oversight(context: Context) -> tuple[Block, ...]:
    """Return reviews, their outcomes and duration, and the share of traces with one."""
    found = _events(context, "review", "Reviews by people")
    if not found:
        return ()
    timing = tuple(
        right(header, key, form)
        for header, key, form in (("Reviewers", "people", text.count), ("Median s", "median_s", text.seconds))
    )
    again = _events(context, "review", "Who reviewed, and for how long", (left("Outcome", "outcome"), *timing))
    return (*_share(context, "review", "trace", "reviewed"), *found, *again, Paragraph(_BIAS))


def stops(context: Context) -> tuple[Block, ...]:
    """Return uses and tests of the stop control."""
    return _events(context, "stop", "Uses and tests of the stop control")


def feedback(context: Context) -> tuple[Block, ...]:
    """Return ratings of users with the share of conversations that gave any."""
    found = _events(context, "feedback", "Feedback of users")
    return (
        (*_share(context, "feedback", "conversation", "with feedback"), *found, Paragraph(_SELF_SELECTED))
        if found
        else ()
    )


def complaints(context: Context) -> tuple[Block, ...]:
    """Return complaints that were sent as events."""
    return _events(context, "complaint", "Complaints")


def security(context: Context) -> tuple[Block, ...]:
    """Return what guardrails detected, by category."""
    answer, rows = _rows(context, "guardrail")
    told = [row for row in rows if row["category"]]
    if not told:
        return ()
    return (table(context, "Detections by category", answer, _COLUMNS, rows=told, n=_total(told), note=_DETECTORS),)


def guardrails(context: Context) -> tuple[Block, ...]:
    """Return what guardrails did, and what providers' filters stopped."""
    return (*_events(context, "guardrail", "Actions of guardrails", note=_DETECTORS), *reliability.outcomes(context))


def fallbacks(context: Context) -> tuple[Block, ...]:
    """Return fallbacks that applications tell of, and what followed failed calls."""
    return (*_events(context, "fallback", "Fallbacks"), *reliability.fallbacks(context))


def disclosure(context: Context) -> tuple[Block, ...]:
    """Return the share of conversations in which the notice came before the first answer (Art. 50(1))."""
    found = _events(context, "disclosure", "Notices that this is an AI system")
    outcomes = json.dumps(["shown"])
    shown = _share(
        context, "disclosure", "conversation", "with the notice before their first answer", outcomes, before=True
    )
    return (*shown, *found) if found else ()


def marking(context: Context) -> tuple[Block, ...]:
    """Return the share of answers that were marked as artificial, and how (Art. 50(2))."""
    found = _events(context, "marking", "Marks by technique", note="Whether the marks can be detected needs a test.")
    return (*_share(context, "marking", "call", "marked"), *found) if found else ()


def explanations(context: Context) -> tuple[Block, ...]:
    """Return the share of answers that came with sources or reasons."""
    found = _events(context, "explanation", "Sources and reasons given")
    return (*_share(context, "explanation", "call", "with sources or reasons"), *found) if found else ()


def _rows(context: Context, event: str) -> tuple[Answer, list[Mapping[str, object]]]:
    answer = context.ask(SIGNALS)
    return answer, [row for row in answer.dicts() if row["event"] == event]


def _events(
    context: Context, event: str, caption: str, columns: tuple[Shown, ...] = _COLUMNS, note: str = ""
) -> tuple[Block, ...]:
    answer, rows = _rows(context, event)
    if not rows:
        return ()
    return (table(context, caption, answer, columns, rows=rows, n=_total(rows), note=note, method=_TOLD),)


def _total(rows: list[Mapping[str, object]]) -> int:
    return sum(int(str(row["events"])) for row in rows)


def _share(
    context: Context, event: str, unit: str, what: str, outcomes: str | None = None, *, before: bool = False
) -> tuple[Block, ...]:
    """Return the share of units with the event; nothing is asked when there are no such events."""
    if not _rows(context, event)[1]:
        return ()
    answer = context.ask(REACHED, event=event, unit=unit, outcomes=outcomes)
    names = (
        ("before_reply", "before_share", "before_low", "before_high")
        if before
        else ("with_event", "share", "share_low", "share_high")
    )
    hits, share, low, high = names
    return tuple(
        Figures((figure(
            context, answer, f"{_UNITS[unit]} {what}", share, text.share, row=number, n=row["n"],
            note=of(row[hits], row["n"], unit, row, low, high), method=_REACHED,
        ),))
        for number, row in enumerate(answer.dicts())
    )  # fmt: skip


MEASURES = {
    "human_oversight": oversight, "stop_events": stops, "human_feedback": feedback, "complaints": complaints,
    "security_events": security, "guardrail_activity": guardrails, "fallbacks": fallbacks, "disclosure_events": disclosure,
    "marking_events": marking, "explanation_fields": explanations,
}  # fmt: skip


def _send(event: str, outcomes: str, more: str = "") -> str:
    return (
        f"No such event was sent. Log an event `otel_cert.{event}` in the trace of the call, with"
        f" `otel_cert.{event}.outcome` {outcomes}{more}."
    )


HOW = {
    "human_oversight": _send("review", "approved, overridden, corrected or rejected",
                             ", `.by` a pseudonym of the reviewer and `.seconds` the time it took"),
    "stop_events": _send("stop", "used or tested", " and `.seconds` until the system stood still"),
    "human_feedback": _send("feedback", "positive or negative"),
    "complaints": _send("complaint", "open, upheld or dismissed") + " Complaints that come another way are kept elsewhere.",
    "security_events": _send("guardrail", "blocked, redacted or flagged",
                             " and `.category` prompt_injection, jailbreak, data_poisoning, model_evasion, leakage"
                             " or other"),
    "guardrail_activity": _send("guardrail", "blocked, redacted or flagged") + " Calls record no finish reason either.",
    "disclosure_events": _send("disclosure", "shown when the notice is shown",
                               ", and `gen_ai.conversation.id` where it is shown before the first trace begins"),
    "marking_events": _send("marking", "the technique, such as watermark, metadata or fingerprint"),
    "explanation_fields": _send("explanation", "sources or reasons"),
    "fallbacks": reliability.HOW["fallbacks"],
}  # fmt: skip
