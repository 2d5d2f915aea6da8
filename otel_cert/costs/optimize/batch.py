"""Calls that nobody waits for, at the provider's batch price."""

from __future__ import annotations

from otel_cert.costs.optimize.prices import rates_json
from otel_cert.costs.optimize.study import Explanation, Finder, Found, Study
from otel_cert.questions.savings import BATCH


def finder(study: Study) -> Finder:
    """Return what finds calls that could be processed as a batch."""
    names = study.price_ids()
    listed = {name: model for name in names if (model := study.prices.listed(name, processing="batch"))}

    def explain(_found: Found) -> Explanation:
        return Explanation(
            "medium",
            "List price of the provider's batch processing for the same tokens. Judged as waited for by nobody: no call of"
            " the task is known to stream, has a user or a conversation, or asked for a tool, and at least half come in"
            " bursts of 10 within a minute. The amount is of the calls in bursts; at least, of those known not to stream; at"
            " most, of the whole task.",
            [
                "Does anything wait for these answers? Batches are answered within hours (most providers: up to 24).",
                "Does a later call need the answer of an earlier one?",
                "Are prompts cached in batches too? Providers differ.",
            ],
        )

    missing = [name for name in names if name not in listed]
    notes = [f"No batch price is listed for {', '.join(missing)}."] if missing else []
    params = {"least": study.options.least, "rates": rates_json(listed.items())}
    return Finder("batch", BATCH, params, explain, notes)
