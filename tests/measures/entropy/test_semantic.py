"""Semantic entropy against closed forms, with a meaning that is told; then the two ways to find it."""

import math
from itertools import permutations
from pathlib import Path

import pytest
import yaml

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.classifier import Classifier
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.entropy.meaning import Entailment, Likeness
from otel_cert.measures.entropy.semantic import semantic_entropy
from otel_cert.scoring.shared import shared_encoder
from tests.tiny_models import save_bert


class FirstLetter:
    """Texts that begin with the same letter mean the same."""

    name, approximation, threshold, reads_question, versions = "letter", False, 0.5, True, {"letter": "1"}

    def __init__(self):
        self.asked = []

    def same(self, first, second):
        self.asked.append((first, second))
        return first[0] == second[0]


def entropy(shares):
    return -sum(share * math.log(share) for share in shares if share)


def test_one_meaning_has_no_entropy_and_n_meanings_have_ln_n():
    one = semantic_entropy(["a", "a b", "a c"], FirstLetter())
    assert (one.entropy, one.n, len(one.clusters), one.left_out) == (0.0, 3, 1, 0)
    for n in (2, 3, 20):
        found = semantic_entropy([chr(97 + k) for k in range(n)], FirstLetter())
        assert found.entropy == pytest.approx(math.log(n), abs=1e-12)


def test_clusters_can_be_looked_into():
    found = semantic_entropy(["ant", "bee", "ape", "bat", "asp", "cow"], FirstLetter())
    assert [(c.members, c.representative, c.share) for c in found.clusters] == [
        ((0, 2, 4), "ant", 0.5), ((1, 3), "bee", 2 / 6), ((5,), "cow", 1 / 6),
    ]  # fmt: skip
    assert found.entropy == pytest.approx(entropy([3 / 6, 2 / 6, 1 / 6]))
    assert (found.method, found.approximation, found.threshold, found.versions) == (
        "letter",
        False,
        0.5,
        {"letter": "1"},
    )
    assert found.weighted_entropy is None
    assert found.weighted_reason == "no log probabilities are known"


def test_likelihoods_weigh_by_their_mean_per_token():
    # Means: ln 0.5, ln 0.25, ln 0.25. The first is longer, which does not count.
    logprobs = [[math.log(0.25), 0.0], [math.log(0.25)], [math.log(0.25)] * 3]
    found = semantic_entropy(["ant", "ape", "bee"], FirstLetter(), logprobs=logprobs)
    assert [c.weight for c in found.clusters] == pytest.approx([0.75, 0.25])
    assert found.weighted_entropy == pytest.approx(entropy([0.75, 0.25]))
    assert found.entropy == pytest.approx(entropy([2 / 3, 1 / 3]))


def test_likelihoods_too_small_for_a_double_still_weigh():
    found = semantic_entropy(["ant", "bee"], FirstLetter(), logprobs=[[-5000.0], [-5000.0 - math.log(3)]])
    assert [c.weight for c in found.clusters] == pytest.approx([0.75, 0.25])
    sure = semantic_entropy(["ant", "bee"], FirstLetter(), logprobs=[[-1.0], [-math.inf]])
    assert (sure.weighted_entropy, sure.clusters[1].weight) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("logprobs", "why"),
    [
        ([[-1.0], None], "of answer 1"),
        ([[], [-1.0]], "of answer 0"),
        ([[-1.0], [0.5]], "at most 0"),
        ([[math.nan], [-1.0]], "at most 0"),
        ([[-math.inf], [-math.inf]], "no answer has a likelihood"),
    ],
)
def test_unknown_likelihoods_give_no_weighted_form(logprobs, why):
    found = semantic_entropy(["ant", "bee"], FirstLetter(), logprobs=logprobs)
    assert why in found.weighted_reason
    assert (found.weighted_entropy, found.clusters[0].weight) == (None, None)
    assert found.entropy == pytest.approx(math.log(2))


def test_too_few_answers_have_a_reason():
    one = semantic_entropy(["ant"], FirstLetter(), logprobs=[[-1.0]])
    assert (one.n, one.entropy, one.weighted_entropy, len(one.clusters)) == (1, None, None, 1)
    assert "one answer" in one.reason
    none = semantic_entropy([], FirstLetter())
    assert (none.n, none.entropy, none.clusters, none.reason) == (0, None, (), "there are no answers")


def test_the_order_does_not_matter_where_meaning_is_an_equivalence():
    answers, logprobs = ["ant", "ape", "bee", "cow", "cat"], [[-0.1], [-0.7], [-2.0], [-0.3], [-1.1]]
    found = set()
    for order in permutations(range(5)):
        one = semantic_entropy([answers[k] for k in order], FirstLetter(), logprobs=[logprobs[k] for k in order])
        found.add((round(one.entropy, 12), round(one.weighted_entropy, 12)))
    assert len(found) == 1


def test_the_order_may_matter_where_it_is_none():
    class Neighbours(FirstLetter):
        def same(self, first, second):
            return abs(ord(first) - ord(second)) <= 1

    assert len(semantic_entropy(["b", "a", "c"], Neighbours()).clusters) == 1
    assert len(semantic_entropy(["a", "b", "c"], Neighbours()).clusters) == 2


def test_equal_and_blank_answers_are_not_compared():
    meaning = FirstLetter()
    answers = ["é  x", "e\u0301 x ", "", " \n", "é x", "\u3000"]
    found = semantic_entropy(answers, meaning)
    assert [c.members for c in found.clusters] == [(0, 1, 4), (2, 3, 5)]
    assert (meaning.asked, found.versions) == ([], {})
    assert [c.members for c in semantic_entropy(["", "ant", " "], meaning).clusters] == [(0, 2), (1,)]
    assert meaning.asked == []


def test_an_answer_is_compared_with_one_of_each_cluster():
    meaning = FirstLetter()
    semantic_entropy(["ant", "ape", "bee", "bat"], meaning)
    assert meaning.asked == [("ant", "ape"), ("ant", "bee"), ("ant", "bat"), ("bee", "bat")]


def test_many_answers_are_bounded_and_counted():
    meaning = FirstLetter()
    found = semantic_entropy([f"{chr(200 + n)} {n}" for n in range(5000)], meaning, logprobs=[[-1.0]] * 5000)
    assert (found.n, found.left_out, len(meaning.asked)) == (100, 4900, 100 * 99 // 2)
    assert found.entropy == pytest.approx(math.log(100))
    assert semantic_entropy(["ant", "bee", "cow"], meaning, most=2).left_out == 1


def test_a_question_is_put_before_both():
    meaning = FirstLetter()
    found = semantic_entropy(["Oslo", "Bergen"], meaning, question=" Which city? ")
    assert meaning.asked == [("Which city? Oslo", "Which city? Bergen")]
    assert found.question_read
    meaning.reads_question = False
    assert not semantic_entropy(["Oslo", "Bergen"], meaning, question="Which city?").question_read
    assert meaning.asked[1] == ("Oslo", "Bergen")


def test_wrong_use_is_told():
    with pytest.raises(UsageError, match="2 answers, and log probabilities of 1"):
        semantic_entropy(["a", "b"], FirstLetter(), logprobs=[[-1.0]])
    with pytest.raises(UsageError, match="cannot compare 0"):
        semantic_entropy(["a", "b"], FirstLetter(), most=0)
    with pytest.raises(UsageError, match="no probability"):
        Entailment(Classifier("m", {}, None), 1.5)
    with pytest.raises(UsageError, match="no cosine"):
        Likeness(shared_encoder(), 2)


def test_answers_too_long_to_compare_have_a_reason():
    class Short(FirstLetter):
        def same(self, first, second):
            raise NotScored(f"two answers together are too long to compare: {first}, {second}")

    found = semantic_entropy(["ant", "bee"], Short())
    assert (found.entropy, found.reason) == (None, "two answers together are too long to compare: ant, bee")
    assert found.clusters == ()


class Told(Classifier):
    """A classifier whose probabilities are told."""

    def __init__(self, support, of_tokens=False):
        super().__init__("told", {}, None)
        self._support, self._of_tokens = support, of_tokens

    of_tokens = property(lambda self: self._of_tokens)

    def judge(self, first, second):
        from otel_cert.measures.accuracy.classifier import Judgement

        return Judgement(self._support[first, second], None)


def test_entailment_has_to_hold_both_ways():
    classifier = Told({("a", "b"): 0.9, ("b", "a"): 0.4, ("c", "d"): 0.6, ("d", "c"): 0.5})
    assert not Entailment(classifier).same("a", "b")
    assert Entailment(classifier).same("c", "d")
    assert not Entailment(classifier, 0.55).same("c", "d")
    with pytest.raises(UsageError, match="judges tokens"):
        Entailment(Told({}, of_tokens=True)).same("a", "b")


def test_entailment_by_a_real_classifier(tmp_path):
    folder = save_bert(tmp_path, "SequenceClassification", ["contradiction", "entailment", "neutral"])
    classifier = Classifier(str(folder), {}, None)
    texts = ["revenue grew", "revenue fell", "the company", "2024"]
    found = semantic_entropy(texts, Entailment(classifier))
    same = {
        (a, b): min(classifier.judge(texts[a], texts[b]).support, classifier.judge(texts[b], texts[a]).support) >= 0.5
        for a in range(4) for b in range(4)
    }  # fmt: skip
    for cluster in found.clusters:
        assert all(same[cluster.members[0], other] for other in cluster.members[1:])
    assert sum(len(cluster.members) for cluster in found.clusters) == found.n == 4
    assert "sha256" in found.versions["model"]
    too_long = semantic_entropy(["revenue " * 40, "company " * 40], Entailment(classifier))
    assert "too long to compare" in too_long.reason


PAIRS = yaml.safe_load(Path(__file__).with_name("pairs.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("part", "same", "different"), [("chosen", 15, 15), ("held_out", 12, 15)])
def test_likeness_on_own_pairs(part, same, different):
    """As `LIKENESS` states; another version of the model may differ by a pair."""
    meaning = Likeness(shared_encoder())
    pairs = PAIRS[part]
    assert sum(meaning.same(*pair) for pair in pairs["same"]) >= same - 1
    assert sum(not meaning.same(*pair) for pair in pairs["different"]) >= different - 1


def test_likeness_sees_numbers_negation_and_order_by_rules():
    meaning = Likeness(shared_encoder())
    assert not any(meaning.same(*pair) for pair in PAIRS["unseen"])


def test_likeness_is_named_an_approximation_and_takes_any_text():
    answers = ["Paris.", "It is Paris.", "Oslo 🏔️ \ud800", "", "word " * 2000, "日本の首都は東京です。"]
    found = semantic_entropy(answers, Likeness(shared_encoder()), question="What is the capital?")
    assert (found.method, found.approximation, found.question_read) == ("likeness", True, False)
    assert found.clusters[0].members == (0, 1)
    assert found.n == 6
    assert found.entropy == pytest.approx(entropy([len(c.members) / 6 for c in found.clusters]))
