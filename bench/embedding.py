"""Measures how many texts and tokens a processor second turns into vectors, beside PyTorch in fp32.

PyTorch takes the texts in batches of 32 as they come; sentence-transformers, on PyTorch as well, sorts them by length first.

python bench/embedding.py [--texts 300] [--rounds 3] [--seed 1] [--format json]
python bench/embedding.py --context [--words 120000]
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
from figures import Figures, Goal, machine, show

from otel_cert.scoring.cache import Cache, MemoryCache
from otel_cert.scoring.disk import DiskCache
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.models import find_model

_TEXT = (
    "the report says that revenue of this company grew by nearly a third over last year while costs of materials and "
    "energy stayed where they were so management expects another good quarter before winter unless prices change again"
)
_WORDS = _TEXT.split()
_BATCH = 32
_LENGTHS = (4, 8, 15, 15, 25, 25, 40, 60, 110, 180)
"""Words of a text: sentences, paragraphs and windows, as answers and contexts give them."""


def texts(rng: random.Random, count: int) -> list[str]:
    """Return different texts of mixed lengths."""
    return [" ".join(rng.choices(_WORDS, k=rng.choice(_LENGTHS))) + f" {n}." for n in range(count)]


def seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds that work takes in this process, of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def measure_rates(figures: Figures, rng: random.Random, count: int, rounds: int) -> None:
    """Measure all in turn, on other texts each round."""
    import torch
    from sentence_transformers import SentenceTransformer

    ours, sorting = Encoder(), SentenceTransformer(str(find_model().folder), device="cpu")
    threads = torch.get_num_threads()
    peers: dict[str, tuple[int, Callable[[list[str]], object]]] = {
        "PyTorch": (threads, _plain(str(find_model().folder))),
        "sentence-transformers": (threads, lambda sample: sorting.encode(sample, show_progress_bar=False)),
        "sentence-transformers, one thread": (
            1,
            lambda sample: sorting.encode(sample, show_progress_bar=False),
        ),
    }
    for work in (ours.encode, *(work for _, work in peers.values())):
        work(texts(rng, 20))
    cosines = []
    for _ in range(rounds):
        sample = texts(rng, count)
        tokens = sum(len(ours.pieces(text)) + 2 for text in sample)
        own = seconds(lambda sample=sample: ours.encode(sample))
        _rate(figures, "otel-cert", count, tokens, own)
        for name, (number, work) in peers.items():
            torch.set_num_threads(number)
            taken = seconds(lambda sample=sample, work=work: work(sample))
            _rate(figures, f"peer: {name}", count, tokens, taken)
            if name == "PyTorch":
                Goal("rate, times PyTorch", 3, "ratio").add(figures, taken / own)
            else:
                figures.add(f"times {name}", taken / own, "ratio")
        cosines.append(_least_cosine(ours, sorting, sample[:50]))
    Goal("least cosine of texts and tokens with theirs", 0.999, "cosine").add(figures, min(cosines))


def _rate(figures: Figures, name: str, count: int, tokens: int, taken: float) -> None:
    figures.add(f"{name}: texts", count / taken, "texts/CPU-s")
    figures.add(f"{name}: tokens", tokens / taken, "tokens/CPU-s")


def _plain(folder: str) -> Callable[[list[str]], object]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def work(sample: list[str]) -> None:
        with torch.inference_mode():
            for at in range(0, len(sample), _BATCH):
                model(
                    **tokenizer(sample[at : at + _BATCH], padding=True, return_tensors="pt")
                ).last_hidden_state.numpy()

    return work


def _least_cosine(ours: Encoder, peer: object, sample: Sequence[str]) -> float:
    found = ours.encode(sample)
    pooled = peer.encode(sample, normalize_embeddings=True, show_progress_bar=False)  # type: ignore[attr-defined]
    tokens = peer.encode(sample, output_value="token_embeddings", show_progress_bar=False)  # type: ignore[attr-defined]
    least = 1.0
    for one, mean, each in zip(found, pooled, tokens, strict=True):
        theirs = each.numpy()[1:-1]
        lengths = np.linalg.norm(one.vectors, axis=1) * np.linalg.norm(theirs, axis=1)
        least = min(least, float(one.pooled @ mean), float((np.sum(one.vectors * theirs, axis=1) / lengths).min()))
    return least


def measure_context(figures: Figures, rng: random.Random, words: int, folder: Path) -> None:
    """Measure a second answer on one context, from memory and from disk, and the memory that a long context takes."""
    windows = texts(rng, 12)
    for name, caches in _caches(folder).items():
        encoder = Encoder(caches=caches)
        encoder.encode(["warm"])
        first, second = (
            seconds(lambda answer=answer: encoder.encode([*windows, answer]))  # noqa: B023
            for answer in ("revenue grew by a third.", "costs stayed where they were.")
        )
        Goal(f"second answer on a context, {name}", 5, "times cheaper").add(figures, first / second)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pages = (" ".join(rng.choices(_WORDS, k=180)) for _ in range(words // 180))
    encoder = Encoder()
    taken = seconds(lambda: sum(each.nbytes for each in encoder.stream(pages)))
    figures.add(f"{words:,} words once, not kept", taken, "CPU-s")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures.add(f"peak memory, more for {words:,} words", (after - before) / 1024, "MiB")
    figures.add("peak memory of the process", after / 1024, "MiB")


def _caches(folder: Path) -> dict[str, list[Cache]]:
    return {"memory": [MemoryCache()], "disk": [DiskCache(folder)]}


@click.command()
@click.option("--context", is_flag=True, help="Measure a second answer on a context, and memory.")
@click.option("--texts", "count", type=int, default=300, show_default=True, help="Texts of a round.")
@click.option("--words", type=int, default=120_000, show_default=True, help="Of the long context: 200 pages.")
@click.option("--rounds", type=int, default=3, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(context: bool, count: int, words: int, rounds: int, seed: int, format_: str) -> None:
    """Measure, and print every figure."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    rng, figures = random.Random(seed), Figures()
    with tempfile.TemporaryDirectory() as folder:
        host = machine(Path(folder))
        if context:
            measure_context(figures, rng, words, Path(folder))
        else:
            measure_rates(figures, rng, count, rounds)
    click.echo(show(host, {"texts": count, "words": words, "rounds": rounds, "seed": seed}, figures, format_))


if __name__ == "__main__":
    main()
