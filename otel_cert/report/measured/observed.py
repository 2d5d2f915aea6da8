"""What the organisation declared beside what was observed: services, versions, models, languages, regions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from otel_cert.questions import COMPONENTS, MODELS, Answer
from otel_cert.report import text
from otel_cert.report.context import Context
from otel_cert.report.measured.components import region_names
from otel_cert.report.measured.languages import languages
from otel_cert.report.measured.shown import CENSUS, Seen, bounds
from otel_cert.report.model import Block, Column, Gap, Table

_NOTE = (
    "A difference is for a person to explain: it may be a wrong declaration, an unplanned use, or a part that is not"
    " recorded."
)
_ALL = "Of all services in the store; the other figures are of the declared ones."


def declared_observed(context: Context) -> tuple[Block, ...]:
    """Return a table per aspect: what is declared and seen, declared and not seen, seen and not declared."""
    about, components, everything = context.system.system, context.ask(COMPONENTS), context.ask_everywhere(COMPONENTS)
    models, names = context.ask(MODELS), Counter[str | None]()
    for row in models.dicts():
        names[row["request_model"] or row["response_model"]] += row["calls"]
    found = (
        ("Services", about.services, Seen(_uses(everything, "name"), everything, note=_ALL if about.services else "")),
        ("Versions", about.versions, Seen(_uses(components, "version"), components)),
        ("Models asked for", about.models, Seen(names, models)),
    )
    return (
        *(_table(context, what, declared, seen) for what, declared, seen in found if declared or seen.counts),
        _languages(context),
        *_regions(context),
    )


def _uses(components: Answer, column: str) -> Counter[str | None]:
    """Return how much was recorded of each name, or version, of the services."""
    counted = Counter[str | None]()
    for row in components.dicts():
        if row["kind"] == "service":
            counted[row[column]] += row["uses"]
    return counted


def _table(context: Context, what: str, declared: Collection[str], seen: Seen) -> Table:
    columns = [Column(what), Column("State"), Column(seen.counted, "right")]
    if seen.bounds:
        columns += [Column("Share", "right"), Column("95 % interval", "right")]
    rows = []
    for name in sorted({*declared, *seen.counts}, key=lambda name: (-seen.counts.get(name, 0), str(name))):
        count = seen.counts.get(name, 0)
        shown = (
            (text.share(count / seen.n), bounds(*seen.bounds.get(name, (None, None)))) if seen.bounds and seen.n else ()
        )
        rows.append((text.words(name), _state(name, declared, seen.counts), text.count(count), *shown))
    said = "" if declared else "Nothing is declared in system.yaml."
    note = " ".join(part for part in (_NOTE, seen.note, said) if part)
    caption = f"Declared and observed: {what.lower()}"
    return Table(caption, tuple(columns), tuple(rows), context.source(seen.answer, seen.n, seen.method), note)


def _state(name: str | None, declared: Collection[str], seen: Mapping[str | None, int]) -> str:
    if name is None:
        return "not recorded"
    if name not in seen:
        return "declared, not observed"
    if not declared:
        return "observed"
    return "declared and observed" if name in declared else "observed, not declared"


def _languages(context: Context) -> Block:
    if seen := languages(context):
        return _table(context, "Languages", context.system.system.languages, seen)
    why = "No texts of questions are stored, and no answer was scored: languages are not known."
    return Gap("Languages", why, "input_profile")


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
