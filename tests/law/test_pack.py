"""The legal data is whole: every reference resolves, numbering is the statute's, and another pack can take its place."""

import shutil
from importlib import resources

import pytest
import yaml

from otel_cert.errors import UsageError
from otel_cert.law import load_pack

PACK = load_pack()
IDS = [requirement.id for requirement in PACK.requirements]


def letters(last, first="a"):
    return [chr(code) for code in range(ord(first), ord(last) + 1)]


# The points of the consolidated statute, written down by hand.
POINTS = {
    "annex-iv": [*(f"1.{x}" for x in letters("h")), *(f"2.{x}" for x in letters("h")),
                 "3.1", "3.2", "3.3", "3.4", "4", "5", "6", "7", "8", "9"],
    "annex-v": [str(n) for n in range(1, 9)],
    "annex-viii": [*(f"a.{n}" for n in range(1, 14)), *(f"b.{n}" for n in (1, 2, 3, 4, 5, 6, 8)),
                   *(f"c.{n}" for n in range(1, 6))],
    "annex-xi": [*(f"1.1.{x}" for x in letters("f")), *(f"1.2.{x}" for x in letters("e")), "2.1", "2.2", "2.3"],
    "annex-xii": [*(f"1.{x}" for x in letters("h")), *(f"2.{x}" for x in letters("c"))],
    "art-17.1": letters("m"),
    "art-27.1": letters("f"),
    "art-14.4": letters("e"),
    "art-12.3": letters("d"),
}  # fmt: skip
ANNEX_III = ["1.a", "1.b", "1.c", "2", "3.a", "3.b", "3.c", "3.d", "4.a", "4.b", "5.a", "5.b", "5.c", "5.d", "6.a", "6.b",
             "6.c", "6.d", "6.e", "7.a", "7.b", "7.c", "7.d", "8.a", "8.b"]  # fmt: skip
PRACTICES = ["a", "b", "ba", "bb", "c", "d", "e", "f", "g", "h"]


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "pack"
    shutil.copytree(str(resources.files("otel_cert.law") / "data"), folder)
    return folder


def change(folder, name, edit):
    path = folder / f"{name}.yaml"
    content = yaml.safe_load(path.read_text())
    edit(content)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def test_it_has_what_it_says():
    assert (len(PACK.requirements), len(PACK.evidence), len(PACK.rules.questions), len(PACK.cases)) == (224, 52, 46, 20)
    assert len(set(IDS)) == len(IDS)
    kinds = [requirement.evidence_kind for requirement in PACK.requirements]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"measured": 42, "declared": 121, "expert": 61}


@pytest.mark.parametrize("prefix", POINTS)
def test_points_are_numbered_as_in_the_statute(prefix):
    assert [id_.removeprefix(f"{prefix}.") for id_ in IDS if id_.startswith(f"{prefix}.")] == POINTS[prefix]


def test_uses_and_practices_are_those_of_the_act():
    assert list(PACK.questions["a3.points"].options) == ANNEX_III
    assert [id_[2:] for id_ in PACK.questions if id_.startswith("p.") and "_" not in id_] == PRACTICES


def test_fines_are_not_those_of_earlier_drafts():
    assert {band.id: (band.eur, band.turnover_pct) for band in PACK.bands if band.id.startswith("art99")} == {
        "art99.3": (35_000_000, 7), "art99.4": (15_000_000, 3), "art99.5": (7_500_000, 1),
    }  # fmt: skip


def test_dates_are_those_after_the_amendment():
    dates = PACK.rules.dates
    assert (str(dates["high_risk_annex_iii"]), str(dates["high_risk_annex_i"])) == ("2027-12-02", "2028-08-02")
    assert PACK.about.disputed_entry in {entry["id"] for entry in PACK.timeline["uncertain"]}


def test_another_pack_takes_its_place(copy):
    change(copy, "pack", lambda content: content.update(version="next"))
    other = load_pack(copy)
    assert other.about.version == "next"
    assert other.sha256 != PACK.sha256
    assert other.requirements == PACK.requirements


def label(**when):
    """Return an edit of the rules: one more label."""
    return lambda content: content["labels"].append({"label": "x", "when": when})


@pytest.mark.parametrize(
    ("name", "edit", "says"),
    [
        (
            "requirements",
            lambda c: c["requirements"][0]["evidence_from_traces"].append("gone"),
            "there is no evidence 'gone'",
        ),
        (
            "risk_rules",
            label(q="p.zz", **{"is": "yes"}),
            "no question 'p.zz'",
        ),
        (
            "risk_rules",
            label(q="p.a", **{"is": "often"}),
            "no answer 'often'",
        ),
        ("risk_rules", label(q="p.a"), "has not one of is, in"),
        ("risk_rules", label(never=1), "is no condition"),
        (
            "risk_rules",
            lambda c: c["facts"].insert(0, {"id": "f.x", "when": {"fact": "f.high"}}),
            "is not decided before it",
        ),
        ("pack", lambda c: c["fines"].update(limited=["art1"]), "there is no band 'art1'"),
        ("requirements", lambda c: c["requirements"][0].pop("title"), "this is no law pack"),
    ],
)
def test_a_pack_that_does_not_hold_together_is_refused(copy, name, edit, says):
    change(copy, name, edit)
    with pytest.raises(UsageError, match=says):
        load_pack(copy)


def test_a_missing_or_broken_file_is_named(copy):
    (copy / "timeline.yaml").write_text("{")
    with pytest.raises(UsageError, match=r"timeline\.yaml"):
        load_pack(copy)
    (copy / "timeline.yaml").unlink()
    with pytest.raises(UsageError) as raised:
        load_pack(copy)
    assert "a law pack has the files pack.yaml" in str(raised.value)


def test_no_text_says_what_is_wrong_about_the_act():
    files = resources.files("otel_cert.law") / "data"
    said = " ".join((files / f"{name}.yaml").read_text().lower() for name in ("requirements", "risk_rules", "evidence"))
    for claim in ("compliant", "certified by", "guarantees", "tamper-evident", "1.5 %", "readiness score of"):
        assert claim not in said, claim
