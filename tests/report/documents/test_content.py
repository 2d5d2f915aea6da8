"""What a document has to say or hold by the acceptance points on content: AP-30, 31, 33 to 36 and 38."""

import copy

import pytest

from .data import NAMES, every, fields, holding, outline, sections, titled


def purposes_by_persons(outlines):
    """Return the places of an intended purpose without the declared fact beside it, or with a purpose of ours (AP-30)."""
    places = [
        part
        for one in outlines
        for _, part in sections(one["sections"])
        if {"annex-iv.1.a", "art-13.3.b.i"} & set(part.get("requirements", ()))
    ]
    return [part["title"] for part in places if "system.intended_purpose" not in part.get("facts", ())]


def test_ap_30_the_intended_purpose_is_written_by_a_person_and_observed_use_stands_beside_it():
    assert purposes_by_persons(map(outline, NAMES)) == []
    first = holding("technical_documentation", "annex-iv.1.a")
    assert "written by a person" in first["text"]
    assert "never replaces it" in first["text"]
    assert first["blocks"] == ["declared_observed"]
    facts = {fact for part in every("risk_classification") for fact in part.get("facts", ())}
    assert {"system.intended_purpose", "system.foreseeable_misuse", "system.affected_persons"} <= facts


def test_ap_30_a_purpose_without_its_declaration_is_found():
    one = copy.deepcopy(outline("technical_documentation"))
    part = next(part for _, part in sections(one["sections"]) if "annex-iv.1.a" in part.get("requirements", ()))
    part["facts"].remove("system.intended_purpose")
    assert purposes_by_persons([one]) == ["Purpose, provider, version"]


def data_cards(part):
    """Return what the place of the data sheets lacks (AP-31)."""
    said = {
        "cards": "datasets" in part.get("blocks", ()),
        "unknown": "data of the base model is unknown to us" in part.get("text", ""),
        "where": "Annex XII" in part.get("text", ""),
    }
    return [name for name, there in said.items() if not there]


def test_ap_31_data_cards_and_the_unknown_data_of_a_base_model():
    part = holding("technical_documentation", "annex-iv.2.d")
    assert data_cards(part) == []
    assert all(kind in part["text"] for kind in ("training", "validation", "test", "retrieval"))
    assert "annex-xii.2.c" in {id_ for p in every("gpai_supplier_file") for id_ in p.get("requirements", ())}
    assert data_cards({"text": "Base models were trained on public data."}) == ["cards", "unknown", "where"]


def test_ap_33_human_oversight_counts_are_read_with_automation_bias():
    part = holding("human_oversight", "art-14.4.b")
    assert "automation bias" in part["text"]
    assert "does not tell which" in part["text"]
    assert "stop_events" in holding("human_oversight", "art-14.4.e")["evidence"]
    shown = {kind for p in every("human_oversight") for kind in p.get("evidence", ())}
    assert "human_oversight" in shown
    assert "judgement of people" in outline("human_oversight")["purpose"]


ATTACKS = ["Data poisoning", "Model poisoning", "Adversarial examples and model evasion", "Confidentiality attacks",
           "Model flaws"]  # fmt: skip
"""Art. 15(5), third subparagraph."""


def test_ap_34_security_stands_by_the_classes_of_art_15_5():
    part = titled("monitoring_report", "Cybersecurity")
    assert [one["title"] for one in part["sections"]] == ATTACKS
    for wanted in (
        "threats",
        "test suite with its version",
        "attempts and successes",
        "95 % interval",
        "residual risk",
    ):
        assert wanted in part["text"]
    assert "recall is unknown" in part["text"]
    example = fields()["art-15.5.b"]["example"]
    assert sum(name in example for name in ("Adversarial", "poisoning", "Confidentiality")) == 3
    assert [one["title"] for one in part["sections"][1:]] != ATTACKS, "a missing class is found"


def test_ap_35_the_plan_names_indicator_threshold_frequency_owner_reaction_and_feedback():
    plan = titled("post_market_monitoring_plan", "Indicators, thresholds and reactions")
    assert plan["blocks"] == ["thresholds"]
    for wanted in ("figure", "threshold", "frequency", "owner", "how soon"):
        assert wanted in plan["text"]
    assert "risk file" in titled("post_market_monitoring_plan", "Feedback to the risk file")["text"]
    assert titled("monitoring_report", "Plan and fact")["blocks"] == ["thresholds"], "the report compares plan and fact"


def test_ap_36_the_fria_is_labelled_and_has_its_six_parts():
    assert "It is not the template of the AI Office" in outline("fria")["purpose"]
    parts = [id_ for part in every("fria") for id_ in part.get("requirements", ())]
    assert parts[:6] == [f"art-27.1.{letter}" for letter in "abcdef"]
    assert {"art-27.3", "art-27.4"} <= set(parts), "proof of notification, cross-reference to the DPIA"
    measured = [
        part["number"]
        for part in every("fria")
        if {"request_volume", "usage_frequency"} & set(part.get("evidence", ()))
    ]
    assert measured == ["27(1)(b)"], "the part made from records is limited to (b)"


def invented(texts):
    """Return texts that read as if they described the organisation's own procedure (AP-38)."""
    phrases = ("we have established", "our procedure", "the procedure requires", "has implemented", "is reviewed every")
    return [text for text in texts if any(phrase in text.lower() for phrase in phrases)]


def test_ap_38_the_index_of_the_quality_system_invents_no_procedure():
    texts = [part["text"] for part in every("quality_management") if "text" in part]
    assert invented([outline("quality_management")["purpose"], *texts]) == []
    assert invented(["The provider has implemented design reviews."])
    assert "no procedures of its own" in outline("quality_management")["purpose"]
    for letter in "abcdefghijklm":
        part = holding("quality_management", f"art-17.1.{letter}")
        assert "text" not in part, "what stands there is the organisation's"
        assert "owner" in fields()[f"art-17.1.{letter}"]["example"] or letter == "m"


@pytest.mark.parametrize("name", NAMES)
def test_no_fixed_text_states_a_fact_about_the_system(name):
    """A text explains; figures and names of a system stand in facts, fields and evidence."""
    for part in every(name):
        text = part.get("text", "")
        assert not any(word in text for word in ("The provider has", "This system has", "was tested with", "gpt", "%s"))
