"""The self-check: five questions in five areas, gaps with a next step, and no score."""

import json

import pytest
import yaml

from otel_cert.errors import UsageError
from otel_cert.law.readiness import LABEL, areas, questions, readiness
from tests.cli.serving import cli


def test_there_are_five_areas_of_five_questions_with_a_next_step():
    assert [len(area.questions) for area in areas().values()] == [5] * 5
    assert all(question.text.endswith("?") and question.next.endswith(".") for question in questions().values())


def test_what_is_not_yes_is_a_gap_and_unknown_is_no_no():
    found = readiness({"skills.owner": True, "skills.law": False, "testing.labels": "no"})
    assert (found.areas["skills"].yes, found.areas["skills"].no, found.areas["skills"].unknown) == (1, 1, 3)
    assert [gap.question for gap in found.gaps if gap.answer == "no"] == ["skills.law", "testing.labels"]
    assert len(found.gaps) == 24
    assert found.gaps[0].next == questions()["skills.law"].next


def test_with_every_yes_there_is_no_gap():
    assert readiness(dict.fromkeys(questions(), "yes")).gaps == []


def test_there_is_no_score():
    assert "score" not in readiness({}).model_dump_json().replace(LABEL, "")
    assert "no legal meaning" in readiness({}).label


@pytest.mark.parametrize("answers", [{"skills.owners": "yes"}, {"skills.owner": "partly"}])
def test_a_wrong_answer_is_an_error(answers):
    with pytest.raises(UsageError, match=r"skills\.owner"):
        readiness(answers)


def test_the_template_can_be_filled_in(tmp_path):
    template = cli("readiness", "--template").stdout
    assert set(yaml.safe_load(template).values()) == {"unknown"}
    path = tmp_path / "answers.yaml"
    path.write_text(template.replace("skills.owner: unknown", "skills.owner: yes"))
    found = json.loads(cli("readiness", "--answers", path, "--format", "json").stdout)
    assert (len(found["gaps"]), found["areas"]["skills"]["yes"]) == (24, 1)
    said = cli("readiness", "--answers", path).stdout
    assert said.startswith(LABEL)
    assert "next: Label 100 to 400 answers" in said
