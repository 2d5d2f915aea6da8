"""Which sentences of an answer claim something, in four languages."""

import pytest

from otel_cert import measure
from otel_cert.measures.accuracy.asides import claiming
from otel_cert.measures.accuracy.words import parse

ASIDES = [
    ("en", "Is there a bridge?"),
    ("en", "Based on the passages, here are the facts:"),
    ("en", "The passages do not mention what it cost."),
    ("en", "The context doesn't say who built it."),
    ("en", "Let me know if you have any other questions."),
    ("en", "I hope this helps!"),
    ("en", "If it still hurts, it may be best to consult a professional."),
    ("es", "Si persiste, consulte a un profesional."),
    ("de", "Wenden Sie sich an einen Fachmann."),
    ("fr", "Si cela persiste, consultez un professionnel."),
    ("es", "El texto no menciona el coste."),
    ("es", "¡Espero que esto te ayude!"),
    ("de", "Der Text enthält keine Angaben zu den Kosten."),
    ("de", "Bei weiteren Fragen helfe ich gern."),
    ("fr", "Le document ne mentionne pas le coût."),
    ("fr", "N'hésitez pas à demander."),
    ("und", "Γέφυρες της πόλης:"),
]
CLAIMS = [
    ("en", "The document was not signed."),
    ("en", "The passages mention two bridges."),
    ("en", "The source of the river was never found."),
    ("en", "It is 10:30."),
    ("en", "The professional was consulted in May."),
    ("es", "El documento no fue firmado."),
    ("de", "Der Text wurde nicht unterschrieben."),
    ("fr", "Le document n'a pas été signé."),
]


@pytest.mark.parametrize(("language", "text"), ASIDES)
def test_an_aside_claims_nothing(language, text):
    assert claiming(parse(text, language), []) == []


@pytest.mark.parametrize(("language", "text"), CLAIMS)
def test_a_statement_claims_something(language, text):
    assert len(claiming(parse(text, language), [])) == 1


def test_what_a_rule_found_is_a_claim_but_for_a_question():
    parsed = parse("Of 3 bridges:\nIs it one of 3?", "en")
    assert [one.start for one in claiming(parsed, [3, 24])] == [0]


def test_asides_are_no_claims_and_lower_nothing():
    context = "The bridge was opened in 1932 and has eight lanes."
    plain, framed = (
        measure(text, context)
        for text in (
            "It was opened in 1932. The bridge has eight lanes.",
            "Here is what I found:\nIt was opened in 1932. The bridge has eight lanes. "
            "The context does not mention its cost. Let me know if you have any other questions.",
        )
    )
    assert [claim.text for claim in framed.claims] == [claim.text for claim in plain.claims]
    assert framed.confidence == pytest.approx(plain.confidence, abs=0.05)


def test_an_answer_of_nothing_else_is_scored_as_it_is():
    assert len(measure("The context does not mention its cost.", "The bridge has eight lanes.").claims) == 1
