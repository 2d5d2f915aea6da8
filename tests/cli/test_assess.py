"""`otel-cert assess`: from a file, question by question, and with a person's decision beside the result."""

import json

import pytest
import yaml

from otel_cert.law import load_pack

from .serving import cli

HIRING = """default: no
answers: {scope.ai_system: yes, scope.eu: yes, role.provider: yes, a3.points: ['4.a'], a3.profiling: yes}
"""


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text(HIRING)
    return path


def test_json_has_outcome_labels_and_what_is_open(answers):
    found = json.loads(cli("assess", "--answers", answers, "--format", "json").stdout)
    assert (found["outcome"], found["open_questions"]) == ("high_risk", [])
    assert "conformity.internal_control.annex_vi" in found["labels"]


def test_text_says_why_what_follows_and_that_it_is_a_proposal(answers):
    said = cli("assess", "--answers", answers).stdout
    assert "outcome    high_risk  (Art. 6(1)/(2))" in said
    assert "a3.points = none of them: minimal" in said
    assert "provider              2027-12-02 (or 2026-08-02)  Art. 43 conformity assessment" in said
    assert "EUR 15,000,000 or 3 % of turnover (Art. 99(4)): " in said
    assert "not legal advice" in said


def test_a_decision_stands_beside_the_result(answers, tmp_path):
    record = tmp_path / "record.json"
    arguments = ("assess", "--answers", answers, "--output", record, "--confirm", "Ada L.", "--role", "counsel")
    assert cli(*arguments).returncode == 0
    written = json.loads(record.read_text())
    assert (written["outcome"], written["decision"]["outcome"], written["decision"]["name"]) == (
        "high_risk",
        None,
        "Ada L.",
    )
    assert cli(*arguments, "--override", "limited", "--reason", "Only a demonstration.").returncode == 0
    written = json.loads(record.read_text())
    assert (written["outcome"], written["classification"]["outcome"]) == ("limited", "high_risk")
    assert written["decision"]["reason"] == "Only a demonstration."


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "give --answers FILE, or --interactive"),
        (("--answers", "missing.yaml"), 2, "No such file"),
        (("--confirm", "Ada", "--override", "limited", "--role", "x"), 2, "an override needs a reason"),
        (("--confirm", "Ada"), 2, "needs a name and a role"),
        (("--confirm", "Ada", "--role", "x", "--override", "fine", "--reason", "y"), 2, "there is no outcome 'fine'"),
        (("--override", "limited"), 2, "add --confirm NAME"),
    ],
)
def test_what_is_missing_is_said(answers, arguments, code, says):
    given = arguments if not arguments or "--answers" in arguments else ("--answers", answers, *arguments)
    done = cli("assess", *given)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr


def test_an_undetermined_result_cannot_be_confirmed(tmp_path):
    empty = tmp_path / "empty.yaml"
    empty.write_text("answers: {}\n")
    done = cli("assess", "--answers", empty, "--output", tmp_path / "r.json", "--confirm", "Ada", "--role", "counsel")
    assert "an undetermined result cannot be confirmed" in done.stderr
    assert not (tmp_path / "r.json").exists()


def asked(path, *said):
    from click.testing import CliRunner

    from otel_cert.cli import cli as command

    arguments = ["assess", "--interactive", "--answers", str(path), "--format", "json"]
    done = CliRunner().invoke(command, arguments, input="\n".join(said) + "\n")
    assert done.exception is None, done.output
    return json.loads(done.stdout), yaml.safe_load(path.read_text())["answers"] if path.exists() else {}


def test_it_asks_with_a_way_back_out_and_on(tmp_path):
    path = tmp_path / "answers.yaml"
    found, kept = asked(path, "y", "n", "maybe", "?", "b", "y", "y", "q")
    assert kept == {"role.provider": "yes", "role.deployer": "yes", "scope.ai_system": "yes"}
    assert found["outcome"] == "undetermined"
    found, kept = asked(path, "y", "u", "q")
    assert kept["scope.excluded"] == "unknown"
    assert list(kept)[:3] == ["role.provider", "role.deployer", "scope.ai_system"], "it went on where it was"


def test_only_what_can_change_the_result_is_asked(tmp_path):
    path = tmp_path / "answers.yaml"
    found, kept = asked(path, "y", "n", "y", "y", "y")
    assert (found["outcome"], list(kept)[-1]) == ("out_of_scope", "scope.excluded")


def test_a_whole_interview_ends_by_itself(tmp_path):
    questions = load_pack().questions
    path = tmp_path / "answers.yaml"
    path.write_text(yaml.safe_dump({"answers": {
        id_: "no" for id_, question in questions.items() if question.type == "yn" and not id_.startswith(("scope", "a3"))
    }}))  # fmt: skip
    found, kept = asked(path, "y", "y", "n", "4.a,5.b", "y")
    assert kept["a3.points"] == ["4.a", "5.b"]
    assert (found["outcome"], found["open_questions"]) == ("high_risk", [])
