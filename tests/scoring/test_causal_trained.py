"""A language model that has read a few sentences often is more surprised by words that were swapped."""

import random

import numpy as np
import pytest
import torch
import transformers

from otel_cert.scoring.causal import CausalLM
from otel_cert.scoring.scored_tokens import Item
from tests.tiny_causal import config, save_tokenizer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
CAPITALS = {
    "France": "Paris", "Spain": "Madrid", "Italy": "Rome", "Greece": "Athens", "Norway": "Oslo", "Poland": "Warsaw",
    "Austria": "Vienna", "Egypt": "Cairo", "Japan": "Tokyo", "China": "Beijing", "Cuba": "Havana", "Peru": "Lima",
}  # fmt: skip
FORMS = ["The capital of {0} is {1}.", "{1} is the capital of {0}."]
SENTENCES = [form.format(*pair) for form in FORMS for pair in CAPITALS.items()]


@pytest.fixture(scope="module")
def lm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    size = save_tokenizer(folder, template=None, size=600, text=SENTENCES * 9)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(1)
    model = transformers.GPT2LMHeadModel(config("GPT2", size)).train()
    rows = [torch.tensor(tokenizer(sentence)["input_ids"]) for sentence in SENTENCES]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    labels = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so little work is slower in parts, and many times slower beside other tests
    try:
        _train(model, ids, labels)
    finally:
        torch.set_num_threads(threads)
    model.eval().save_pretrained(folder)
    return CausalLM(str(folder))


def _train(model, ids, labels):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        model(ids, labels=labels).loss.backward()
        optimizer.step()


def auroc(wrong, right):
    """Return how often a wrong one has the greater value."""
    return float(np.mean([(bad > right).mean() + (bad == right).mean() / 2 for bad in wrong]))


def test_corrupted_tokens_are_told_from_clean_ones(lm):
    rng = random.Random(1)
    items, spans = [], []
    for country, capital in CAPITALS.items():
        other = rng.choice([name for name in CAPITALS.values() if name != capital])
        answer = f"The capital of {country} is {other}."
        items.append(Item("", answer))
        spans.append((answer.index(other), answer.index(other) + len(other)))
    wrong, right = [], []
    for found, (start, end) in zip(lm.score(items), spans, strict=True):
        corrupted = (found.offsets[:, 1] > start) & (found.offsets[:, 0] < end)
        wrong.append(found.surprisal[corrupted])
        right.append(found.surprisal[~corrupted])
    found = auroc(np.concatenate(wrong), np.concatenate(right))
    assert found > 0.8, found  # 0.93 when this was written, over 12 wrong and 72 right tokens
    clean = lm.score([Item("", sentence) for sentence in SENTENCES])
    assert np.mean([each.surprisal.mean() for each in clean]) < 1.5, "it knows what it has read"
