from decimal import Decimal
from typing import Any

import pytest

from otel_cert.costs.optimize import Options, Saving
from otel_cert.costs.optimize.cheaper import generation
from otel_cert.costs.optimize.model import Scores
from otel_cert.costs.optimize.quality import interval
from otel_cert.errors import UsageError
from tests.calls import evaluation
from tests.costs.optimize.shop import Shop, Till


def scores(numbers: list[int], mean: float, spread: float = 0.05, name: str = "relevance") -> list[dict[str, Any]]:
    """Return scores half of which lie `spread` above the mean, half as far below."""
    return [evaluation(n, name, score_value=mean + (spread if i % 2 else -spread)) for i, n in enumerate(numbers)]


def one(savings: list[Saving]) -> Saving:
    [saving] = savings
    return saving


def test_without_evaluations_the_next_smaller_model_is_proposed_and_called_a_guess():
    till = Till()
    till.many(3)
    saving = one(till.found("models"))
    assert saving.variant == "openai/gpt-9-mini"
    # 1,000 at 10 - 2 and 100 at 40 - 8 USD per million, three times.
    assert saving.alone == Decimal("0.0336")
    assert (saving.low, saving.confidence) == (0, "low")
    assert "No evaluation scores both models" in saving.basis
    assert saving.check[0].startswith("Measure before switching")
    assert [(a.target, a.amount) for a in saving.alternatives] == [("openai/gpt-9-nano", Decimal("0.0378"))]


def test_the_real_mix_of_cached_input_is_priced():
    till = Till()
    till.add(tokens=1000, read=600, write=100, output=50)
    ten = Decimal(10)
    saved = 300 * (ten - 2) + 600 * (1 - Decimal("0.2")) + 100 * (ten - 2) + 50 * (40 - 8)
    assert one(till.found("models")).alone == saved / 1_000_000


def test_a_smaller_model_of_the_same_generation_comes_before_one_that_is_used_elsewhere():
    till = Till()
    till.add(price_id="anthropic/claude-opus-4-5", tokens=1000, output=0)
    till.many(2, tokens=1000, output=0)
    found = till.found("models", Options(any_provider=True))
    assert {s.task.model: s.variant for s in found} == {"gpt-9": "openai/gpt-9-mini"}, "opus costs as much"


def test_evaluations_of_both_models_make_it_certain():
    till = Till()
    dear = till.many(40)
    cheap = till.many(40, price_id="openai/gpt-9-nano")
    saving = one(till.found("models", evaluations=scores(dear, 0.8) + scores(cheap, 0.81)))
    assert saving.variant == "openai/gpt-9-nano", "the quality of the larger mini is not known"
    assert (saving.confidence, saving.low) == ("medium", saving.alone)
    [evidence] = saving.evidence
    assert (evidence.verdict, evidence.current.n, evidence.target.n) == ("holds", 40, 40)
    assert evidence.low < evidence.difference < evidence.high
    assert evidence.difference == pytest.approx(0.01)
    assert {a.target: a.verdict for a in saving.alternatives} == {"openai/gpt-9-mini": "not known"}


def test_a_model_that_is_worse_is_not_proposed():
    till = Till()
    dear = till.many(40)
    cheap = till.many(40, price_id="openai/gpt-9-mini")
    savings = till.found("models", evaluations=scores(dear, 0.8) + scores(cheap, 0.6))
    assert [s.variant for s in savings if s.task.model == "gpt-9"] == ["openai/gpt-9-nano"]


def test_one_evaluation_that_does_not_hold_is_enough_for_doubt():
    till = Till()
    dear, cheap = till.many(40), till.many(40, price_id="openai/gpt-9-nano")
    found = (
        scores(dear, 0.8) + scores(cheap, 0.8) + scores(dear, 0.9, name="safe") + scores(cheap[:5], 0.9, name="safe")
    )
    options = Options(candidates=["openai/gpt-9-nano"])
    saving = next(s for s in till.found("models", options, evaluations=found) if s.task.model == "gpt-9")
    assert {e.evaluation: e.verdict for e in saving.evidence} == {"relevance": "holds", "safe": "not known"}
    assert (saving.variant, saving.low, saving.confidence) == ("openai/gpt-9-nano", 0, "low")
    assert "do not settle" in saving.basis


def test_a_model_that_writes_more_saves_less_at_least():
    till = Till()
    dear, cheap = till.many(40, output=100), till.many(40, price_id="openai/gpt-9-nano", output=300)
    saving = one(till.found("models", evaluations=scores(dear, 0.8) + scores(cheap, 0.8)))
    assert saving.alone == 40 * Decimal("0.0126")
    assert saving.low == saving.alone - 40 * Decimal(200 * 4) / 1_000_000


def test_scores_by_another_evaluator_or_of_another_task_are_no_evidence():
    till = Till()
    dear = till.many(40)
    cheap = till.many(40, price_id="openai/gpt-9-nano", service_name="bot")
    other = [row | {"evaluator": "people"} for row in scores(cheap, 0.8)]
    assert all(not s.evidence for s in till.found("models", evaluations=scores(dear, 0.8) + scores(cheap, 0.8)))
    assert all(not s.evidence for s in till.found("models", evaluations=scores(dear, 0.8) + other))


def test_a_model_with_too_small_a_window_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Shop, "windows", {"openai/gpt-9-mini": 1099, "openai/gpt-9-nano": 1100})
    till = Till()
    till.add()
    saving = one(till.found("models"))
    assert (saving.variant, saving.alternatives) == ("openai/gpt-9-nano", [])
    assert not any("context window is not known" in item for item in saving.check)


def test_other_providers_only_on_request():
    till = Till()
    till.many(2, price_id="anthropic/claude-opus-4-5")
    till.many(2, price_id="openai/gpt-9-nano")
    assert till.found("models") == []
    assert one(till.found("models", Options(any_provider=True))).variant == "openai/gpt-9-nano"
    named = Options(any_provider=True, candidates=["openai/gpt-9-mini"])
    assert (
        one([s for s in till.found("models", named) if s.task.provider == "anthropic"]).variant == "openai/gpt-9-mini"
    )


def test_an_unknown_candidate_is_refused_with_what_there_is():
    till = Till()
    till.add()
    with pytest.raises(UsageError, match="openai/gpt-9-mini"):
        till.advice(Options(candidates=["openai/gpt-10"]))
    with pytest.raises(UsageError, match="SELLER/MODEL"):
        till.advice(Options(candidates=["gpt-9-mini"]))


def test_embeddings_and_calls_with_audio_keep_their_model():
    till = Till()
    till.add(operation="embeddings", output=0)
    till.add(input_audio_tokens=10, operation="speech")
    assert till.found("models") == []


def test_what_some_calls_would_cost_more_is_taken_off():
    till = Till()
    till.add(tokens=1000, output=10)  # 0.0104, with the other model 0.002
    till.add(tokens=10, output=100)  # 0.0041, with the other model 0.01001
    saving = one(till.found("models", Options(any_provider=True, candidates=["mistral/talker"])))
    assert saving.variant == "mistral/talker"
    assert saving.alone == Decimal("0.0145") - Decimal("0.01201")
    assert saving.calls == 1


def test_no_negative_saving_where_another_model_costs_more():
    till = Till()
    till.many(5, price_id="openai/gpt-9-nano")
    assert till.found("models", Options(candidates=["openai/gpt-9"])) == []


@pytest.mark.parametrize(
    ("one_model", "other", "same"),
    [
        ("openai/gpt-4o", "openai/gpt-4o-mini", True),
        ("openai/gpt-4o-2024-05-13", "openai/gpt-4o", True),
        ("openai/gpt-4.1", "openai/gpt-4.1-nano", True),
        ("openai/gpt-4.1", "openai/gpt-4o", False),
        ("openai/gpt-4o", "openai/gpt-4o-mini-tts", False),
        ("openai/gpt-4o", "openai/gpt-4o-realtime-preview", False),
        ("anthropic/claude-opus-4-5", "anthropic/claude-haiku-4-5", True),
        ("anthropic/claude-opus-4-5", "anthropic/claude-haiku-4-1", False),
        ("google/gemini-2.5-pro", "google/gemini-2.5-flash-lite", True),
        ("aws/amazon.nova-pro-v1:0", "aws/amazon.nova-micro-v1:0", True),
        ("aws/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws/eu.anthropic.claude-haiku-4-5-20251001-v1:0", True),
        ("aws/meta.llama3-1-70b-instruct-v1:0", "aws/meta.llama3-1-8b-instruct-v1:0", True),
        ("openai/gpt-4o", "azure/gpt-4o-mini", False),
    ],
)  # fmt: skip
def test_sizes_of_one_generation_are_told_by_their_names(one_model: str, other: str, same: bool):
    assert (generation(one_model) == generation(other)) is same


@pytest.mark.parametrize(
    ("n", "m", "a", "b"), [(30, 30, 0.1, 0.1), (5, 40, 0.3, 0.05), (3, 4, 0.2, 0.4), (200, 9, 1.0, 2.0)]
)
def test_the_interval_is_welchs(n: int, m: int, a: float, b: float):
    stats = pytest.importorskip("scipy.stats")
    low, high = interval(Scores(n=n, mean=0.5, deviation=a), Scores(n=m, mean=0.7, deviation=b))
    parts = a**2 / n, b**2 / m
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1))
    reach = stats.t.ppf(0.975, freedom) * sum(parts) ** 0.5
    assert (low, high) == pytest.approx((0.2 - reach, 0.2 + reach), rel=0.02)


def test_a_single_score_has_no_interval_and_equal_scores_one_of_no_width():
    assert interval(Scores(n=1, mean=1, deviation=None), Scores(n=9, mean=1, deviation=0.1)) == (None, None)
    assert interval(Scores(n=5, mean=1, deviation=0), Scores(n=9, mean=0.5, deviation=0)) == (-0.5, -0.5)
