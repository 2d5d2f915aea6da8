"""The section on how sure the models were of their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from otel_cert.questions import ENTROPY, UNCERTAIN, UNMEASURED, Answer
from otel_cert.questions.unmeasured import REASONS
from otel_cert.report import tables, text
from otel_cert.report.model import Block, Figure, Figures, Paragraph, Section, Source

TITLE = "Token entropy"

Ask = Callable[..., Answer]

_MEANING = (
    "How sure the models were of each token of their answers, from the log probabilities that were recorded. It is no"
    " accuracy: a model may be sure and wrong, and unsure where many words are right. Models with other vocabularies are not"
    " comparable by it. Surprisal and entropy are in nats."
)
_INTERVAL = (
    "95 % interval of the mean surprisal: normal, by the variance of a ratio over conversations, or else traces. Mean"
    " entropy: bounds, because only some alternatives of each token are recorded. p low: share of the tokens below the"
    " probability that is counted."
)
_LEAST = "Least certain is not wrong: it is where looking pays first."


def section(ask: Ask, *, quote: bool) -> Section:
    """Return the section; `ask` asks a question about the window, `quote` says whether answers may be quoted."""
    total = ask(ENTROPY, by="total")
    blocks: list[Block] = [Paragraph(_MEANING), Figures(tuple(_figures(total)))]
    blocks.append(tables.table("Surprisal by model", ask(ENTROPY, by="model"), tables.entropy("model"), _INTERVAL))
    blocks.append(tables.table("Surprisal by day", ask(ENTROPY, by="day"), tables.entropy("day"), _INTERVAL))
    blocks += _why(ask(UNMEASURED))
    if quote:
        blocks.append(tables.table("Least certain answers", ask(UNCERTAIN), tables.uncertain(), _LEAST))
    return Section(TITLE, tuple(blocks))


def _figures(total: Answer) -> Iterator[Figure]:
    source = tables.source(total)
    for row in total.dicts():
        of_tokens = Source(row["tokens"], source.evidence_id)
        yield Figure(
            "Calls with figures", text.count(row["measured"]), source, note=f"of {text.plural(row['calls'], 'call')}"
        )
        yield Figure("Mean surprisal", text.nats(row["mean_nll"]), of_tokens, "nats", _interval(row))
        yield Figure("Perplexity", text.nats(row["perplexity"]), of_tokens, note="exp(mean surprisal)")


def _interval(row: dict[str, Any]) -> str:
    low, high = row["mean_nll_low"], row["mean_nll_high"]
    if low is None or high is None:
        return "of one conversation there is no interval"
    return f"95 % interval {text.nats(low)} to {text.nats(high)}"


def _why(answer: Answer) -> Iterator[Paragraph]:
    """Say of the other calls why they have no figures."""
    told = [
        f"{row['provider'] or 'provider unknown'} {row['calls']:,}: {REASONS.get(row['reason'], row['reason'])}"
        for row in answer.dicts()
        if row["reason"] is not None
    ]
    if told:
        yield Paragraph(f"Calls without figures: {'; '.join(told)} ({tables.source(answer)}).")
