"""Finds sentences that claim more than the law says or a tool can know (wrong claims of earlier tools)."""

import re

_SENTENCE = re.compile(r"(?<!\d)[.;!?]\s+(?=[A-ZÄÖÜÉÀÎ¿«„“])")
_NEGATION = re.compile(
    r"\b(no|not|never|nor|neither|nothing|without|only|cannot|none|nicht|kein\w*|nie|weder|noch|nichts|nur|ohne|pas|ni|aucun\w*|"
    r"jamais|rien|sans|ne|n'\w+|nunca|ningun\w*|ningún|sin|solo|nada)\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(certified|compliant|guarantee[ds]?|bescheinigt|garantiert\w*|gesetzeskonform|"
    r"certifiée?s?|(?:est|sont|soit) garantie?s?|garantit|"
    r"(?:está|queda|es|fue|se) certifica\w*|garantiza\w*|"
    r"tamper[- ]?(?:proof|evident|evidence)|fälschungssicher|infalsifiable|inviolable)\b",
    re.IGNORECASE,
)
_CONFORMING = re.compile(
    r"\b(?:est|sont) conformes?\b|\b(?:es|son) conformes?\b|\bist konform\b|\bis in conformity\b", re.IGNORECASE
)
_ARTICLE_12 = re.compile(r"\bArt(?:icle|\.|ikel)? ?12\b", re.IGNORECASE)
_DEMAND = re.compile(r"(demand|requir|ask|must|verlang|muss|exig|impose|doit|debe)", re.IGNORECASE)
_INTEGRITY = re.compile(r"(tamper|hash|signatur|chain|Kette|empreinte|resumen|firma)", re.IGNORECASE)
_HIGH_RISK = re.compile(r"(high-risk|Hochrisiko|haut risque|alto riesgo)", re.IGNORECASE)


def wrong(text):
    """Return the sentences of a text that make a forbidden claim, each with the reason."""
    return [f"{reason}: {sentence}" for sentence in _SENTENCE.split(text) for reason in _reasons(sentence)]


def _reasons(sentence):
    negated = _NEGATION.search(sentence)
    if re.search(r"\b1[.,]5\s?%", sentence):
        yield "there is no fine of that percentage"
    if re.search(r"\bPASS(?:ED)?\b", sentence):
        yield "no tool gives a verdict"
    if _CLAIM.search(sentence) and not negated:
        yield "no tool can say so"
    if _CONFORMING.search(sentence) and not negated:
        yield "conformity is declared by the provider"
    if _ARTICLE_12.search(sentence) and _INTEGRITY.search(sentence) and _DEMAND.search(sentence) and not negated:
        yield "Art. 12 asks for no integrity"
    if "12(3)" in sentence and re.search(r"\b(every|all|any|each) (?:high-risk |AI )?systems?\b", sentence):
        yield "Art. 12(3) concerns Annex III 1(a) only"
    if _HIGH_RISK.search(sentence) and re.search(
        r"(?:from|since|ab|seit|à partir d\w+|depuis|desde).{0,20}2026(?!/1744)", sentence
    ):
        yield "the duties of high-risk systems apply later"
