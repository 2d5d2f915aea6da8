"""Outlines: every reference is one that there is; what is wrong is named."""

import pytest

from otel_cert.errors import UsageError
from otel_cert.law import load_pack
from otel_cert.report.blocks import BLOCKS
from otel_cert.report.facts import FACTS
from otel_cert.report.folder import Folder
from otel_cert.report.model import Table
from otel_cert.report.outline import NAMES, fields, outline, outlines, parsed, problems

HEAD = "title: T\nbasis: Art. 1\npurpose: P.\nfor: {roles: [provider], tiers: [all]}\n"


def test_every_document_refers_to_what_there_is():
    assert tuple(outlines()) == NAMES
    pack = load_pack()
    assert {name: list(problems(one, pack, BLOCKS)) for name, one in outlines().items()} == {name: [] for name in NAMES}
    assert set(fields()) <= {one.id for one in pack.requirements}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("facts: [system.colour]", "S: there is no 'system.colour' among facts"),
        ("requirements: [annex-iv.2.z]", "S: there is no 'annex-iv.2.z' among requirements"),
        ("evidence: [mood]", "S: there is no 'mood' among evidence"),
        ("blocks: [score]", "S: there is no 'score' among blocks"),
        ("sections: [{title: a, sections: [{title: b, sections: [{title: c}]}]}]", "c: sections have at most 3 levels"),
    ],
)
def test_a_wrong_reference_is_named(part, said):
    one = parsed(f"{HEAD}sections:\n  - title: S\n    {part}\n", "x")
    assert list(problems(one, load_pack(), BLOCKS)) == [said]


def test_a_wrong_role_and_tier_are_named():
    one = parsed(HEAD.replace("provider", "buyer").replace("all", "medium") + "sections: []\n", "x")
    assert list(problems(one, load_pack(), BLOCKS)) == ["there is no role 'buyer'", "there is no tier 'medium'"]


@pytest.mark.parametrize("text", ["title: T", HEAD + "sections: [{title: S, colour: red}]", "a: ["])
def test_what_is_no_outline_is_refused(text):
    with pytest.raises(UsageError, match=r"documents/x\.yaml"):
        parsed(text, "x")


def test_an_unknown_document_is_refused():
    with pytest.raises(UsageError, match="there is no document 'score'"):
        outline("score")


def test_facts_are_named_in_words():
    assert FACTS["system.name"] == ("Name of the system", "Name under which the system is offered or used.")
    assert FACTS["system.intended_purpose"][0] == "Intended purpose of the system"
    assert FACTS["responsible.role"][0] == "Role of the responsible person"


def test_evidence_stands_in_full_where_the_outline_has_it_and_is_referred_to_before(high_set):
    """Models are asked for at 1(a) and 1(c) of Annex IV and stand at 1(c); changes stand at point 6."""
    document = Folder(high_set[0]).document("technical_documentation")
    captions = {
        block.caption.partition(". ")[2]: section.number
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table)
    }
    assert captions["Models and versions seen"] == "1(c)"
    first = next(section for section in document.sections if section.number == "1(a)")
    assert any("“1(c) Software/firmware versions”" in getattr(block, "text", "") for block in first.blocks)
