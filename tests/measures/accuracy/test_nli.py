"""Classifiers read every word, in windows; labels are known by their names or are asked for."""

import json
import math
from itertools import pairwise

import pytest

from otel_cert.errors import NotFound, UsageError
from otel_cert.measures.accuracy.measure import measure
from otel_cert.measures.accuracy.method import NotScored
from otel_cert.measures.accuracy.nli import method
from tests.tiny_models import save_bert, save_tokenizer

THREE = ["CONTRADICTION", "ENTAILMENT", "NEUTRAL"]
CONTEXT = ["The revenue was 450 million. The company grew in 2024.", "Revenue of a company fell to 89 billion."]
ANSWER = "The revenue was 450 billion. The company fell."

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return save_bert(tmp_path_factory.mktemp("pairs"), "SequenceClassification", THREE)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    return save_bert(tmp_path_factory.mktemp("tokens"), "TokenClassification", ["supported", "hallucinated"])


def by_hand(folder, first, second):
    """Return the model's probabilities of a pair, by transformers alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(first, second, return_tensors="pt")
    with torch.inference_mode():
        return torch.softmax(model(**inputs).logits[0].double(), -1).tolist()


def test_a_sentence_is_as_supported_as_by_its_best_window(pairs):
    found = method(str(pairs)).score(ANSWER, CONTEXT)
    assert [ANSWER[claim.start : claim.end] for claim in found.claims] == [
        "The revenue was 450 billion.", "The company fell."
    ]  # fmt: skip
    for claim in found.claims:
        shares = [by_hand(pairs, chunk, claim.text) for chunk in CONTEXT]  # each chunk fits in one window
        assert claim.score == pytest.approx(max(share[1] for share in shares), abs=1e-6)
        assert claim.evidence.text == CONTEXT[claim.evidence.chunk]
        assert shares[claim.evidence.chunk][1] == pytest.approx(claim.score, abs=1e-6)
        against = max(share[0] for share in shares)
        expected = against > 0.5 and against > claim.score
        assert [reason.kind for reason in claim.reasons] == ["contradiction"] * expected
    assert found.confidence == pytest.approx(sum(claim.score for claim in found.claims) / 2)
    assert found.language == "en"


def test_it_is_deterministic_and_names_its_model(pairs):
    made = method(str(pairs))
    assert made.score(ANSWER, CONTEXT) == made.score(ANSWER, CONTEXT)
    made.unload()
    other = method(str(pairs))
    assert made.score(ANSWER, CONTEXT) == other.score(ANSWER, CONTEXT)
    assert made.versions == other.versions
    assert made.versions["model"].startswith(f"{pairs} sha256:")
    measured = measure(ANSWER, CONTEXT, method=made)
    assert (measured.method, measured.threshold) == ("nli", 0.5)


def test_a_long_context_is_read_to_its_end(pairs):
    made = method(str(pairs))
    sentence = "The company grew in 2024."
    before = "The revenue fell and was not in a company. " * 40
    found = made.score("The revenue was 450 million.", [before + sentence])
    (claim,) = found.claims
    windows = made._chunk(0, before + sentence, "en").windows(made._classifier.longest - 6)
    assert len(windows) > 5
    assert (windows[0][0], windows[-1][1]) == (0, len(before + sentence))
    assert all(not (before + sentence)[end:start].strip() for (_, end), (start, _) in pairwise(windows))
    scores = [by_hand(pairs, (before + sentence)[start:end], claim.text)[1] for start, end in windows]
    assert claim.score == pytest.approx(max(scores), abs=1e-6)


def test_a_sentence_that_is_too_long_is_judged_in_parts(pairs):
    long = "the revenue was 450 million and " * 30
    (claim,) = method(str(pairs)).score(long, CONTEXT).claims
    assert (claim.start, claim.end) == (0, len(long.rstrip()))


def test_tokens_that_no_window_supports_are_named(tokens):
    made = method(str(tokens))
    found = made.score(ANSWER, CONTEXT)
    for claim in found.claims:
        judged = [made._classifier.judge(chunk, claim.text).tokens for chunk in CONTEXT]
        support = [max(values) for values in zip(*([value for _, _, value in each] for each in judged), strict=True)]
        assert [claim.text[a:b] for a, b, _ in judged[0]] == claim.text.replace(".", " .").split()
        assert claim.score == min(support)
        flagged = {n for n, value in enumerate(support) if value < 0.5}
        marked = {
            n
            for n, (a, b, _) in enumerate(judged[0])
            for reason in claim.reasons
            if reason.start <= claim.start + a and claim.start + b <= reason.end
        }
        assert marked == flagged
    assert found.confidence == min(claim.score for claim in found.claims)


@pytest.mark.parametrize(
    ("labels", "index"),
    [
        (["entailment", "not_entailment"], 0),
        (["not-entailment", "entailment"], 1),
        (["hallucinated", "consistent"], 1),
        (["inconsistent", "consistent"], 1),
        (["LABEL_0", "LABEL_1"], 1),
    ],
)
def test_labels_are_known_by_name_or_are_given(tmp_path, labels, index):
    save_bert(tmp_path, "SequenceClassification", labels)
    given = {"entailment": "label_1"} if "LABEL_1" in labels else {}
    (claim,) = method(str(tmp_path), **given).score("The company fell.", CONTEXT[:1]).claims
    assert claim.score == pytest.approx(by_hand(tmp_path, CONTEXT[0], "The company fell.")[index], abs=1e-6)


def test_one_output_is_a_logit(tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    save_bert(tmp_path, "SequenceClassification", ["LABEL_0"])
    inputs = AutoTokenizer.from_pretrained(tmp_path)(CONTEXT[0], "The company fell.", return_tensors="pt")
    with torch.inference_mode():
        logit = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()(**inputs).logits.item()
    (claim,) = method(str(tmp_path)).score("The company fell.", CONTEXT[:1]).claims
    assert claim.score == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-6)


def test_labels_that_say_nothing_are_asked_for(tmp_path):
    save_bert(tmp_path, "SequenceClassification", ["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(UsageError, match="which means entailment: label_0, label_1, label_2"):
        method(str(tmp_path)).score(ANSWER, CONTEXT)
    with pytest.raises(UsageError, match="no label 'yes' for entailment"):
        method(str(tmp_path), entailment="yes").score(ANSWER, CONTEXT)


def test_a_model_with_another_head_is_refused(tmp_path):
    save_bert(tmp_path, "MaskedLM")
    with pytest.raises(UsageError, match="is no classifier: its head is BertForMaskedLM"):
        method(str(tmp_path)).score(ANSWER, CONTEXT)


def test_there_is_no_such_model(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(NotFound, match="cannot be loaded"):
        method(str(tmp_path / "nothing")).score(ANSWER, CONTEXT)
    save_tokenizer(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "no-such-architecture"}))
    with pytest.raises(NotFound, match="cannot be loaded"):
        method(str(tmp_path)).score(ANSWER, CONTEXT)


@pytest.mark.parametrize(
    ("given", "problem"), [({}, "needs a model"), ({"model": "m", "longest": 7}, "7 tokens hold no pair of texts")]
)
def test_settings_that_make_no_sense_are_refused(given, problem):
    with pytest.raises(UsageError, match=problem):
        method(**given)


@pytest.mark.parametrize("text", ["\ud800", "\0\0", "שלום עליכם", "😀😀", "\u202eabc\u202c", "x" * 3_000, "a\r\nb\tc"])
def test_odd_texts_give_a_score_or_a_reason(pairs, text):
    made = method(str(pairs))
    for answer, context in ((text, CONTEXT), (ANSWER, [text])):
        try:
            found = made.score(answer, context)
        except NotScored as reason:
            assert "nothing that the model reads" in str(reason)  # noqa: PT017
        else:
            assert 0 <= found.confidence <= 1
            assert all(answer[claim.start : claim.end] == claim.text for claim in found.claims)


def test_blank_texts_are_not_scored(pairs):
    with pytest.raises(NotScored, match="the answer is blank"):
        method(str(pairs)).score(" ", CONTEXT)
    with pytest.raises(NotScored, match="the context is blank"):
        method(str(pairs)).score(ANSWER, ["", "\n"])
