"""Measures how many tokens a language model scores in a processor second, beside bare calls of it on the same texts.

python bench/entropy.py [--model FOLDER] [--texts 200] [--rounds 3] [--seed 1] [--format json]

Without a model, a random one is made: its numbers mean nothing, and its speed is that of its size.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
from figures import Figures, Goal, machine, show

from otel_cert.scoring.causal import CausalLM
from otel_cert.scoring.scored_tokens import Item, TokenScores

_TEXT = (
    "the report says that revenue of this company grew by nearly a third over last year while costs of materials and "
    "energy stayed where they were so management expects another good quarter before winter unless prices change again"
)
_WORDS = _TEXT.split()
_LENGTHS = (4, 8, 15, 15, 25, 25, 40, 60, 110, 180)
"""Words of a prompt or an answer."""
_BATCH, _BATCH_TOKENS = 16, 1024
"""Texts of a batch of scoring as it comes; tokens of all others, the bare loop's too."""
# With 8,000 tokens of vocabulary the head of `small` is a quarter of its weights, as in models of a billion.
_SIZES = {
    "tiny": {"n_embd": 32, "n_layer": 2, "n_head": 4},
    "small": {"n_embd": 256, "n_layer": 8, "n_head": 4},
}


def items(rng: random.Random, count: int, prompt: bool) -> list[Item]:
    """Return answers of mixed lengths, each with a prompt of another, or with a single word before it."""
    return [
        Item(_words(rng, rng.choice(_LENGTHS)) if prompt else "so", f" {_words(rng, rng.choice(_LENGTHS))} {n}.")
        for n in range(count)
    ]


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS, k=count))


def seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds that work takes in this process, of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def make(folder: Path, size: str, vocabulary: int) -> None:
    """Write a random GPT-2 with a tokenizer of whole words and letters, and the vocabulary of a real one."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<e>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([_TEXT, " " + _TEXT], trainer)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<e>", eos_token="<e>").save_pretrained(folder)
    torch.manual_seed(1)
    config = GPT2Config(vocab_size=vocabulary, n_positions=1024, bos_token_id=0, eos_token_id=0, **_SIZES[size])
    GPT2LMHeadModel(config).save_pretrained(folder)


class Bare:
    """`model(**inputs)` in a loop: what any use of the model costs at least, when logits are asked for everywhere."""

    def __init__(self, folder: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._torch: Any = torch
        self._model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._tokenizer.pad_token = self._tokenizer.pad_token or self._tokenizer.eos_token
        self._tokenizer.padding_side = "right"

    def count(self, sample: Sequence[Item]) -> int:
        """Return the tokens of prompts and answers."""
        return sum(len(each) for each in self._tokens(sample))

    def run(self, sample: Sequence[Item]) -> None:
        """Read prompts and answers in the batches that scoring makes of them."""
        waiting = deque(sorted(self._tokens(sample), key=len, reverse=True))
        with self._torch.inference_mode():
            while waiting:
                count = min(len(waiting), max(1, _BATCH_TOKENS // len(waiting[0])))
                batch = [waiting.popleft() for _ in range(count)]
                self._model(**self._tokenizer.pad({"input_ids": batch}, return_tensors="pt"))

    def _tokens(self, sample: Sequence[Item]) -> list[list[int]]:
        found: list[list[int]] = self._tokenizer([f"{item.prompt}{item.answer}" for item in sample])["input_ids"]
        return found


def _batches(texts: Sequence[Any]) -> list[list[Any]]:
    waiting = iter(texts)
    return list(iter(lambda: list(islice(waiting, _BATCH)), []))


def as_it_comes(lm: CausalLM, sample: Sequence[Item]) -> None:
    """Score in batches of so many texts, in the order in which they come."""
    for batch in _batches(sample):
        lm.score(batch)


def measure(figures: Figures, folder: str, rng: random.Random, count: int, rounds: int) -> None:
    """Measure all in turn, on other texts each round."""
    lm, bare = CausalLM(folder, batch_tokens=_BATCH_TOKENS), Bare(folder)
    whole = CausalLM(folder, batch_tokens=1 << 30)  # never divides a batch
    warm = items(rng, _BATCH, prompt=True)
    lm.score(warm)
    whole.score(warm)
    bare.run(warm)
    for _ in range(rounds):
        for name, prompt in (("prompt and answer", True), ("answer alone", False)):
            sample = items(rng, count, prompt)
            taken = {
                "bare": seconds(lambda sample=sample: bare.run(sample)),
                "scored": seconds(lambda sample=sample: _checked(lm, sample)),
            }
            tokens = bare.count(sample)
            for what, value in taken.items():
                figures.add(f"{name}: {what}", tokens / value, "tokens/CPU-s")
            Goal(f"{name}, part of bare", 0.9, "ratio").add(figures, taken["bare"] / taken["scored"])
            if prompt:
                unsorted = seconds(lambda sample=sample: as_it_comes(whole, sample))
                Goal("sorted, times as it comes", 1.4, "ratio").add(figures, unsorted / taken["scored"])


def _checked(lm: CausalLM, sample: Sequence[Item]) -> None:
    for found in lm.score(sample):
        if not isinstance(found, TokenScores):
            raise SystemExit(f"an answer was not scored: {found.message}")


@click.command()
@click.option("--model", help="A folder or hub name; else a random model is made.")
@click.option("--size", type=click.Choice([*_SIZES]), default="small", show_default=True, help="Of the random model.")
@click.option("--vocabulary", type=int, default=8_000, show_default=True, help="Of the random model.")
@click.option("--texts", "count", type=int, default=200, show_default=True, help="Texts of a round.")
@click.option("--rounds", type=int, default=3, show_default=True)
@click.option("--threads", type=int, default=1, show_default=True, help="Of PyTorch.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(
    model: str | None, size: str, vocabulary: int, count: int, rounds: int, threads: int, seed: int, format_: str
) -> None:
    """Measure, and print every figure."""
    import torch

    torch.set_num_threads(threads)
    rng, figures = random.Random(seed), Figures()
    with tempfile.TemporaryDirectory() as folder:
        host = machine(Path(folder))
        if model is None:
            make(Path(folder), size, vocabulary)
        measure(figures, model or folder, rng, count, rounds)
    options = {
        "model": model or f"random, {size}, vocabulary {vocabulary}",
        "texts": count,
        "rounds": rounds,
        "threads": threads,
        "seed": seed,
    }
    click.echo(show(host, options, figures, format_))


if __name__ == "__main__":
    main()
