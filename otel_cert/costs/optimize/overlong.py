"""Prompts and answers that are longer than they need to be."""

from __future__ import annotations

from otel_cert.costs.optimize.study import Explanation, Finder, Found, Study
from otel_cert.questions.savings import OVERLONG

_SAID = {
    "long input": (
        "Input beyond the 95th percentile of its task, of calls with more than 1.5 times that, at the price that they paid",
        ["Look at the examples: what made these prompts so long (history, retrieved documents, attachments)?"],
    ),
    "answer cut at the limit": (
        "Output of answers that ended at the token limit, at the price that they paid",
        ["Is a cut answer of any use?", "Is the limit too low, or the question too open? Was the call made again?"],
    ),
    "unused tools": (
        "Definitions of tools that no call of the task asked for, by their share of the characters sent, at the price"
        " that the input cost",
        ["May a rare case need the tool?", "Changing the tools empties the prompt cache once."],
    ),
}


def finder(study: Study) -> Finder:
    """Return what finds prompts and answers far beyond what is usual, or of no use."""

    def explain(found: Found) -> Explanation:
        basis, check = _SAID[found.variant or ""]
        return Explanation("low", f"{basis}: an upper bound; at least nothing.", check)

    return Finder("overlong", OVERLONG, {"least": study.options.least}, explain)
