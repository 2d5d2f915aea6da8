"""`measure` from the command line: the verdict, the words, and every way to give answer and context."""

import json

from otel_cert.measures.accuracy.result import Measured

ANSWER = "The sky is red. Grass is green."
CONTEXT = "the sky is blue and grass is green"


def test_the_words_are_marked(run):
    result = run("measure", ANSWER, "--context", CONTEXT)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "supported: confidence 0.857, threshold 0.5 (default (by hand))",
        "grounding 0.857, method overlap, language und",
        "",
        "The sky is ⟦red⟧. Grass is green.",
        "  11-14  not in context: red",
    ]


def test_json_is_the_model(run):
    result = run("measure", ANSWER, "--context", "sky", "--context", CONTEXT, "--threshold", 0.9, "--format", "json")
    found = json.loads(result.stdout)
    assert Measured.model_validate(found).matched is False
    assert (found["threshold"], found["threshold_source"]) == (0.9, "given")
    assert [claim["supported"] for claim in found["claims"]] == [False, True]


def test_texts_from_files_and_standard_input(run, tmp_path):
    (tmp_path / "c.txt").write_bytes(b"\xef\xbb\xbf" + CONTEXT.encode())
    result = run("measure", "--answer-file", "-", "--context-file", tmp_path / "c.txt", input="Blue 🎈 sky\n")
    assert result.stdout.splitlines()[3] == "Blue 🎈 sky"


def test_a_check_fails_with_3(run):
    assert run("measure", ANSWER, "--context", CONTEXT, "--check").exit_code == 0
    failed = run("measure", "No cat.", "--context", CONTEXT, "--check")
    assert (failed.exit_code, "confidence 0.000 is below the threshold 0.5" in failed.stderr) == (3, True)


def test_what_cannot_be_measured_is_told(run, tmp_path):
    (tmp_path / "b").write_bytes(b"ab\xff")
    for args, exit_code, words in (
        ([], 2, "one answer is measured"),
        (["x", "--answer-file", "y", "--context", "c"], 2, "one answer is measured"),
        (["x"], 2, "no context"),
        (["x", "--context-file", "none"], 1, "there is no file none"),
        (["x", "--context-file", tmp_path / "b"], 2, "is not UTF-8: invalid start byte at byte 2"),
        (["!?", "--context", "x"], 1, "the answer has no words"),
        (["x", "--context", "x", "--preset", "legal"], 2, "preset"),
    ):
        result = run("measure", *args)
        assert (result.exit_code, words in result.stderr) == (exit_code, True), result.stderr


def test_half_a_character_is_no_error(run):
    assert (
        run("measure", "sky \udcff", "--context", "sky \ud800", "--question", "\udcff", "--format", "json").exit_code
        == 0
    )


def test_a_terminal_is_not_told_what_to_do(run):
    result = run("measure", "\x1b[2J cat \u202e", "--context", "x")
    assert not {"\x1b", "\u202e"} & set(result.stdout)
