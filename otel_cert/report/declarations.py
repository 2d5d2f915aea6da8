"""Reads what an organisation declares: `system.yaml`, the answers about the system, and a person's decision about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from otel_cert import quick_yaml
from otel_cert.errors import NotFound, UsageError
from otel_cert.law import Classification, LawPack, classify
from otel_cert.law.answers import read_answers
from otel_cert.law.record import Decision
from otel_cert.report.blocks.limits import ADDED
from otel_cert.report.facts import FACTS
from otel_cert.report.front import FUTURE, STALE
from otel_cert.report.system import About, Organisation, System, declared_models

_XII = "annex-xii."
_KEYS = {name for model in declared_models() for name in model.model_fields}
_RECORD = {"classification", "decision", "outcome"}
"""Keys of the record that `otel-cert assess --output` writes."""


@dataclass(frozen=True)
class Classified:
    """The classification of a system."""

    classification: Classification
    decision: Decision | None
    warnings: tuple[str, ...] = ()


def read_system(path: Path) -> System:
    """Return what a file declares.

    Raises:
        NotFound: there is no file.
        UsageError: it is not valid; with every problem.

    """
    try:
        given = quick_yaml.load_by_hand(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}", hint=f"write one with: otel-cert init --system {path}") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}{quick_yaml.complaint(error)}", hint=quick_yaml.NEXT) from error
    try:
        return System.model_validate(given)
    except ValidationError as error:
        found = [": ".join(filter(None, (".".join(map(str, one["loc"])), _plain(one)))) for one in error.errors()]
        raise UsageError(f"{path}: {'; '.join(found)}", hint="otel-cert init --system FILE shows every key") from error


def _plain(problem: ErrorDetails) -> str:
    """Return what is wrong with a key, and what to do, in words for somebody who writes YAML."""
    match problem["type"]:
        case "extra_forbidden":
            return f"there is no such key{_closest(str(problem['loc'][-1]), _KEYS)}"
        case "missing":
            return "it is needed"
        case "string_type":
            return f"it has to be a text, and YAML reads {problem['input']!r} otherwise; put it in quotes"
        case "model_type" | "mapping_type" | "dict_type":
            return "it has to hold keys, as in {name: ...}"
        case "tuple_type":
            return f"it has to be a list, as in [{problem['input']}]"
        case "date_type" | "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact":
            return f"it has to be a day, as in 2026-06-15, and not {problem['input']!r}"
        case _:
            return problem["msg"].removeprefix("Value error, ")


def _closest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def field_ids(pack: LawPack) -> set[str]:
    """Return the ids of the fields that can be filled: requirements, facts that may not apply, and further limits."""
    return {requirement.id for requirement in pack.requirements} | {ADDED, *FACTS}


def check_ids(system: System, pack: LawPack) -> None:
    """Refuse ids that no document shows: what is written under them would be lost without a word.

    Raises:
        UsageError: there is no such field, or no such point of Annex XII; with the closest one.

    """
    known, points = field_ids(pack), {id_.removeprefix(_XII) for id_ in field_ids(pack) if id_.startswith(_XII)}
    wrong = [f"fields.{id_}: there is no such field{_closest(id_, known)}" for id_ in system.fields if id_ not in known]
    wrong += [
        f"suppliers.{one.model}.annex_xii.{point}: there is no such point{_closest(point, points)}"
        for one in system.suppliers
        for point in one.annex_xii
        if point not in points
    ]
    if wrong:
        raise UsageError("; ".join(wrong), hint="the checklist of the set names every field")


def future_days(system: System, today: date) -> Iterator[str]:
    """Yield where the system names a day after `today` on which something was said; one day later is another time zone."""
    said = {"declared_on": system.declared_on}
    said |= {f"fields.{id_}.on": one.on for id_, one in system.fields.items()}
    said |= {f"changes.{id_}.on": one.on for id_, one in system.changes.items()}
    for one in system.incidents:
        said |= {
            f"incidents.{one.id}.{name}": getattr(one, name) for name in ("aware", "first_report", "complete_report")
        }
    yield from (path for path, day in said.items() if day and day > today + timedelta(days=1))


def named(system: str, provider: str, *, by: str, on: date) -> System:
    """Return a system of which only the two names are declared."""
    return System(system=About(name=system), provider=Organisation(name=provider), declared_by=by, declared_on=on)


def classified(
    system: System, pack: LawPack, *, base: Path, answers: Path | None = None, today: date | None = None
) -> Classified:
    """Return the classification from an answers file, or else from what `system.yaml` names or holds.

    A file may also be the record of `otel-cert assess`, with a person's decision. The decision holds only as long as the
    rules propose what the person saw.

    Args:
        system: whose.
        pack: the legal data.
        base: folder that a file named in `system.yaml` is in.
        answers: a file that takes the place of what `system.yaml` says.
        today: to warn about old legal data, and about days that have not come yet.

    Raises:
        UsageError: the answers are not valid.

    """
    future = ", ".join(future_days(system, today or date.today()))
    warnings = (FUTURE.format(paths=future),) if future else ()
    declared = system.classification
    file = answers or (base / declared if isinstance(declared, str) else None)
    given: Mapping[str, Any] = read_answers(file) if file else declared if isinstance(declared, Mapping) else {}
    if set(given) != _RECORD:
        return Classified(classify(given, pack=pack, today=today), None, warnings)
    seen = Classification.model_validate(given["classification"])
    found = classify(seen.answers, pack=pack, today=today)
    decision = Decision.model_validate(given["decision"]) if given["decision"] else None
    if decision and (found.outcome, found.labels) != (seen.outcome, seen.labels):
        return Classified(found, None, (STALE, *warnings))
    return Classified(found, decision, warnings)
