"""What the fifteen documents hold: every reference resolves, and every requirement stands in exactly one place."""

import re
from collections import Counter

import pytest

from otel_cert.report.build import SHOWN_BY
from otel_cert.report.system import System

from .data import NAMES, PACK, every, fields, glossary, outline, sections

BLOCKS = {"classification", "changes", "missing_data", "limits", "matrix", "thresholds", "suppliers", "datasets",
          "incidents", "declared_observed", "annex_iv", "exemption", "glossary", "sign_off", "evidence", "law"}  # fmt: skip
KEYS = {"number", "title", "citation", "text", "facts", "requirements", "evidence", "blocks", "sections"}
TIERS = {rule.outcome for rule in PACK.rules.outcome_order} | {"undetermined", "all"}
REQUIREMENTS = {one.id: one for one in PACK.requirements}


def resolves(path):
    """Say whether `provider.name` is something that system.yaml declares."""
    part, _, name = path.partition(".")
    model = System.model_fields[part].annotation if part in System.model_fields else None
    models = [model, *getattr(model, "__args__", ())]
    return any(name in getattr(one, "model_fields", {}) for one in models)


@pytest.mark.parametrize("name", NAMES)
def test_an_outline_has_its_form_and_its_references_resolve(name):
    one = outline(name)
    assert set(one) == {"title", "basis", "purpose", "for", "sections"}
    assert set(one["for"]) == {"roles", "tiers"}
    assert set(one["for"]["roles"]) <= {"provider", "deployer"}
    assert set(one["for"]["tiers"]) <= TIERS
    kinds = {kind.id for kind in PACK.evidence}
    for level, part in sections(one["sections"]):
        assert level <= 3
        assert set(part) <= KEYS, part
        assert part["title"].strip()
        assert len(part) > 1, f"{part['title']} holds nothing"
        assert set(part.get("blocks", ())) <= BLOCKS
        assert set(part.get("evidence", ())) <= kinds
        assert set(part.get("requirements", ())) <= set(REQUIREMENTS)
        assert all(map(resolves, part.get("facts", ()))), part["facts"]


def test_a_fact_that_system_yaml_does_not_have_does_not_resolve():
    assert resolves("provider.name")
    assert not resolves("provider.nickname")
    assert not resolves("supplier.name")


def test_every_requirement_stands_in_exactly_one_place():
    counted = Counter(id_ for name in NAMES for part in every(name) for id_ in part.get("requirements", ()))
    assert counted == dict.fromkeys(REQUIREMENTS, 1)


def test_every_kind_of_evidence_is_shown():
    shown = {kind for name in NAMES for part in every(name) for kind in part.get("evidence", ())}
    in_blocks = {
        kind for name in NAMES for part in every(name) for b in part.get("blocks", ()) for kind in SHOWN_BY.get(b, ())
    }
    left = {kind.id for kind in PACK.evidence} - shown - in_blocks
    assert left == {"biometric_log_fields"}, "it stands where Art. 12(3) applies"
    assert "biometric_log_fields" in REQUIREMENTS["art-12.3.a"].evidence_from_traces


def test_every_block_has_a_place():
    assert {block for name in NAMES for part in every(name) for block in part.get("blocks", ())} == BLOCKS


@pytest.mark.parametrize("name", NAMES)
def test_a_document_ends_with_law_limits_glossary_sign_off_and_evidence(name):
    blocks = [part.get("blocks") for part in outline(name)["sections"]]
    assert blocks[-5:] == [["law"], ["limits"], ["glossary"], ["sign_off"], ["evidence"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_purpose_says_whom_it_serves_and_what_it_is_not(name):
    purpose = outline(name)["purpose"]
    assert any(word in purpose for word in ("It is for", "It serves"))
    assert re.search(r"\b(not|no|nothing)\b", purpose)
    assert 200 < len(purpose) < 500


def test_what_an_undetermined_set_needs_is_for_the_undetermined_tier():
    needed = ("risk_classification", "technical_documentation", "monitoring_report", "audit_trail", "checklist")
    for name in needed:
        assert {"undetermined", "all"} & set(outline(name)["for"]["tiers"])
    assert outline("declaration_of_conformity")["for"] == {"roles": ["provider"], "tiers": ["high_risk"]}


def test_every_requirement_has_help_for_its_field():
    assert set(fields()) == set(REQUIREMENTS)
    for id_, one in fields().items():
        assert set(one) == {"question", "why", "example"}, id_
        assert "?" in one["question"], id_
        assert one["why"].endswith("."), id_
        assert len(one["example"]) > 20, id_
        assert len(one["example"]) < 330, id_


def test_examples_are_specific():
    """A number, a date, a name of a document or a quotation stands in nearly every example of an applicable field."""
    vague = [
        id_
        for id_, one in fields().items()
        if not one["example"].startswith("Not ") and not any(c.isdigit() or c in '"“:;' for c in one["example"])
    ]
    assert len(vague) < 25, vague


def test_the_glossary_explains_how_statements_are_known():
    assert {"Measured", "Declared", "Expert", "Gap", "Proxy", "Accuracy", "Provider", "Deployer"} <= set(glossary())
    assert all(meaning.endswith(".") for meaning in glossary().values())


def test_technical_documentation_shows_evidence_at_the_point_that_asks_for_it():
    """What the file refers to elsewhere stands in full where Annex IV has its place."""
    placed = {kind: part.get("number", part["title"]) for part in every("technical_documentation")
              for kind in part.get("evidence", ())}  # fmt: skip
    wanted = {"components_seen": "1(b)", "models_seen": "1(c)", "prompt_versions": "2(b)", "human_oversight": "2(e)",
              "accuracy": "2(g)", "security_events": "2(h)", "release_cadence": "6", "drift": "9"}  # fmt: skip
    assert {kind: placed[kind] for kind in wanted} == wanted
    assert [part["number"] for part in every("technical_documentation") if "changes" in part.get("blocks", ())] == ["6"]
