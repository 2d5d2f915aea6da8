"""Measures what the monitor costs per token beside a bare `generate` of the same model and prompts.

python bench/trajectory.py [--width 256] [--layers 4] [--vocabulary 32000] [--tokens 64] [--rounds 5] [--threads 1]

The model is random and Llama-shaped; what a step of it costs does not depend on its weights.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from figures import Figures, Goal, machine, show

from otel_cert.trajectory import TrajectoryMonitor


def save(folder: Path, width: int, layers: int, vocabulary: int) -> None:
    """Write a model that never ends an answer, with a tokenizer of letters."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"<unk>": 0, **{f"t{n}": n for n in range(1, vocabulary)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(folder)
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, num_attention_heads=8,
        num_key_value_heads=8, intermediate_size=4 * width, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that work takes, of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def measure(figures: Figures, folder: Path, tokens: int, rounds: int) -> None:
    """Measure both in turn, alone and eight prompts together."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    net = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    with TrajectoryMonitor(folder, device="cpu", cache_size=0, timeout=None, max_new_tokens=tokens) as monitor:
        for rows in (1, 8):
            prompts = [" ".join(f"t{n + row}" for n in range(1, 20)) for row in range(rows)]
            inputs = dict(tokenizer(prompts, return_tensors="pt"))
            inputs.pop("token_type_ids", None)
            bare = partial(net.generate, **inputs, max_new_tokens=tokens, do_sample=False)
            ours = partial(monitor.analyze_batch, prompts)
            bare(), ours()
            ratios = []
            for _ in range(rounds):
                theirs, own = seconds(bare), seconds(ours)
                ratios.append(own / theirs)
                figures.add(f"bare generate, {rows} prompts", 1000 * theirs / tokens, "CPU-ms/step")
                figures.add(f"monitor, {rows} prompts", 1000 * own / tokens, "CPU-ms/step")
            Goal(f"bare generate over the monitor, {rows} prompts", 0.8, "ratio").add(
                figures, 1 / statistics.median(ratios)
            )


@click.command()
@click.option("--width", type=int, default=256, show_default=True)
@click.option("--layers", type=int, default=4, show_default=True)
@click.option("--vocabulary", type=int, default=32_000, show_default=True)
@click.option("--tokens", type=int, default=64, show_default=True, help="Of each answer.")
@click.option("--rounds", type=int, default=5, show_default=True)
@click.option("--threads", type=int, default=1, show_default=True, help="Of the processor; more are noisier.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(width: int, layers: int, vocabulary: int, tokens: int, rounds: int, threads: int, format_: str) -> None:
    """Measure, and print every figure."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
    import torch

    torch.set_num_threads(threads)
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder), width, layers, vocabulary)
        measure(figures, Path(folder), tokens, rounds)
        settings = {
            "width": width,
            "layers": layers,
            "vocabulary": vocabulary,
            "tokens": tokens,
            "rounds": rounds,
            "threads": threads,
        }
        click.echo(show(machine(Path(folder)), settings, figures, format_))


if __name__ == "__main__":
    main()
