"""Teacher forcing gives what the model's own distributions say: beside PyTorch's and transformers' own numbers."""

import random
import shutil
from functools import cache

import numpy as np
import pytest
import torch
import transformers

from otel_cert.errors import UsageError
from otel_cert.scoring import causal_model
from otel_cert.scoring.causal import CausalLM
from otel_cert.scoring.causal_model import CausalModel
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from tests.tiny_causal import TEXT, save_causal

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
KINDS = ["GPT2", "Llama", "Gemma2"]
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is the capital of France?"}]
ITEMS = [
    Item("The Loire is", " 1006 kilometres long."),
    Item(CHAT, "The capital of France is Paris."),
    Item(TEXT[0], " It grew by " + "nearly " * 20 + "a third."),
    Item("", "Paris"),
    Item("You ask, and I answer:", " \N{GRINNING FACE}\N{COMBINING ACUTE ACCENT} wörds\n\n\u4f60\u597d"),
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return cache(lambda kind: save_causal(tmp_path_factory.mktemp(kind), kind))


@pytest.fixture(scope="session")
def lm(folder):
    return cache(lambda kind: CausalLM(str(folder(kind))))


@cache
def theirs(folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def tokens(folder, item):
    """Return tokens by transformers alone, and the number of those of the prompt."""
    tokenizer = theirs(folder)[1]
    if isinstance(item.prompt, str):
        prompt = tokenizer(item.prompt)["input_ids"]
    else:
        prompt = tokenizer.apply_chat_template(item.prompt, add_generation_prompt=True, return_dict=False)
    return [*prompt, *tokenizer(item.answer, add_special_tokens=False)["input_ids"]], len(prompt)


def close(found, other, within=1e-5):
    assert found.ids.tolist() == other.ids.tolist()
    for name in ("surprisal", "entropy", "gap"):
        assert getattr(found, name) == pytest.approx(getattr(other, name), abs=within), name


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_those_of_torch(lm, folder, kind):
    for item, found in zip(ITEMS, lm(kind).score(ITEMS), strict=True):
        ids, n = tokens(folder(kind), item)
        assert found.ids.tolist() == ids[n:]
        with torch.inference_mode():
            logits = theirs(folder(kind))[0](torch.tensor([ids])).logits[0, n - 1 : -1]
        answer = torch.tensor(ids[n:])
        expected = torch.distributions.Categorical(logits=logits)
        assert found.entropy == pytest.approx(expected.entropy().numpy(), abs=1e-5)
        assert found.surprisal == pytest.approx(-expected.log_prob(answer).numpy(), abs=1e-5)
        assert found.rank.tolist() == [1 + int((row > row[id_]).sum()) for row, id_ in zip(logits, answer, strict=True)]
        best = logits.topk(2).values
        assert found.gap == pytest.approx((best[:, 0] - best[:, 1]).numpy(), abs=1e-5)
        assert (found.windows, found.context) == (1, n)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sum_of_surprisal_is_the_loss_of_transformers(lm, folder, kind):
    for item, found in zip(ITEMS, lm(kind).score(ITEMS), strict=True):
        ids, n = tokens(folder(kind), item)
        labels = torch.tensor([[-100] * n + ids[n:]])
        with torch.inference_mode():
            loss = theirs(folder(kind))[0](torch.tensor([ids]), labels=labels).loss
        assert found.surprisal.sum() == pytest.approx(float(loss) * (len(ids) - n), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_do_not_depend_on_what_is_scored_beside(lm, folder, kind, monkeypatch):
    together = lm(kind).score(ITEMS)
    for item, found in zip(ITEMS, together, strict=True):
        close(lm(kind).score([item])[0], found)
    order = list(range(len(ITEMS))) * 3
    random.Random(1).shuffle(order)
    for n, found in zip(order, lm(kind).score([ITEMS[n] for n in order]), strict=True):
        close(found, together[n])
    monkeypatch.setattr(causal_model, "_CHUNK_BYTES", 1)
    small = CausalLM(str(folder(kind)), batch_tokens=1, portion=2)
    for found, other in zip(small.stream(iter(ITEMS)), together, strict=True):
        close(found, other)


def test_the_same_items_give_the_same_bits_also_after_unloading(lm):
    first = lm("Llama").score(ITEMS)
    lm("Llama").unload()
    for one, two in zip(first, lm("Llama").score(ITEMS), strict=True):
        assert all(np.array_equal(getattr(one, name), getattr(two, name)) for name in ("surprisal", "entropy", "gap"))


def test_only_a_head_that_gives_the_logits_is_asked_by_itself(lm):
    split = {}
    for kind in KINDS:
        lm(kind).load()
        split[kind] = CausalModel(lm(kind)._files, "cpu", "float32").split
    assert split == {"GPT2": True, "Llama": True, "Gemma2": False}, "Gemma 2 caps its logits"


def test_logits_that_are_scaled_behind_the_head_are_the_models(tmp_path):
    path = save_causal(tmp_path, "Granite", settings={"logits_scaling": 4.0})
    item = ITEMS[0]
    found, (ids, n) = CausalLM(str(path)).score([item])[0], tokens(path, item)
    with torch.inference_mode():
        logits = theirs(path)[0](torch.tensor([ids])).logits[0, n - 1 : -1]
    assert found.entropy == pytest.approx(torch.distributions.Categorical(logits=logits).entropy().numpy(), abs=1e-5)


def test_half_precision_is_near(lm, folder):
    half = CausalLM(str(folder("Llama")), dtype="bfloat16")
    for one, two in zip(half.score(ITEMS), lm("Llama").score(ITEMS), strict=True):
        assert one.entropy == pytest.approx(two.entropy, abs=0.1)
    assert half.versions != lm("Llama").versions


def test_long_texts_are_read_in_windows(folder):
    item = Item(TEXT[1], " " + " ".join(TEXT * 3))
    lm = CausalLM(str(folder("Llama")), longest=40, stride=10)
    found = lm.score([ITEMS[0], item])[1]
    ids, n = tokens(folder("Llama"), item)
    assert found.ids.tolist() == ids[n:]
    assert np.isfinite(found.surprisal).all()
    assert found.windows == 1 + -(-(len(ids) - 41) // 10)
    model = theirs(folder("Llama"))[0]
    expected, at = [], n
    while at < len(ids):  # by hand, each window alone
        end = min(len(ids), 41 if at == n else at + 10)
        read = ids[: end - 1] if end - 1 <= 40 else [ids[0], *ids[end - 1 - 39 : end - 1]]
        with torch.inference_mode():
            logits = model(torch.tensor([read])).logits[0, len(read) - (end - at) :]
        expected += torch.log_softmax(logits, -1).gather(1, torch.tensor(ids[at:end])[:, None])[:, 0].tolist()
        at = end
    assert found.surprisal == pytest.approx(-np.array(expected), abs=1e-5)
    assert found.context == n


def test_windows_begin_where_the_model_has_no_place_left(lm):
    found = lm("GPT2").score([Item("", "a b c d " * 100)])[0]
    assert found.windows > 1
    assert len(found.ids) == len(found.surprisal) > 128


def test_an_answer_behind_too_long_a_prompt_keeps_its_nearest_context(folder):
    lm = CausalLM(str(folder("GPT2")), longest=40)
    far, near = "You ask, and I answer. " * 30, " ".join(TEXT)
    one, two = lm.score([Item(far + near, " Madrid"), Item(near + near, " Madrid")])
    close(one, two)
    assert one.windows == 1
    assert one.context == 41 - len(one.ids)


def test_offsets_name_the_characters_of_the_answer(lm):
    for item, found in zip(ITEMS, lm("Llama").score(ITEMS), strict=True):
        start, end = found.offsets.T
        assert start[0] == 0
        assert end[-1] == len(item.answer)
        assert (start[1:] <= end[:-1]).all(), "no character is left out"
        assert (start < end).all()
    emoji = lm("Llama").score([ITEMS[4]])[0]
    assert [tuple(each) for each in emoji.offsets[1:5]] == [(1, 2)] * 4, "four bytes, one character"


@pytest.mark.parametrize(
    ("prompt", "answer"), [("The ", "Loire"), ("The Loi", "re"), ("The capital", " of"), ("é", "\u0301")]
)
def test_the_answer_begins_with_a_token_of_its_own(lm, folder, prompt, answer):
    found = lm("Llama").score([Item(prompt, answer)])[0]
    tokenizer = theirs(folder("Llama"))[1]
    assert found.context == len(tokenizer(prompt)["input_ids"])
    assert found.ids.tolist() == tokenizer(answer, add_special_tokens=False)["input_ids"]
    assert found.offsets[0, 0] == 0
    assert found.offsets[-1, 1] == len(answer)


def test_it_says_how_the_prompt_became_text(lm, tmp_path):
    bare = CausalLM(str(save_causal(tmp_path, "GPT2", template=None, start=False)))
    joined, plain = bare.score(
        [Item(CHAT, "Paris."), Item("Be brief.\n\nWhat is the capital of France?\n\n", "Paris.")]
    )
    assert (joined.form, plain.form) == ("joined messages", "plain text")
    close(joined, plain)
    assert lm("GPT2").score([Item(CHAT, "Paris.")])[0].form == "chat template"


def test_parts_that_are_no_text_are_left_out_without_a_template(tmp_path):
    bare = CausalLM(str(save_causal(tmp_path, "GPT2", template=None)))
    parts = [
        {"role": "user", "content": [{"type": "text", "text": "What?"}, {"type": "image"}]},
        {"role": "user", "content": None},
    ]
    one, two = bare.score([Item(parts, "Paris"), Item("What?\n\n\n\n", "Paris")])
    close(one, two)


def test_what_cannot_be_scored_says_why_and_harms_nothing(lm):
    broken = [
        Item("What?", ""), Item([], "Paris"), Item([{"role": "tool", "content": "x"}], "Paris"),
        Item([{"role": "user"}], "Paris"),
    ]  # fmt: skip
    found = lm("Llama").score([broken[0], ITEMS[0], *broken[1:], ITEMS[1]])
    assert [each.problem for each in found if isinstance(each, Unscored)] == ["no_answer", "no_prompt", "chat_template"]
    assert found[3].message == "the chat template refuses the messages: TemplateError: unknown role tool"
    close(found[1], lm("Llama").score([ITEMS[0]])[0])
    assert isinstance(found[4], TokenScores), "a template decides what a message needs"
    assert lm("Llama").score([]) == []


def test_lone_surrogates_are_read_as_unknown_characters(lm):
    one, two = lm("Llama").score([Item("a \ud800", "b \udfff c"), Item("a \ufffd", "b \ufffd c")])
    close(one, two)


def test_numbers_carry_the_model_that_they_are_under(lm, folder, tmp_path):
    other = shutil.copytree(folder("Llama"), tmp_path / "other")
    assert CausalLM(str(other)).versions["model"].split()[1] == lm("Llama").versions["model"].split()[1]
    data = bytearray((other / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (other / "model.safetensors").write_bytes(data)
    assert CausalLM(str(other)).versions["model"].split()[1] != lm("Llama").versions["model"].split()[1]
    assert lm("Llama").label.startswith(f"{folder('Llama')} sha256:")


@pytest.mark.parametrize("settings", [{"dtype": "int8"}, {"longest": 3}, {"stride": 0}, {"device": "cuda"}])
def test_settings_that_make_no_sense_are_refused(folder, settings):
    if settings.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UsageError):
        CausalLM(str(folder("GPT2")), **settings).load()
