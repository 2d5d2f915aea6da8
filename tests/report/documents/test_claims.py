"""AP-08: no text of ours makes a claim that the law or the data do not bear, in any language."""

import ast
from pathlib import Path

import pytest

import otel_cert

from .claims import wrong
from .data import LANGUAGES, NAMES, PACK, every, fields, glossary, outline, words

ROOT = Path(otel_cert.__file__).parent
CODE = sorted([*ROOT.glob("report/**/*.py"), *ROOT.glob("exporters/*.py")])


def texts(path):
    """Return the texts in a module's code, its docstrings included."""
    return [
        n.value
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def found(texts):
    return [claim for text in texts for claim in wrong(text)]


@pytest.mark.parametrize("name", NAMES)
def test_ap_08_outlines(name):
    one = outline(name)
    assert found([one["title"], one["purpose"], *(part.get("text", "") for part in every(name))]) == []


def test_ap_08_fields_glossary_and_law_pack():
    assert found(text for one in fields().values() for text in one.values()) == []
    assert found(glossary().values()) == []
    assert found(t for one in PACK.requirements for t in (one.title, one.paraphrase, one.expert_input or "")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_ap_08_words(language):
    assert found([*words(language), *words(language).values()]) == []


def test_ap_08_code():
    assert len(CODE) > 10
    assert {path.name: claims for path in CODE if (claims := found(texts(path)))} == {}


@pytest.mark.parametrize(
    "claim",
    [
        "Art. 12 requires tamper-evident logs.",
        "Article 12 demands a hash chain over all records.",
        "Art. 12(3) applies to every high-risk system.",
        "Documentation failures cost 7.5 million or 1.5 % of turnover.",
        "High-risk duties apply from 2 August 2026.",
        "Result: PASS",
        "The system is certified for the AI Act.",
        "This system is fully compliant.",
        "Conformity is guaranteed.",
        "Das System ist konform mit der Verordnung.",
        "Die Konformität wird hiermit bescheinigt.",
        "Art. 12 verlangt eine Hash-Kette.",
        "Hochrisiko-KI-Systeme fallen ab dem 2. August 2026 darunter.",
        "Le système est conforme au règlement.",
        "La conformité est garantie.",
        "El sistema es conforme con el Reglamento.",
        "Se garantiza la conformidad del sistema.",
    ],
)
def test_ap_08_a_wrong_claim_is_found(claim):
    said = wrong(f"This is fixed wording. {claim} It goes on.")
    assert said
    assert all(one.split(": ", 1)[1].startswith(claim.rstrip(".")[:20]) for one in said), "the sentence is named"


@pytest.mark.parametrize(
    "text",
    [
        "Draft prepared with software; no conformity is certified; responsible person: none.",
        "The AI Act does not ask for hashes, signatures or an external time stamp; Art. 12 does not require a hash chain.",
        "Points 7 and 9 were deleted by Regulation (EU) 2026/1744.",
        "High-risk duties apply from 2 December 2027.",
        "Annex XII information that a certificate accompanies.",
        "These four points concern systems of Annex III point 1(a) only (Art. 12(3)).",
    ],
)
def test_ap_08_a_right_text_is_left_alone(text):
    assert wrong(text) == []
