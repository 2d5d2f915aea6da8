"""Opposites: found in the same place, in four languages, and not where both sides are said or one is denied."""

import pytest

from otel_cert.measures.accuracy.rules import findings


@pytest.mark.parametrize(
    ("language", "answer", "context", "word", "opposite"),
    [
        ("en", "Revenue fell 5% last year.", "Revenue rose 5% last year.", "fell", "rose"),
        (
            "en",
            "Sales increased 28.1% from the year before.",
            "Sales of 3 million, down 28.1% from a year earlier.",
            "increased",
            "down",
        ),
        ("en", "Take it after meals.", "Take it before meals.", "after", "before"),
        ("en", "The firm made a loss of 5 million.", "The firm made a profit of 5 million.", "loss", "profit"),
        ("en", "It is allowed to park here.", "It is forbidden to park here.", "allowed", "forbidden"),
        (
            "en",
            "The fair takes place on Monday, two weeks after the fire, and the hearing phase of the trial ends Tuesday.",
            "The fair was moved twice, to the anger of many. On Tuesday, the hearing phase of the trial will begin.",
            "ends",
            "begin",
        ),
        ("de", "Der Umsatz ist um 5 % gesunken.", "Der Umsatz ist um 5 % gestiegen.", "gesunken", "gestiegen"),
        ("de", "Die Grenze liegt im Norden des Landes.", "Die Grenze liegt im Süden des Landes.", "Norden", "Süden"),
        ("de", "Der Antrag wurde abgelehnt.", "Der Antrag wurde genehmigt.", "abgelehnt", "genehmigt"),
        ("es", "Los ingresos bajaron un 5 %.", "Los ingresos subieron un 5 %.", "bajaron", "subieron"),
        ("es", "La fábrica está en el norte del país.", "La fábrica está en el sur del país.", "norte", "sur"),
        (
            "fr",
            "Le chiffre d'affaires a baissé de 5 %.",
            "Le chiffre d'affaires a augmenté de 5 %.",
            "baissé",
            "augmenté",
        ),
        ("fr", "L'usine se trouve dans le nord du pays.", "L'usine se trouve dans le sud du pays.", "nord", "sud"),
    ],
)
def test_an_opposite_is_found(language, answer, context, word, opposite):
    (found,) = [one for one in findings(answer, [context], language) if one.kind == "antonym"]
    assert answer[found.start : found.end] == word
    assert context[found.context_start : found.context_end] == opposite
    assert found.message == f"antonym: {word}, context has {opposite}"


@pytest.mark.parametrize(
    ("language", "answer", "context"),
    [
        ("en", "Revenue increased last year.", "Revenue rose last year."),
        ("en", "Revenue did not rise last year.", "Revenue fell last year."),
        ("en", "Prices rose, then fell again.", "Prices rose, then rose less."),
        ("en", "The tram goes from north to south.", "The tram goes south."),
        (
            "en",
            "The fair takes place on Monday, and the hearing phase of the trial ends Tuesday.",
            "On Tuesday, the hearing phase of the trial will begin. The hearing phase of the trial ends on Tuesday too.",
        ),
        (
            "en",
            "The fair takes place on Monday, and the hearing phase of the trial does not end Tuesday.",
            "On Tuesday, the hearing phase of the trial will begin.",
        ),
        ("de", "Der Umsatz stieg.", "Der Umsatz ist gewachsen."),
        ("es", "Los ingresos crecieron.", "Los ingresos aumentaron."),
        ("fr", "Les ventes progressent.", "Les ventes ont augmenté."),
    ],
)
def test_no_opposite_is_found(language, answer, context):
    assert [one for one in findings(answer, [context], language) if one.kind == "antonym"] == []


@pytest.mark.parametrize(
    ("language", "answer", "context", "word"),
    [
        ("en", "The plan has unlimited seats for members.", "The plan has limited seats for members.", "unlimited"),
        ("en", "The judge acquitted the young driver.", "The judge convicted the young driver.", "acquitted"),
        ("en", "Her coach discouraged the young runner.", "Her coach urged the young runner.", "discouraged"),
        ("de", "Das Tor öffnet automatisch am Abend.", "Das Tor öffnet manuell am Abend.", "automatisch"),
        ("es", "El grupo alentó la huelga general.", "El grupo disuadió la huelga general.", "alentó"),
        ("fr", "Le maire a encouragé la grève générale.", "Le maire a découragé la grève générale.", "encouragé"),
    ],
)
def test_more_opposites_are_found_in_their_place(language, answer, context, word):
    found = [one for one in findings(answer, [context], language) if one.kind in ("antonym", "negation")]
    assert [answer[one.start : one.end] for one in found] == [word]
