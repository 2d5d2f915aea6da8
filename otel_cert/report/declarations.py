"""Reads what an organisation declares: `system.yaml`, the answers about the system, and a person's decision about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from otel_cert.errors import NotFound, UsageError
from otel_cert.law import Classification, LawPack, classify, quick_yaml
from otel_cert.law.answers import read_answers
from otel_cert.law.record import Decision
from otel_cert.report.front import STALE
from otel_cert.report.system import About, Organisation, System

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
        given = quick_yaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}", hint=f"write one with: otel-cert init --system {path}") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="it is no valid YAML") from error
    try:
        return System.model_validate(given)
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise UsageError(f"{path}: {found}", hint="otel-cert init --system FILE shows every key") from error


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
        today: to warn about old legal data.

    Raises:
        UsageError: the answers are not valid.

    """
    declared = system.classification
    file = answers or (base / declared if isinstance(declared, str) else None)
    given: Mapping[str, Any] = read_answers(file) if file else declared if isinstance(declared, Mapping) else {}
    if set(given) != _RECORD:
        return Classified(classify(given, pack=pack, today=today), None)
    seen = Classification.model_validate(given["classification"])
    found = classify(seen.answers, pack=pack, today=today)
    decision = Decision.model_validate(given["decision"]) if given["decision"] else None
    if decision and (found.outcome, found.labels) != (seen.outcome, seen.labels):
        return Classified(found, None, (STALE,))
    return Classified(found, decision)
