"""docs/law.md: its examples run, and it names what there is."""

import re
from pathlib import Path

import yaml

from otel_cert.law import classify, load_pack

PAGE = (Path(__file__).parent.parent / "docs" / "law.md").read_text(encoding="utf-8")


def block(language):
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return found


def test_the_answers_on_the_page_are_read():
    found = classify(yaml.safe_load(block("yaml")))
    assert (found.outcome, found.answers["a1.section"], found.answers["a3.points"]) == ("undetermined", "none", ["4.a"])


def test_the_python_on_the_page_runs(capsys):
    exec(block("python"), {})
    assert capsys.readouterr().out == "limited ['art50.4b'] []\n"


def test_the_page_has_every_outcome_and_the_numbers_of_the_pack():
    pack = load_pack()
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert named == [*(rule.outcome for rule in pack.rules.outcome_order), "undetermined"]
    kinds = [requirement.evidence_kind for requirement in pack.requirements]
    counts = [len(pack.requirements), len(pack.evidence), len(pack.questions), len(pack.cases)]
    counts += [kinds.count(kind) for kind in ("measured", "declared", "expert")]
    assert all(re.search(rf"\b{count}\b", PAGE) for count in counts)
    assert f"compiled on {pack.about.compiled}" in PAGE
    assert pack.about.statute in PAGE
