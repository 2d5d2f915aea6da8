"""Versions, prompts and other settings over time, and the decision of a person about each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_cert.questions import CHANGES, COMPONENTS
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.shown import CENSUS, table
from otel_cert.report.model import Block, Paragraph
from otel_cert.report.tables import Row, Shown, left, right

OPEN = "awaiting a decision"
_DECISIONS = {
    "planned": "planned in advance (Annex IV 2(f))", "not_substantial": "not substantial",
    "substantial": "substantial modification (Art. 43(4))",
}  # fmt: skip
_METHOD = (
    f"{CENSUS} A value that a service or agent did not use before is a change; whether it is a substantial"
    " modification is for a person to decide."
)
_NOTE = (
    "A return to an earlier value is not listed: see the days on which each was used. What telemetry does not"
    " record, such as a model that its provider replaced under the same name, cannot be seen. “Beside”: an earlier"
    " value was still in use."
)
_PROMPT = "A prompt is shown by the MD5 of its system instructions, not by its text; the same hash is the same text."


def changes(context: Context) -> tuple[Block, ...]:
    """Return every detected change of version, model, prompt, tools and parameters with its human decision."""
    answer = context.ask(CHANGES)
    found = [row for row in answer.dicts() if row["id"] is not None]
    varying = [row for row in answer.dicts() if row["value"] is None]
    blocks: list[Block] = []
    if found:
        blocks.append(
            table(context, "Detected changes", answer, _columns(context), rows=found, note=_NOTE, method=_METHOD)
        )
    elif answer.rows:
        blocks.append(Paragraph(f"No change was detected among what was recorded ({context.source(answer)}). {_NOTE}"))
    if varying:
        parts = (*_PART, right("Different values", "distinct_values"), right("Calls", "calls"))
        note = "These differ from call to call, so single changes cannot be told apart."
        blocks.append(table(context, "Settings that vary between calls", answer, parts, rows=varying, note=note))
    return tuple(blocks)


def undecided(context: Context) -> int:
    """Return how many detected changes await a person's decision."""
    return sum(
        row["id"] is not None and row["id"] not in context.system.changes for row in context.ask(CHANGES).dicts()
    )


def undetected(context: Context) -> tuple[str, ...]:
    """Return the changes that were decided about and that these calls do not show, by their ids."""
    if not context.system.changes:
        return ()
    shown = {row["id"] for row in context.ask(CHANGES).dicts()}
    return tuple(id_ for id_ in context.system.changes if id_ not in shown)


def system_versions(context: Context) -> tuple[Block, ...]:
    """Return the versions of the services that made calls."""
    answer = context.ask(COMPONENTS)
    rows = [row for row in answer.dicts() if row["kind"] == "service"]
    if not any(row["version"] for row in rows):
        return ()
    columns = (left("Service", "name"), left("Version", "version"), right("Calls", "uses"), *_SEEN)
    note = "A dash as the version: the service did not send `service.version` with these calls."
    return (table(context, "Versions of the application", answer, columns, rows=rows, note=note),)


def prompts(context: Context) -> tuple[Block, ...]:
    """Return the system instructions that were used, by their hash."""
    answer = context.ask(CHANGES)
    rows = [row for row in answer.dicts() if row["aspect"] == "prompt"]
    if not rows:
        return ()
    columns = (*_OWNER, left("MD5 of the prompt", "value"), right("Calls", "calls"), *_SEEN)
    return (table(context, "Prompts", answer, columns, rows=rows, note=_PROMPT),)


def releases(context: Context) -> tuple[Block, ...]:
    """Return when each version of the services was first seen."""
    answer = context.ask(CHANGES)
    rows = [row for row in answer.dicts() if row["aspect"] == "version"]
    if not rows:
        return ()
    columns = (
        left("Service", "service"),
        left("Version", "value"),
        left("Before it", "previous"),
        right("Calls", "calls"),
        *_SEEN,
    )
    note = "First use, not the day of the release: a version that made no call is not seen."
    return (table(context, "Releases seen", answer, columns, rows=rows, note=note),)


def _columns(context: Context) -> tuple[Shown, ...]:
    return (
        left("Change", "id"), *_PART, left("From", "previous"), left("To", "value"),
        left("First seen, UTC", "first_seen", text.minute), right("Calls", "calls"),
        left("Beside", "beside", lambda value: "yes" if value else "no"),
        Shown("Decision", lambda row: _decision(context, row), "left"),
    )  # fmt: skip


def _decision(context: Context, row: Row) -> str:
    made = context.system.changes.get(str(row["id"]))
    if made is None:
        return OPEN
    return f"{_DECISIONS[made.decision]}: {made.reason} ({made.by}, {made.on.isoformat()})"


def _owner(row: Mapping[str, Any]) -> str:
    return " / ".join(filter(None, (row["service"] or "service unknown", row["agent"])))


_OWNER = (Shown("Service", _owner, "left"),)
_PART = (*_OWNER, left("What", "aspect"))
_SEEN = (left("First seen, UTC", "first_seen", text.minute), left("Last seen, UTC", "last_seen", text.minute))

MEASURES = {
    "change_log": changes, "system_versions": system_versions, "prompt_versions": prompts, "release_cadence": releases,
}  # fmt: skip
HOW = {
    "change_log": "No call with a known start is stored for this window.",
    "system_versions": "No call says a version: set the resource attribute `service.version` to the version of each"
    " release.",
    "prompt_versions": "No system instructions are stored: the instrumentation has to capture content"
    " (`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`).",
    "release_cadence": "No call says a version: set the resource attribute `service.version` to the version of each"
    " release.",
}
