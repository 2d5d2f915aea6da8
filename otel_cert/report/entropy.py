"""The section on how sure the models were of their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from otel_cert.questions import ENTROPY, UNCERTAIN, UNMEASURED, Answer
from otel_cert.questions.entropy import RECORDED
from otel_cert.questions.unmeasured import REASONS
from otel_cert.report import charts, tables, text
from otel_cert.report.model import Block, Chart, Figure, Figures, Paragraph, Section, Source

TITLE = "Token entropy"
TITLE_UNDER_A_MODEL = "Token surprisal under a language model"

Ask = Callable[..., Answer]

_MEANING = (
    "How sure the models were of each token of their answers, from the log probabilities that were recorded. It is no"
    " accuracy: a model may be sure and wrong, and unsure where many words are right. Models with other vocabularies are not"
    " comparable by it. Surprisal and entropy are in nats."
)
_MEANING_UNDER_A_MODEL = (
    "How expected each token of recorded answers is to a language model that was asked afterwards: it read the recorded"
    " prompt and the answer. These are numbers of that model. They say neither how sure the model was that answered, nor"
    " whether an answer is right, and are never added to recorded ones. Surprisal and entropy are in nats."
)
_INTERVAL = (
    "95 % interval of the mean surprisal: normal, by the variance of a ratio over users, else conversations, else traces."
    " Mean entropy: bounds, because only some alternatives of each token are recorded. p low: share of the tokens below the"
    " probability that is counted."
)
_INTERVAL_UNDER_A_MODEL = (
    "95 % interval of the mean surprisal: normal, by the variance of a ratio over users, else conversations, else traces."
    " Mean entropy: exact, over the whole vocabulary of the scoring model. p low: share of the tokens below the probability"
    " that is counted."
)
_LEAST = "Least certain is not wrong: it is where looking pays first."


def section(ask: Ask, *, quote: bool, source: str = RECORDED) -> Section:
    """Return the section on one source of probabilities.

    Args:
        ask: asks a question about the window.
        quote: whether answers may be quoted.
        source: RECORDED or UNDER_A_MODEL.

    """
    scored = source != RECORDED
    note = _INTERVAL_UNDER_A_MODEL if scored else _INTERVAL
    total, by_model, by_day = (ask(ENTROPY, by=by, source=source) for by in ("total", "model", "day"))
    models = [row["scoring_model"] for row in total.dicts() if row["scoring_model"] is not None]
    several, under = len(models) > 1, _under(models[0]) if len(models) == 1 else ""
    blocks: list[Block] = [
        Paragraph(_MEANING_UNDER_A_MODEL if scored else _MEANING),
        *(Figures(tuple(_figures(row, total))) for row in total.dicts() if row["measured"]),
        *_trends(by_day),
        tables.table(f"Surprisal by model{under}", by_model, tables.entropy("model", scored=several), note),
        tables.table(f"Surprisal by day{under}", by_day, tables.entropy("day", scored=several), note),
        *_why(ask(UNMEASURED, source=source)),
    ]
    if quote:
        least = ask(UNCERTAIN, source=source)
        blocks.append(tables.table(f"Least certain answers{under}", least, tables.uncertain(scored=several), _LEAST))
    return Section(TITLE_UNDER_A_MODEL if scored else TITLE, tuple(blocks))


def _figures(row: Mapping[str, Any], total: Answer) -> Iterator[Figure]:
    source = tables.source(total)
    of_tokens = Source(row["tokens"], source.evidence_id)
    of_all = f"of {text.plural(total.n, 'call')}"
    note = of_all + _under(row["scoring_model"])
    yield Figure("Calls with figures", text.count(row["measured"]), source, note=note)
    yield Figure("Mean surprisal", text.nats(row["mean_nll"]), of_tokens, "nats", _interval(row))
    yield Figure("Perplexity", text.nats(row["perplexity"]), of_tokens, note="exp(mean surprisal)")


def _trends(by_day: Answer) -> Iterator[Chart]:
    """Yield the course of the mean over days with figures, of each scoring model its own; a single day has none."""
    days = [row for row in by_day.dicts() if row["measured"] and row["key"] is not None]
    for model in dict.fromkeys(row["scoring_model"] for row in days):
        rows = [row for row in days if row["scoring_model"] == model]
        if len(rows) < 2:
            continue
        low, high = min(rows, key=_mean), max(rows, key=_mean)
        said = (
            f"Mean surprisal on {len(rows)} days from {rows[0]['key']} to {rows[-1]['key']}: lowest"
            f" {text.nats(low['mean_nll'])} on {low['key']}, highest {text.nats(high['mean_nll'])} on {high['key']},"
            " in nats. A day of one user or conversation has no interval."
        )
        caption = f"Mean surprisal by day, with 95 % intervals{_under(model)}"
        yield Chart(caption, charts.surprisal_by_day(rows), said, tables.source(by_day))


def _under(model: str | None) -> str:
    return f", under {model}" if model else ""


def _mean(row: Mapping[str, Any]) -> float:
    return float(row["mean_nll"])


def _interval(row: Mapping[str, Any]) -> str:
    low, high = row["mean_nll_low"], row["mean_nll_high"]
    if low is None or high is None:
        return "of a single user or conversation there is no interval"
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
