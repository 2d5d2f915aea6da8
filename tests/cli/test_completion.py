import os
import subprocess
import sys

import pytest

from otel_cert.cli import VERBS


@pytest.mark.parametrize(
    ("shell", "sign"), [("bash", "complete -o nosort"), ("zsh", "#compdef"), ("fish", "complete ")]
)
def test_a_script_for_each_shell(run, shell, sign):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert sign in result.stdout
    assert "_OTEL_CERT_COMPLETE" in result.stdout


def test_the_help_has_a_line_per_shell(run):
    lines = [line.split() for line in run("completion", "--help").stdout.splitlines()]
    assert [words[0] for words in lines if "otel-cert" in " ".join(words[1:]) and words[0] != "Usage:"] == [
        "bash", "zsh", "fish",
    ]  # fmt: skip
    assert "\\b" not in run("completion", "--help").stdout


def test_another_shell_is_wrong_usage(run):
    assert run("completion", "cmd").exit_code == 2


def complete(words, position):
    environ = os.environ | {
        "_OTEL_CERT_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(position),
    }
    command = [sys.executable, "-c", "from otel_cert.cli import main; main()"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False).stdout.split()


def test_verbs_and_their_options_are_completed():
    assert complete("otel-cert co", 1) == [f"plain,{verb}" for verb in VERBS if verb.startswith("co")]
    assert complete("otel-cert components --f", 2) == ["plain,--format"]
