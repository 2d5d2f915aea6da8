"""Right answers in other words that no rule may mark, each beside a wrong one that a rule has to."""

from pathlib import Path

import pytest
import yaml

from otel_cert.measures.accuracy.rules import findings

PAIRS = yaml.safe_load(Path(__file__).with_name("paraphrases.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pair", [pair for pairs in PAIRS.values() for pair in pairs], ids=lambda pair: pair["right"])
def test_the_right_answer_is_not_marked_and_the_wrong_one_is(pair):
    assert findings(pair["right"], [pair["context"]], pair["language"]) == []
    if "wrong" in pair:
        marked = findings(pair["wrong"], [pair["context"]], pair["language"])
        assert pair["words"] in [pair["wrong"][one.start : one.end] for one in marked]


def test_a_score_at_the_end_of_a_sentence_is_read():
    (found,) = findings("Lumeburg schlug Hallstedt mit 3:1.", ["Lumeburg schlug Hallstedt mit 3:2."], "de")
    assert (found.kind, found.start) == ("number", 32)


def test_a_year_that_stands_by_itself_is_a_date_in_german():
    (found,) = findings("Ute Lamm wurde 1978 in Ulm geboren.", ["Ute Lamm wurde 1987 in Ulm geboren."], "de")
    assert found.message == "date: 1978, context has 1987"
    assert findings("Sie zahlte 1800 an die Bank.", ["Sie zahlte 1.800 Euro an die Bank."], "de") == []
