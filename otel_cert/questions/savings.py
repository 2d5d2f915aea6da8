"""Find the calls on which money can be saved: one question per kind of saving, each with one row per call.

The rows of a kind are what `otel_cert.costs.optimize` ranks and makes disjoint; alone they may overlap with other kinds.
"""

from __future__ import annotations

from otel_cert.questions.question import PRICED, Param, Question
from otel_cert.questions.tasks import TASK
from otel_cert.schema import BIGINT, MONEY, TEXT, Column

FOUND = (
    *TASK,
    Column("price_id", TEXT, "Seller and model of the call's price."),
    Column("variant", TEXT, "Which saving of this kind, e.g. the model to change to; NULL when there is only one."),
    Column("currency", TEXT, "ISO 4217 code of the amounts."),
    Column("trace_id", TEXT, "Trace id of the call."),
    Column("span_id", TEXT, "Span id of the call."),
    Column("cost", MONEY, "What the call cost.", "currency"),
    Column("tokens", BIGINT, "Tokens that the saving is about.", "tokens"),
    Column("saved", MONEY, "What it saves of this, from 0 to `cost`.", "currency"),
    Column("low", MONEY, "What it saves at least.", "currency"),
    Column("high", MONEY, "What it saves at most.", "currency"),
)
"""The columns of every kind."""

_LEAST = Param("least", "Least calls of a task to judge it by.", 20)
_RATES = Param(
    "rates", "JSON array of {target, currency, bounds, price per token}: the list prices to compare with.", "[]"
)


def _kind(name: str, title: str, doc: str, *params: Param) -> Question:
    return Question(f"savings_{name}", title, doc, FOUND, params=(*PRICED, *params), priced=True)


REPEATED = _kind(
    "repeated",
    "Repeated requests",
    "Calls that repeat an answered request of the same service: same model, instructions, messages, tools and parameters."
    " Of each, the first in every period of `within_ns` after the very first is paid for; the others could be answered"
    " from a store of answers.",
    Param("within_ns", "For how long an answer may be used again, ns.", 86_400_000_000_000),
)  # fmt: skip

CACHING = _kind(
    "caching",
    "Prompt caching",
    "Calls that start as an earlier call of the same service and model did, within the lifetime of the provider's cache."
    " Only whole parts count as equal (tools, instructions, message), only beyond the provider's minimum, and only"
    " tokens that were not read from the cache anyway. What writing to the cache costs more is taken off.",
    Param("rules", "JSON array of {price_id, minimum, step, lifetime_ns, longest_ns, automatic}.", "[]"),
    _RATES,
)

BATCH = _kind(
    "batch",
    "Batch processing",
    "Calls of tasks that nobody waits for, at the provider's batch price: no call of the task is known to stream, to be for"
    " a user, in a conversation or to ask for a tool, and at least half of them come in bursts (`burst` calls within"
    " a minute). The amount is of the calls in bursts.",
    _LEAST,
    Param("burst", "Calls of a task within a minute that make a burst.", 10),
    _RATES,
)

CHEAPER = _kind(
    "models",
    "Cheaper model",
    "Calls at the list price of another model, for the same tokens at the time of the call.",
    Param(
        "targets",
        "JSON array of {task, target, certain, output_ratio}: `certain` is 1 when the quality is known to hold, else 0;"
        " `output_ratio` says how much more the target writes.",
        "[]",
    ),
    _RATES,
)

OVERLONG = _kind(
    "overlong",
    "Long prompts and answers",
    "What a call pays for input beyond the 95th percentile of its task where it is `factor` times that, for an answer that"
    " was cut at the limit, and for definitions of tools that its task never uses: upper bounds.",
    _LEAST,
    Param("factor", "Per cent of the 95th percentile beyond which input is too long.", 150),
)  # fmt: skip

KINDS = (REPEATED, CACHING, BATCH, CHEAPER, OVERLONG)
"""Every kind of saving."""
