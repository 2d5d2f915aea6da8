"""Every number against torch.distributions and a plain forward pass; texts against `generate`."""

import math

import pytest

from otel_cert.trajectory import Token, Trajectory, TrajectoryMonitor
from otel_cert.trajectory.measure import measure
from otel_cert.trajectory.request import Sampling
from otel_cert.trajectory.spelling import Spelling

PROMPTS = ["The revenue", "a", "of the company grew to 450 million in 2024", "fell"]


@pytest.fixture(scope="module")
def loaded(folder):
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def answering(folder):
    with TrajectoryMonitor(folder, device="cpu", max_new_tokens=20, cache_size=0, timeout=None) as monitor:
        yield monitor


def plainly(loaded, prompt, answer):
    """The distribution before each token of the answer, of one forward pass over all of it."""
    import torch

    model, tokenizer = loaded
    ids = tokenizer(prompt)["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids + [t.id for t in answer.tokens]])).logits[0, len(ids) - 1 : -1]
    return torch.distributions.Categorical(logits=logits.double())


@pytest.mark.parametrize("settings", [{}, {"temperature": 0.7, "top_p": 0.9, "top_k": 50, "seed": 3}])
def test_every_measure_is_of_the_models_own_distribution(answering, loaded, settings):
    import torch

    answer = answering.analyze(PROMPTS[0], **settings)
    truth = plainly(loaded, PROMPTS[0], answer)
    ids = torch.tensor([t.id for t in answer.tokens])
    assert [t.entropy for t in answer.tokens] == pytest.approx(truth.entropy().tolist(), abs=1e-5)
    assert [t.logprob for t in answer.tokens] == pytest.approx(truth.log_prob(ids).tolist(), abs=1e-5)
    two = truth.probs.topk(2).values
    assert [t.gap for t in answer.tokens] == pytest.approx((two[:, 0] - two[:, 1]).tolist(), abs=1e-5)
    for n, token in enumerate(answer.tokens):
        logs, best = truth.logits[n].topk(5)
        assert [a.logprob for a in token.top] == pytest.approx(logs.tolist(), abs=1e-5)
        if token.id == best[0] and token.text and "\ufffd" not in token.text:
            assert token.top[0].text == token.text
    assert answer.mean_nll == pytest.approx(-truth.log_prob(ids).mean().item(), abs=1e-5)
    assert answer.perplexity == pytest.approx(math.exp(answer.mean_nll))
    assert answer.worst_token.logprob == min(t.logprob for t in answer.tokens)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_text_is_that_of_generate(answering, loaded, prompt):
    model, tokenizer = loaded
    inputs = tokenizer(prompt, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=20, do_sample=False, pad_token_id=0)[
        0, inputs["input_ids"].shape[1] :
    ]
    answer = answering.analyze(prompt)
    assert answer.text == tokenizer.decode(ids, skip_special_tokens=True)
    assert [t.id for t in answer.tokens] == [i for i in ids.tolist() if i != 0]
    assert answer.prompt_tokens == inputs["input_ids"].shape[1]
    assert all(answer.text[t.start : t.end] == t.text for t in answer.tokens)
    assert answer.tokens[-1].end == len(answer.text)


def test_a_batch_gives_what_its_prompts_give_alone(answering):
    together = answering.analyze_batch(PROMPTS)
    for prompt, one in zip(PROMPTS, together, strict=True):
        alone = answering.analyze(prompt)
        assert (one.text, one.finish_reason, one.prompt_tokens) == (
            alone.text,
            alone.finish_reason,
            alone.prompt_tokens,
        )
        for name in ("entropy", "logprob", "gap"):
            assert [getattr(t, name) for t in one.tokens] == pytest.approx(
                [getattr(t, name) for t in alone.tokens], abs=1e-4
            )


def test_a_batch_is_computed_together(answering, monkeypatch):
    answering.preload()
    net, shapes = answering._holder.model.net, []
    forward = net.forward
    monkeypatch.setattr(net, "forward", lambda **k: shapes.append(tuple(k["input_ids"].shape)) or forward(**k))
    answering.analyze_batch(PROMPTS, max_new_tokens=2)
    assert shapes[0][0] == len(PROMPTS)
    assert len(shapes) == 2
    assert shapes[1][1] == 1, "only the last token is computed"


def test_equal_seeds_draw_the_same_alone_and_together(answering):
    drawn = {"temperature": 1.5, "seed": 7}
    texts = [answering.analyze(prompt, **drawn).text for prompt in PROMPTS[:2]]
    assert [a.text for a in answering.analyze_batch(PROMPTS[:2], **drawn)] == texts
    assert answering.analyze(PROMPTS[0], temperature=1.5, seed=8).text != texts[0]


def test_rows_that_end_leave_the_batch_and_the_others_go_on(answering):
    """The token that the first prompt would say third ends answers here."""
    third = answering.analyze(PROMPTS[0]).tokens[2].id
    before = [[t.id for t in answering.analyze(p).tokens] for p in PROMPTS]
    model = answering._holder.model
    model.ends, usual = frozenset([third]), model.ends
    try:
        found = answering.analyze_batch(PROMPTS)
    finally:
        model.ends = usual
    for answer, ids in zip(found, before, strict=True):
        cut = ids.index(third) if third in ids else len(ids)
        assert [t.id for t in answer.tokens] == ids[:cut]
        assert answer.finish_reason == ("stop" if third in ids else "length")
    assert len(found[0].tokens) <= 2


def test_uniform_and_certain():
    import torch

    (even,) = measure(torch, torch.zeros(1, 50), Sampling(1), [], 3)
    assert even.entropy == pytest.approx(math.log(50), abs=1e-5)
    assert (even.logprob, even.gap) == (pytest.approx(-math.log(50), abs=1e-5), 0)
    sure = torch.full((1, 50), -math.inf)
    sure[0, 7] = 3
    (one,) = measure(torch, sure, Sampling(1), [], 3)
    assert one[:4] == (7, 0.0, 0.0, 1.0)
    assert one.top == ((7, 0.0),), "what is impossible is no alternative"


def test_what_is_drawn_obeys_top_k_and_top_p():
    import torch

    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(200, 1)
    draws = [torch.Generator().manual_seed(n) for n in range(200)]

    def drawn(**settings):
        return {step.id for step in measure(torch, logits, Sampling(1, 1.0, **settings), draws, 1)}

    assert drawn() == {0, 1, 2, 3}
    assert drawn(top_k=2) == {0, 1}
    assert drawn(top_p=0.5) == {0}
    assert drawn(top_p=0.81) == {0, 1, 2}


def test_a_character_of_several_tokens_appears_with_its_last():
    spelling = Spelling(lambda ids: bytes(ids).decode("utf-8", "replace"))
    assert [spelling.add(byte) for byte in "a東b".encode()] == ["a", "", "", "東", "b"]
    assert spelling.rest() == ""
    assert spelling.add(0xE6) == ""
    assert spelling.rest() == "\ufffd"


def answer(*logprobs):
    tokens = tuple(Token("x", 1, n, logprob, 0.5, 0.1) for n, logprob in enumerate(logprobs))
    return Trajectory("x" * len(logprobs), tokens, "m", "cpu", 1, "stop", 0.1)


def test_the_worst_window():
    assert answer(-1, -1, -1, -1, -1, -9, -2).worst_window == (2, 7, pytest.approx(14 / 5))
    assert answer(-1, -3).worst_window == (0, 2, 2)
    assert answer(-3.0, -0.1).uncertain_share == 0.5
    assert answer(0.0).worst_token.surprisal == 0


def test_an_answer_without_tokens_is_unknown_and_does_not_pass():
    empty = answer()
    assert {empty.mean_entropy, empty.mean_nll, empty.perplexity, empty.uncertain_share, empty.worst_window} == {None}
    assert not empty.passed_quality_check
    assert empty.reasons == ("the answer has no tokens",)
    assert empty.to_dict()["worst_token"] is None


def test_the_dictionary_is_plain(answering):
    import json

    found = json.loads(json.dumps(answering.analyze("The").to_dict()))
    assert {"text", "tokens", "perplexity", "gates", "reasons", "worst_window"} <= set(found)
    assert {"text", "entropy", "surprisal", "gap", "top", "start", "end"} <= set(found["tokens"][0])
