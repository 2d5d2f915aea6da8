"""Numbers of a distribution: closed forms, and PyTorch's own."""

import math

import pytest
import torch

from otel_cert.scoring.distribution import told

INF = float("inf")


def of(*rows, target=0):
    logits = torch.tensor(rows, dtype=torch.float32)
    found = told(logits, torch.full((len(rows),), target))
    return [tuple(float(each[row]) for each in found) for row in range(len(rows))]


@pytest.mark.parametrize("size", [1, 2, 10, 50_257])
def test_uniform_is_the_logarithm_of_the_vocabulary(size):
    surprisal, entropy, rank, gap = of([3.5] * size, target=size - 1)[0]
    assert surprisal == pytest.approx(math.log(size), abs=1e-5)
    assert entropy == pytest.approx(math.log(size), abs=1e-5)
    assert rank == 1, "equal ones share the better rank"
    assert gap == (0 if size > 1 else INF)


@pytest.mark.parametrize("rest", [-1e4, -INF])
def test_certain_is_zero(rest):
    surprisal, entropy, rank, gap = of([1e4, rest, rest])[0]
    assert (surprisal, entropy, rank) == (0, 0, 1)
    assert gap == 1e4 - rest


def test_two_alternatives_with_nothing_beside_them():
    surprisal, entropy, rank, gap = of([-INF, math.log(0.2), math.log(0.8), -INF], target=1)[0]
    assert surprisal == pytest.approx(-math.log(0.2), abs=1e-6)
    assert entropy == pytest.approx(-0.2 * math.log(0.2) - 0.8 * math.log(0.8), abs=1e-6)
    assert rank == 2
    assert gap == pytest.approx(math.log(4), abs=1e-6)


@pytest.mark.parametrize("scale", [0.1, 1, 5, 40])
def test_as_torch_has_it(scale):
    torch.manual_seed(1)
    logits = scale * torch.randn(64, 3000) + 100
    targets = torch.randint(3000, (64,))
    theirs = torch.distributions.Categorical(logits=logits.double())
    ours = told(logits.clone(), targets)
    assert torch.allclose(ours.entropy.double(), theirs.entropy(), rtol=1e-5, atol=1e-5)
    assert torch.allclose(ours.surprisal.double(), -theirs.log_prob(targets), rtol=1e-5, atol=1e-5)
    assert torch.equal(ours.rank, 1 + (logits > logits.gather(1, targets[:, None])).sum(dim=1))
    best = logits.sort(descending=True).values
    assert torch.allclose(ours.gap, best[:, 0] - best[:, 1])


def test_what_is_no_number_stays_so_in_its_row_only():
    broken = of([1, float("nan"), 2], [INF, 1, 2], [-INF, -INF, -INF], [1, 1, 1])
    assert all(math.isnan(surprisal) and math.isnan(entropy) for surprisal, entropy, *_ in broken[:3])
    assert broken[3][0] == pytest.approx(math.log(3))


def test_what_is_impossible_is_infinitely_surprising():
    assert of([-INF, 0, 0])[0] == (INF, pytest.approx(math.log(2)), 3, 0)
