"""Negation: added and dropped, in four languages, and not where both deny, ask or condition."""

import pytest

from otel_cert.measures.accuracy.rules import findings

PAIRS = [
    ("en", "The drug is {not }approved for children.", "not", "approved"),
    ("en", "The committee has {never }rejected the plan.", "never", "rejected"),
    ("en", "There is {no }evidence of fraud.", "no", "evidence"),
    ("de", "Das Medikament ist {nicht }für Kinder zugelassen.", "nicht", "zugelassen"),
    ("de", "Das Medikament ist {nie }zugelassen worden.", "nie", "zugelassen"),
    ("es", "El medicamento {no }está aprobado para niños.", "no", "aprobado"),
    ("es", "El comité {nunca }aprobó el plan.", "nunca", "aprobó"),
]


@pytest.mark.parametrize(("language", "pattern", "negator", "word"), PAIRS)
def test_an_added_negator_is_found(language, pattern, negator, word):
    denies, affirms = pattern.format(**{f"{negator} ": f"{negator} "}), pattern.replace(f"{{{negator} }}", "")
    (found,) = findings(denies, [affirms], language)
    assert found.kind == "negation"
    assert found.message == "negation: denied here, affirmed in the context"
    assert denies[found.start : found.end] == negator
    assert affirms[found.context_start : found.context_end] == word


@pytest.mark.parametrize(("language", "pattern", "negator", "word"), PAIRS)
def test_a_dropped_negator_is_found(language, pattern, negator, word):
    denies, affirms = pattern.format(**{f"{negator} ": f"{negator} "}), pattern.replace(f"{{{negator} }}", "")
    (found,) = findings(affirms, [denies], language)
    assert found.message == "negation: affirmed here, denied in the context"
    assert affirms[found.start : found.end] == word
    assert denies[found.context_start : found.context_end] == negator


def test_french_denies_with_two_words():
    denies, affirms = (
        "Le médicament n'est pas autorisé pour les enfants.",
        "Le médicament est autorisé pour les enfants.",
    )
    (added,) = findings(denies, [affirms], "fr")
    (dropped,) = findings(affirms, [denies], "fr")
    assert denies[added.start : added.end] == "n'est pas"
    assert affirms[dropped.start : dropped.end] == "autorisé"
    assert denies[dropped.context_start : dropped.context_end] == "n'"


@pytest.mark.parametrize(
    ("language", "answer", "context", "words"),
    [
        ("en", "The board failed to approve the merger.", "The board approved the merger.", "failed"),
        ("en", "The contract isn’t valid.", "The contract is valid.", "isn’t"),
        ("en", "He was unable to attend the meeting.", "He was able to attend the meeting.", "unable"),
        ("de", "Die Firma zahlt keine Dividende.", "Die Firma zahlt eine Dividende.", "keine"),
        ("de", "Der Vertrag ist ungültig.", "Der Vertrag ist gültig.", "ungültig"),
        ("es", "Nadie aprobó el plan.", "El consejo aprobó el plan.", "Nadie"),
        ("fr", "Le comité n'a jamais approuvé le plan.", "Le comité a approuvé le plan.", "n'a jamais"),
    ],
)
def test_other_ways_to_deny(language, answer, context, words):
    (found,) = findings(answer, [context], language)
    assert (found.kind, answer[found.start : found.end]) == ("negation", words)


@pytest.mark.parametrize(
    ("language", "answer", "context"),
    [
        ("en", "They have found no evidence of poison.", "They have not found any evidence of poison."),
        ("en", "The plan is not legal.", "The plan is illegal."),
        ("en", "Is the plan not approved?", "The plan is approved."),
        ("en", "If the plan is not approved, call us.", "The plan is approved by the board."),
        ("en", "Not only was the plan approved, it was praised.", "The plan was approved and praised."),
        ("en", "Comb the hair rather than piling it up.", "Do not pile the hair up, comb it."),
        ("en", "His name is yet to be revealed.", "His name has not been revealed."),
        ("en", "Revenue did not rise last year.", "Revenue fell last year."),
        ("de", "Es wurde kein Beweis gefunden.", "Es wurde nie ein Beweis gefunden."),
        ("es", "No vino nadie a la reunión.", "Nadie vino a la reunión."),
        ("fr", "Le comité n'a jamais approuvé le plan.", "Le comité n'a pas approuvé le plan."),
    ],
)
def test_what_says_the_same_is_not_found(language, answer, context):
    assert findings(answer, [context], language) == []
