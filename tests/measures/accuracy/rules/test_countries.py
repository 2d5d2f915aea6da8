"""Countries under all their names."""

import pytest

from otel_cert.measures.accuracy.rules import findings
from otel_cert.measures.accuracy.rules.countries import countries
from otel_cert.measures.accuracy.words import parse


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("the U.S. and the UK", "en", ["united_states", "united_kingdom"]),
        ("the united states of america", "en", ["united_states", "united_states"]),
        ("tell us about the swiss", "en", ["switzerland"]),
        ("in EE. UU. y Gran Bretaña", "es", ["united_states", "united_kingdom"]),
        ("die Vereinigten Staaten und die Schweizer", "de", ["united_states", "switzerland"]),
        ("les États-Unis et le Royaume-Uni", "fr", ["united_states", "united_kingdom"]),
        ("the US army", "und", ["united_states"]),
    ],
)
def test_every_name_of_a_country_is_found(text, language, found):
    assert [key for _, _, key in countries(parse(text, language).words, language)] == found


@pytest.mark.parametrize(
    ("answer", "context", "language"),
    [
        ("The film opens in US cinemas in spring.", "The film opens in American cinemas in spring.", "en"),
        ("The film opens in the United States.", "The film opens in the u. s. this spring.", "en"),
        ("Major UK parties spent more.", "Parties in the United Kingdom spent more.", "en"),
        ("Los parlamentos del Reino Unido votan.", "Los parlamentos británicos votan.", "es"),
        ("Das Heer der USA übt im Winter.", "Das amerikanische Heer übt im Winter.", "de"),
        ("Le parlement du Royaume-Uni vote.", "Le parlement britannique vote.", "fr"),
    ],
)
def test_another_name_of_the_same_country_is_no_finding(answer, context, language):
    assert findings(answer, [context], language) == []


def test_another_country_is_a_finding():
    answer = "The troops of the United Kingdom left the harbor at night."
    found = findings(answer, ["The troops of the United States left the harbor at night."], "en")
    assert [answer[one.start : one.end] for one in found] == ["United Kingdom"]
