"""What the organisation declared beside what was observed: services, versions, models, languages, regions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from otel_cert.measures.accuracy.language import language_of
from otel_cert.questions import COMPONENTS, DRAWN, MODELS, RATES, SUPPORT, Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.components import region_names
from otel_cert.report.measured.shown import CENSUS, bounds
from otel_cert.report.model import Block, Column, Gap, Table
from otel_cert.statistics.intervals import wilson

_NOTE = (
    "A difference is for a person to explain: it may be a wrong declaration, an unplanned use, or a part that is not"
    " recorded."
)
_LANGUAGES = "Languages of fewer than 10 answers are left out; `und`: none of en, de, fr, es."
_SAMPLE = "`und`: none of en, de, fr, es; short texts are often taken for English."
_ALL = "Figures are of all services in the store, those not declared included."
_TEXTS = """
    SELECT input_messages FROM genai_calls
    SEMI JOIN (SELECT unnest($traces) AS trace_id, unnest($spans) AS span_id) AS drawn USING (trace_id, span_id)
"""


def declared_observed(context: Context) -> tuple[Block, ...]:
    """Return a table per aspect: what is declared and seen, declared and not seen, seen and not declared."""
    about, components = context.system.system, context.ask(COMPONENTS)
    services = {row["name"]: 0 for row in components.dicts() if row["kind"] == "service"}
    versions = Counter[str | None]()
    for row in components.dicts():
        if row["kind"] == "service":
            services[row["name"]] += row["uses"]
            versions[row["version"]] += row["uses"]
    models, names = context.ask(MODELS), Counter[str | None]()
    for row in models.dicts():
        names[row["request_model"] or row["response_model"]] += row["calls"]
    compared = (
        _table(context, "Services", about.services, services, components, note=f"{_NOTE} {_ALL}"),
        _table(context, "Versions", about.versions, versions, components),
        _table(context, "Models asked for", about.models, names, models),
    )
    return (
        *(table for table in compared if table.rows),
        *_languages(context),
        *_regions(context),
    )


def _table(
    context: Context, what: str, declared: Collection[str], seen: Mapping[str | None, int], answer: Answer, *,
    method: str = CENSUS, n: int | None = None, note: str = _NOTE, counted: str = "Calls", interval: bool = False,
) -> Table:  # fmt: skip
    columns = [Column(what), Column("State"), Column(counted, "right")]
    if interval:
        columns += [Column("Share", "right"), Column("95 % interval", "right")]
    rows = []
    for name in sorted({*declared, *seen}, key=lambda name: (-seen.get(name, 0), str(name))):
        calls = seen.get(name, 0)
        shown = (text.share(calls / n), bounds(*(wilson(calls, n) or (None, None)))) if interval and n else ()
        rows.append((text.words(name), _state(name, declared, seen), text.count(calls), *shown))
    said = "" if declared else " Nothing is declared in system.yaml."
    caption = f"Declared and observed: {what.lower()}"
    return Table(caption, tuple(columns), tuple(rows), context.source(answer, n, method), note + said)


def _state(name: str | None, declared: Collection[str], seen: Mapping[str | None, int]) -> str:
    if name is None:
        return "not recorded"
    if name not in seen:
        return "declared, not observed"
    if not declared:
        return "observed"
    return "declared and observed" if name in declared else "observed, not declared"


def _languages(context: Context) -> Iterator[Block]:
    """Show languages as the processor `accuracy` found them, else of a random sample of stored questions."""
    declared = context.system.system.languages
    if context.ask(SUPPORT, by="total").rows:
        answer = context.ask(RATES, by="language")
        seen = {
            row["key"]: row["n"]
            for row in answer.dicts()
            if row["rate"] == "failed" and row["key"] and not row["suppressed"]
        }
        if seen:
            method = "Language of the answers that the processor `accuracy` scored, by frequent words and letters."
            note = f"{_NOTE} {_LANGUAGES}"
            yield _table(
                context,
                "Languages",
                declared,
                seen,
                answer,
                method=method,
                n=sum(seen.values()),
                note=note,
                counted="Answers",
                interval=True,
            )
            return
    drawn = context.ask(DRAWN)
    said = [language for one in _questions(context, drawn) if (language := language_of(one))]
    if not said:
        yield Gap(
            "Languages",
            "No texts of questions are stored, and no answer was scored: languages are not known.",
            "input_profile",
        )
        return
    eligible = drawn.rows[0][drawn.columns.index("eligible")]
    method = (
        f"A simple random sample: {len(said):,} of {eligible:,} calls with stored texts, drawn by hash (the evidence"
        " lists them); language of the last text of the user, by frequent words and letters; Wilson interval at 95 %."
    )
    note = f"{_NOTE} {_SAMPLE}"
    yield _table(
        context, "Languages", declared, Counter(said), drawn, method=method, n=len(said), note=note,
        counted="Calls of the sample",
        interval=True,
    )  # fmt: skip


def _questions(context: Context, drawn: Answer) -> Iterator[str]:
    if not drawn.rows:
        return
    ids = {"traces": [row["trace_id"] for row in drawn.dicts()], "spans": [row["span_id"] for row in drawn.dicts()]}
    for (messages,) in context.con.execute(_TEXTS, ids).fetchall():
        if asked := last_question(messages):
            yield asked


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


def _regions(context: Context) -> Iterator[Block]:
    answer, seen = region_names(context)
    declared = context.system.system.regions
    if not seen:
        why = (
            "Countries of users are not recorded, nor is `cloud.region`: what is declared cannot be compared with"
            " anything."
        )
        yield Gap("Regions", why, "regions_seen")
        return
    requests = Counter({row["value"]: row["requests"] for row in answer.dicts() if row["key"] == "cloud.region"})
    columns = (Column("Region in which services ran"), Column("Requests", "right"))
    rows = tuple((text.words(name), text.count(count)) for name, count in requests.most_common())
    offered = f"Declared: offered in {', '.join(declared)}." if declared else "No country is declared."
    note = f"{offered} Where services run says nothing of where their users are; countries of users are not recorded."
    yield Table(
        "Declared and observed: regions", columns, rows, context.source(answer, sum(requests.values()), CENSUS), note
    )
