"""Names of the rules in words that a reader understands."""

from datetime import date

from otel_cert.law import classify, load_pack
from otel_cert.report import legal_words

PACK = load_pack()
MINIMAL = {"default": "no", "answers": {"scope.ai_system": "yes", "scope.eu": "yes", "scope.excluded": "no"}}


def test_every_label_tier_fine_and_option_of_the_legal_data_has_words():
    for one in PACK.rules.labels:
        assert legal_words.label(one.label).endswith(f" [{one.label}]")
    assert legal_words.label("newer.label") == "newer.label"
    assert {legal_words.fine(one.id)[:5] for one in PACK.bands} == {"Art. "}
    assert legal_words.fine("art99.4") == "Art. 99(4)"
    assert legal_words.tier("art_6_3_exempt") == "exempt under Art. 6(3)"
    uses = PACK.questions["a3.points"]
    assert legal_words.answer(uses, ["4.a"]).startswith("4.a: recruitment")
    assert legal_words.answer(uses, []) == "none of them"


def test_what_is_no_duty_has_no_date():
    dates = {one.text: one.applies_from for one in classify(MINIMAL, pack=PACK).obligations}
    assert dates["Art. 95 voluntary codes"] is None
    assert dates["Art. 4 AI literacy"] == date(2025, 2, 2)
