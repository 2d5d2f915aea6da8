"""Requests that were answered before."""

from __future__ import annotations

from otel_cert.costs.optimize.study import Explanation, Finder, Found, Study
from otel_cert.questions.savings import REPEATED
from otel_cert.report.text import plural


def finder(study: Study) -> Finder:
    """Return what finds requests that repeat an answered one."""
    hours = study.options.within_ns / 3_600_000_000_000

    def explain(found: Found) -> Explanation:
        basis = (
            f"Cost of all but the first of equal requests of a service within {hours:g} h (same model, instructions,"
            " messages, tools and parameters). "
        )
        check = [
            "Keep answers in a store of your own, keyed by the whole request; never give one user's answer to another.",
            f"An answer may be up to {hours:g} h old: does it still hold?",
        ]
        if found.variant == "same answer expected":
            return Explanation("high", basis + "Temperature 0, or embeddings: the answers hardly differ.", check)
        basis += "The temperature is above 0 or not recorded, so that answers may be meant to vary: at least nothing."
        return Explanation("medium", basis, [*check, "May every repetition have the same answer?"])

    return Finder("repeated", REPEATED, {"within_ns": study.options.within_ns}, explain, _notes(study))


def _notes(study: Study) -> list[str]:
    calls, stored = (sum(row[name] for row in study.tasks) for name in ("calls", "with_content"))
    if stored == calls:
        return []
    text = f"{plural(calls - stored, 'call')} of {calls:,} without stored messages: repeated requests and prefixes are"
    return [f"{text} not looked for there, nor are unused tools. Record content to examine them."]
