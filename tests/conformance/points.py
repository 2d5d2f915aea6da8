"""The 88 points of docs/conformance.md, read from the tests: a test belongs to the point whose number is in its name.

Its docstring says what holds. Points without a test, and what a point's tests leave open, stand here with the reason.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SECTIONS: Mapping[str, range] = {
    "OTLP/gRPC": range(1, 21),
    "OTLP/HTTP": range(21, 51),
    "What is sent": range(51, 59),
    "Security": range(59, 72),
    "Durability": range(72, 89),
}
PARTLY: Mapping[int, str] = {
    5: "gRPC wants UNIMPLEMENTED. grpcio answers INTERNAL, for damaged compressed data too, before any of our code runs. "
    "Senders repeat neither.",
    20: "Python and JavaScript are tested. For Go, Java and the Collector there is no exporter in Debian, npm or PyPI whose "
    "publisher could be relied upon.",
}
NOT_TESTED: Mapping[int, tuple[str, str]] = {
    83: ("Erasing while a question is asked.", "erasure comes with a later capability."),
    86: (
        "Memory, open files, disk and lag stay bounded at 70% of the sustained rate.",
        "it takes longer than a test may. `python bench/soak.py` does it, and fails when something grows.",
    ),
    87: (
        "A verifier detects changed, removed and reordered data.",
        "the signed ledger comes with a later capability. `otel-cert verify --store` finds damage, not forgery.",
    ),
    88: ("After erasure the content is gone everywhere.", "erasure comes with a later capability."),
}


@dataclass(frozen=True)
class Check:
    """One test of a point."""

    file: str
    name: str
    sentence: str


def by_point() -> dict[int, list[Check]]:
    """Return the tests of every point, in the order of the files."""
    found: dict[int, list[Check]] = defaultdict(list)
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (number := re.match(r"test_(\d\d)_", node.name)):
                sentence = (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " ")
                found[int(number[1])].append(Check(path.name, node.name, sentence))
    return found


def table() -> Iterator[str]:
    """Yield the page's tables."""
    tested = by_point()
    for title, numbers in SECTIONS.items():
        yield from (f"## {title}", "", "| point | what holds | state | tests |", "|---|---|---|---|")
        for number in numbers:
            yield "| " + " | ".join(cell.replace("|", r"\|") for cell in _row(number, tested.get(number, []))) + " |"
        yield ""


def _row(number: int, tested: Sequence[Check]) -> tuple[str, str, str, str]:
    if not tested:
        what, reason = NOT_TESTED[number]
        return str(number), what, f"not tested: {reason}", ""
    sentences = " ".join(dict.fromkeys(test.sentence for test in tested))
    names = "<br>".join(f"[{test.name}](../tests/conformance/{test.file})" for test in tested)
    return str(number), sentences, f"partly: {PARTLY[number]}" if number in PARTLY else "tested", names
