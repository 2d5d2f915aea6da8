"""The list of what recorded instrumentations leave out or report otherwise: `tests/data/otlp/unknowable.yaml`.

`python -m tests.processors.unknowable [REASONS.yaml ...]` writes it anew from what is stored now. Reasons come from the
list itself and the given files; a difference without one is printed, and nothing is written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import yaml

from tests.processors.rows import CAPTURES
from tests.processors.truth import CAPTURED, calls_of, differences

LIST = CAPTURES / "unknowable.yaml"

_HEAD = """\
# What these recordings do not say, with the reason. Written by `python -m tests.processors.unknowable`; the test fails for
# what is missing here and for what is too much.
"""

Difference = tuple[Any, Any]
"""(expected, stored) of every call of a capture."""


def listed() -> dict[tuple[str, str], Difference]:
    """Return the differences that the list names, by (`folder/scenario`, field)."""
    return {
        (f"{folder}/{scenario}", entry["field"]): (values["expected"], values["stored"])
        for entry in yaml.safe_load(LIST.read_text(encoding="utf-8"))
        for folder, scenarios in entry["captures"].items()
        for scenario, values in scenarios.items()
    }


def found() -> dict[tuple[str, str], Difference]:
    """Return the differences that there are."""
    rows = calls_of(CAPTURED)
    return {
        (capture, field): json.loads(json.dumps(values))
        for capture in CAPTURED
        for field, values in differences(capture, rows[capture]).items()
    }


def _reasons(paths: list[Path]) -> dict[tuple[str, str], str]:
    reasons: dict[tuple[str, str], str] = {}
    for path in paths:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or ():
            for folder, scenarios in entry["captures"].items():
                reasons |= {(f"{folder}/{scenario}", entry["field"]): entry["why"] for scenario in scenarios}
    return reasons


def main(paths: list[Path]) -> int:
    """Write the list; return 1 when a difference has no reason."""
    reasons = _reasons([LIST, *paths])
    entries: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    missing = []
    for (capture, field), (expected, stored) in sorted(found().items()):
        folder, scenario = capture.split("/")
        why = reasons.get((capture, field))
        if why is None:
            missing.append(f"{capture} {field}: expected {expected}, stored {stored}")
            continue
        entries.setdefault((field, why), {}).setdefault(folder, {})[scenario] = {"expected": expected, "stored": stored}
    if missing:
        click.echo("\n".join(missing) + f"\n\n{len(missing)} differences without a reason", err=True)
        return 1
    content = [{"field": field, "why": why, "captures": captures} for (field, why), captures in sorted(entries.items())]
    LIST.write_text(_HEAD + yaml.dump(content, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None))
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(path) for path in sys.argv[1:]]))
