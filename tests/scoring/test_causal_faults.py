"""What goes wrong with a language model is said clearly, with the next step; one answer that fails leaves the others."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest
import torch
from safetensors.torch import load_file, save_file

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.scoring.causal import CausalLM
from otel_cert.scoring.causal_model import CausalModel
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from tests.tiny_causal import TEXT, save_causal
from tests.tiny_models import save_bert

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
ITEMS = [
    Item("The Loire", " is long."),
    Item(TEXT[0], f" {TEXT[1]}"),
    Item("Paris", " is the capital."),
    Item("x", TEXT[2]),
]


@pytest.fixture
def folder(tmp_path):
    return save_causal(tmp_path / "model", "Llama")


def refused(folder, error, match):
    with pytest.raises(error, match=match) as caught:
        CausalLM(str(folder)).load()
    assert caught.value.hint
    assert isinstance(caught.value, OtelCertError)


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_missing_folder(tmp_path):
    refused(tmp_path / "none", NotFound, "there is no folder")
    refused(" ", UsageError, "no language model is named")


def test_a_name_of_the_hub_is_not_downloaded_when_offline(tmp_path):
    code = "import sys; from otel_cert.scoring.causal import CausalLM; CausalLM(sys.argv[1], local_only=sys.argv[2] == 'y')"
    for offline, local in (("1", "n"), ("0", "y")):
        done = subprocess.run(
            [sys.executable, "-c", code, "some/model", local], capture_output=True, text=True, check=False,
            env={**os.environ, "HF_HUB_OFFLINE": offline, "HF_HOME": str(tmp_path)},
        )  # fmt: skip
        assert "NotFound: the model some/model is neither a folder nor to be had from the hub: " in done.stderr


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("config.json", NotFound, r"has no config\.json"),
        ("model.safetensors", NotFound, r"has no model\.safetensors"),
        ("tokenizer.json", UsageError, r"has no tokenizer\.json"),
    ],
)
def test_a_missing_file(folder, name, error, said):
    (folder / name).unlink()
    refused(folder, error, said)


def test_a_missing_shard(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    refused(folder, NotFound, "has no model-00002-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text("{}")
    refused(folder, NotFound, "names no weights")


def test_weights_that_could_run_code(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(folder, UsageError, "pickles")


@pytest.mark.parametrize("kept", [0, 5, 2000, -100])
def test_weights_that_are_cut_off(folder, kept):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    refused(folder, NotFound, "the weights of .* cannot be read")


def test_weights_that_are_none(folder):
    (folder / "model.safetensors").write_bytes(b"<html>not found</html>" * 100)
    refused(folder, NotFound, "the weights of .* cannot be read")


def test_weights_that_lack_a_part_are_not_filled_with_random_ones(folder):
    change_weights(folder, lambda weights: weights.pop("model.layers.1.mlp.up_proj.weight"))
    refused(folder, NotFound, "lack 1 of its parts, such as model.layers.1.mlp.up_proj.weight")


def test_weights_of_another_size(folder):
    change_weights(folder, lambda weights: weights.update({"model.norm.weight": torch.ones(7)}))
    refused(folder, NotFound, "the weights of")


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_configuration_or_tokenizer(folder, text):
    tokenizer = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(text)
    refused(folder, NotFound, r"the tokenizer of .* cannot be loaded")
    (folder / "tokenizer.json").write_text(tokenizer)
    (folder / "config.json").write_text(text)
    refused(folder, OtelCertError, "model")


def test_what_is_no_causal_model(folder, tmp_path):
    refused(save_bert(tmp_path / "bert", "MaskedLM"), UsageError, "a token depends on those behind it")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "t5"}))
    refused(folder, UsageError, "is no causal language model that transformers knows")


def test_code_that_comes_with_a_model_is_not_run(folder):
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    refused(folder, OtelCertError, "own|code")
    assert not (folder / "ran").exists()


def test_a_tokenizer_of_another_model(folder, tmp_path):
    other = save_causal(tmp_path / "other", size=300)
    (folder / "tokenizer.json").rename(other / "tokenizer.json")
    found = CausalLM(str(other)).score([Item("a", "b"), Item("The revenue of", " the company")])
    assert isinstance(found[0], TokenScores)
    assert found[1].problem == "other_tokenizer"


def test_no_numbers_harm_only_those_that_read_the_token(folder):
    tokens = CausalLM(str(folder)).score([Item("", "Q")])[0].ids
    # Attention multiplies what it does not see by 0, and 0 times NaN is NaN: tokens before it are lost, too.
    change_weights(folder, lambda weights: weights["model.embed_tokens.weight"][tokens[0]].fill_(float("nan")))
    found = CausalLM(str(folder)).score([*ITEMS, Item("abc", "d Q e"), Item("Q", "a")])
    assert [isinstance(each, TokenScores) for each in found] == [True] * 4 + [False] * 2
    assert found[4] == Unscored(
        "not_finite",
        "the model's logits are no numbers for 5 of 5 tokens of the answer, first at character 0; are its weights damaged?",
    )


def test_weights_without_numbers_are_no_numbers(folder):
    change_weights(folder, lambda weights: weights["model.norm.weight"].fill_(float("inf")))
    assert {each.problem for each in CausalLM(str(folder)).score(ITEMS)} == {"not_finite"}


class _Small:
    """A machine whose memory holds so many tokens."""

    def __init__(self, monkeypatch, holds, error):
        self.tried = []
        compute = CausalModel.logits

        def logits(model, ids, rows, places):
            self.tried.append(ids.size)
            if ids.size > holds:
                raise error
            return compute(model, ids, rows, places)

        monkeypatch.setattr(CausalModel, "logits", logits)


@cache
def errors():
    cpu = (
        "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    )
    return torch.OutOfMemoryError("CUDA out of memory."), RuntimeError(cpu), MemoryError()


@pytest.mark.parametrize("error", [0, 1, 2])
def test_batches_become_smaller_when_memory_does_not_suffice(folder, monkeypatch, error):
    lm = CausalLM(str(folder))
    enough = lm.score(ITEMS * 4)
    small = _Small(monkeypatch, 130, errors()[error])
    for one, two in zip(lm.score(ITEMS * 4), enough, strict=True):
        assert one.surprisal == pytest.approx(two.surprisal, abs=1e-5)
    assert small.tried[0] > 130 >= small.tried[-1]
    assert sum(size > 130 for size in small.tried) < 6, "what was too large is not tried again"


def test_what_does_not_fit_alone_is_said_and_the_others_are_scored(folder, monkeypatch):
    _Small(monkeypatch, 35, errors()[0])
    found = CausalLM(str(folder)).score(ITEMS)
    assert [isinstance(each, TokenScores) for each in found] == [True, False, True, True]
    assert found[1].problem == "out_of_memory"
    assert "give a smaller `longest`" in found[1].message
    assert all(isinstance(each, TokenScores) for each in CausalLM(str(folder), longest=30).score(ITEMS))


def test_another_error_is_not_taken_for_a_lack_of_memory(folder, monkeypatch):
    _Small(monkeypatch, 0, RuntimeError("a driver fails"))
    with pytest.raises(RuntimeError, match="a driver fails"):
        CausalLM(str(folder)).score(ITEMS)
