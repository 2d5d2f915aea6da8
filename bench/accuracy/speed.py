"""Measures what an answer costs: the first and the second on a context, the rules alone, and a long context.

python bench/accuracy/speed.py [--pairs 40] [--rounds 3] [--words 120000] [--seed 1] [--format json]

Texts are made here: an answer of about 700 characters, a context of about 1,500, in sentences with names, numbers, dates.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from figures import Figures, Goal, machine, show

from otel_cert.measures.accuracy.aligned import Aligned, method
from otel_cert.measures.accuracy.rules import findings

_PLACES = ("Arden", "Belfort", "Corvo", "Dunmore", "Elster", "Falun", "Gijon", "Harwich", "Imola", "Jarrow")
_THINGS = ("bridge", "harbour", "library", "mill", "museum", "railway", "school", "theatre", "tower", "well")
_SAID = (
    "The {thing} of {place} was built in {year} and cost {number} million euros.",
    "Every summer about {number},000 visitors come to {place} because of its old {thing}.",
    "In {year} the town council of {place} decided that the {thing} should not be sold.",
    "The {thing} near {place} is {number} metres long and has been closed to cars since March {year}.",
    "Maria Keller, who ran the {thing} from {year}, moved to {place} with {number} colleagues.",
)
_ANSWER, _CONTEXT = 700, 1_500


def text(rng: random.Random, characters: int) -> str:
    """Return sentences that are at least so many characters."""
    said = ""
    while len(said) < characters:
        said += rng.choice(_SAID).format(
            thing=rng.choice(_THINGS), place=rng.choice(_PLACES), year=rng.randint(1850, 2020), number=rng.randint(2, 99)
        ) + " "  # fmt: skip
    return said.strip()


def seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds that work takes in this process, of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def own_seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds of this thread alone: those of the model spin for a while when it has ended."""
    before = time.thread_time()
    work()
    return time.thread_time() - before


def measure_pairs(figures: Figures, aligned: Aligned, rng: random.Random, pairs: int) -> None:
    """Measure two answers on each of many contexts."""
    contexts = [text(rng, _CONTEXT) for _ in range(pairs)]
    answers = [(text(rng, _ANSWER), text(rng, _ANSWER)) for _ in range(pairs)]
    first = second = 0.0
    for context, (one, other) in zip(contexts, answers, strict=True):
        first += seconds(lambda one=one, context=context: aligned.score(one, [context]))
        second += seconds(lambda other=other, context=context: aligned.score(other, [context]))
    figures.add("first answer on a context", pairs / first, "pairs/CPU-s")
    figures.add("second answer on a context", pairs / second, "pairs/CPU-s")
    figures.add("second answer, times cheaper", first / second, "ratio")


def measure_rules(figures: Figures, rng: random.Random, pairs: int) -> None:
    """Measure the rules by themselves, on texts that nothing has read yet.

    Most sentences of an answer are the context's, as they are where people look things up; answers about something else,
    of which every number and name has to be looked for everywhere, are the worst case.
    """
    contexts = [text(rng, _CONTEXT) for _ in range(2 * pairs)]
    drawn = [answer_from(rng, context) for context in contexts[:pairs]]
    taken = own_seconds(lambda: [findings(one, [context]) for one, context in zip(drawn, contexts, strict=False)])
    Goal("rules alone", 5, "ms/pair", at_least=False).add(figures, taken / pairs * 1e3)
    others = [text(rng, _ANSWER) for _ in range(pairs)]
    taken = own_seconds(
        lambda: [findings(one, [context]) for one, context in zip(others, contexts[pairs:], strict=True)]
    )
    figures.add("rules alone, answers about something else", taken / pairs * 1e3, "ms/pair")


def answer_from(rng: random.Random, context: str) -> str:
    """Return sentences of a context with one of another text between them, of about the usual length of an answer."""
    sentences = context.split(". ")
    rng.shuffle(sentences)
    return f"{'. '.join(sentences[: len(sentences) * _ANSWER // _CONTEXT]).rstrip('.')}. {text(rng, 1)}"


def measure_shared(figures: Figures, aligned: Aligned, rng: random.Random, characters: int) -> None:
    """Measure a short answer, first and second, on a context of several pages."""
    context, answers = text(rng, characters), [text(rng, 60) for _ in range(2)]
    first, second = (seconds(lambda one=one: aligned.score(one, [context])) for one in answers)
    Goal(f"second short answer on {characters:,} characters", 5, "times cheaper").add(figures, first / second)


def measure_long(figures: Figures, aligned: Aligned, rng: random.Random, words: int) -> None:
    """Measure one answer on a context of so many words."""
    context = text(rng, words * 6)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    taken = seconds(lambda: aligned.score(text(rng, _ANSWER), [context]))
    figures.add(f"{len(context.split()):,} words, first answer", taken, "CPU-s")
    figures.add(f"{len(context.split()):,} words, first answer, waiting", time.perf_counter() - began, "s")
    second = seconds(lambda: aligned.score(text(rng, _ANSWER), [context]))
    figures.add(f"{len(context.split()):,} words, second answer", second, "CPU-s")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures.add("peak memory, more for it", (after - before) / 1024, "MiB")
    figures.add("peak memory of the process", after / 1024, "MiB")


@click.command()
@click.option("--pairs", type=int, default=40, show_default=True, help="Contexts of a round, with two answers each.")
@click.option("--rounds", type=int, default=3, show_default=True)
@click.option("--words", type=int, default=120_000, show_default=True, help="Of the long context: 200 pages; 0 = none.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(pairs: int, rounds: int, words: int, seed: int, format_: str) -> None:
    """Measure, and print every figure."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    rng, figures, aligned = random.Random(seed), Figures(), method()
    with tempfile.TemporaryDirectory() as folder:
        host = machine(Path(folder))
    aligned.score(text(rng, _ANSWER), [text(rng, _CONTEXT)])
    for _ in range(rounds):
        measure_pairs(figures, aligned, rng, pairs)
        measure_rules(figures, rng, pairs)
        measure_shared(figures, aligned, rng, 20_000)
    if words:
        measure_long(figures, aligned, rng, words)
    click.echo(show(host, {"pairs": pairs, "rounds": rounds, "words": words, "seed": seed}, figures, format_))


if __name__ == "__main__":
    main()
