"""`evaluate`: every figure of small files worked by hand, the scores file, and what cannot be scored."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_cert.evaluation import Evaluation, File, Judge, evaluate_answers
from otel_cert.statistics.intervals import wilson
from otel_cert.store.layout import Layout
from otel_cert.store.thresholds import register
from tests.evaluation.overlap import Overlap

CONTEXT = "the sky is blue and grass is green"
ROWS = [
    {"id": "full", "answer": "The sky is blue.", "context": CONTEXT, "label": 1, "model": "m"},
    {"id": "half", "answer": "Grass was red, blue.", "context": CONTEXT, "label": 0, "model": "m"},  # 2 of 4
    {"id": "none", "answer": "Cats purr.", "context": [CONTEXT], "label": 0, "model": "n"},
    {"id": "three", "answer": "The sky is red.", "context": CONTEXT, "label": 0, "model": "m"},  # 3 of 4
]


def written(tmp_path, rows, name="rows.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def asked(run, *args):
    result = run("evaluate", *args, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_by_hand(run, tmp_path):
    found = asked(run, written(tmp_path, ROWS), "--scores", tmp_path / "scores.jsonl")
    assert list(found) == list(Evaluation.model_fields)
    assert (found["rows"], found["scored"], found["supported"], found["bad"], found["unscored"]) == (4, 4, 3, 0, 0)
    low, high = wilson(3, 4)
    rate = {"value": 0.75, "low": low, "high": high, "n": 4, "interval": "Wilson"}
    assert (found["term"], found["support_rate"], found["clusters"]) == ("support rate (proxy)", rate, None)
    assert found["quantiles"]["p50"] == (0.5 + 0.75) / 2
    assert {one["low"]: one["n"] for one in found["histogram"] if one["n"]} == {0: 1, 0.5: 1, 0.75: 1, 0.95: 1}
    assert (found["reasons"], found["languages"]) == ({"entity": 3}, {"und": 4})
    assert [one["id"] for one in found["worst"]] == ["none", "half", "three", "full"]
    assert [one["text"] for one in found["worst"][1]["unsupported"]] == ["was", "red"]
    assert {one["id"] for one in found["typical"][:2]} == {"half", "three"}

    quality = found["quality"]
    counts = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    assert [quality[name] for name in counts] == [1, 0, 2, 1]  # `half` and `three` pass, though unsupported
    assert (quality["n"], quality["unsupported"]) == (4, 3)
    values = {name: one["value"] for name, one in quality.items() if isinstance(one, dict)}
    assert values == pytest.approx(
        {
            "accuracy": 0.5, "sensitivity": 1 / 3, "specificity": 1, "balanced_accuracy": 2 / 3, "precision": 1,
            "f1": 0.5, "kappa": (0.5 - (3 / 16 + 3 / 16)) / (1 - 6 / 16), "roc_auc": 1, "average_precision": 1,
            "label_rate": 0.25,
        }
    )  # fmt: skip
    assert (quality["sensitivity"]["low"], quality["sensitivity"]["high"]) == wilson(1, 3)

    assert [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()] == [
        {"id": "full", "score": 1.0, "spans": []},
        {"id": "half", "score": 0.5, "spans": [[6, 9, "not in context: was"], [10, 13, "not in context: red"]]},
        {"id": "none", "score": 0.0, "spans": [[0, 4, "not in context: Cats"], [5, 9, "not in context: purr"]]},
        {"id": "three", "score": 0.75, "spans": [[11, 14, "not in context: red"]]},
    ]


def test_people_see_the_words_and_that_it_is_a_proxy(run, tmp_path):
    rows = [{key: value for key, value in row.items() if key != "label"} for row in ROWS]
    result = run("evaluate", written(tmp_path, rows))
    assert result.exit_code == 0
    assert re.search(r"^Support rate \(proxy\) +75\.0 %", result.stdout, re.MULTILINE)
    assert "accuracy" not in result.stdout.lower(), "there are no labels"
    assert "  0.500  half\n         Grass ⟦was⟧ ⟦red⟧, blue.\n         - not in context: was\n" in result.stdout
    assert result.stderr.splitlines() == [
        "4 of 4 rows scored by overlap (overlap 1)",
        "threshold 0.5: default (by hand); not registered",
        "No labels: the rate says what the method finds, not how often it is right.",
    ]


def test_what_has_no_score_is_in_no_rate_and_told(run, tmp_path):
    rows = [
        ROWS[0],
        {"id": "no answer", "context": "x"},
        {"id": "blank", "answer": " \n", "context": "x"},
        {"id": "no context", "answer": "x"},
        {"id": "empty context", "answer": "x", "context": ["", " "]},
        {"id": "no words", "answer": "!?", "context": "x"},
        {"id": "full", "answer": "again"},
    ]
    path = written(tmp_path, rows)
    result = run("evaluate", path, "--scores", tmp_path / "s.jsonl", "--format", "json")
    found = json.loads(result.stdout)
    assert (found["rows"], found["scored"], found["unscored"], found["bad"]) == (7, 1, 5, 1)
    assert found["unscored_reasons"] == {"no_answer": 2, "no_context": 2, "the answer has no words": 1}
    assert found["bad_rows"] == [{"place": "line 7", "why": "the id 'full' was there before"}]
    assert "5 rows not scored, part of no rate: no_answer 2, no_context 2, the answer has no words 1" in result.stderr
    assert "1 bad row left out: line 7: the id 'full' was there before" in result.stderr
    assert [json.loads(line)["id"] for line in (tmp_path / "s.jsonl").read_text().splitlines()] == ["full"]
    assert run("evaluate", path, "--scores", tmp_path / "s.jsonl", "--unscored-as", 0).exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert [(one["id"], one["score"]) for one in lines[1:3]] == [("no answer", 0.0), ("blank", 0.0)]
    assert len(lines) == 6


def test_answers_of_one_document_are_resampled_together(run, tmp_path):
    rows = [
        {"id": i, "answer": "sky" if i < 30 else "cat", "context": CONTEXT, "doc": f"d{i // 10}"} for i in range(60)
    ]
    found = asked(run, written(tmp_path, rows))
    rate = found["support_rate"]
    assert (rate["value"], rate["interval"], found["clusters"]) == (0.5, "bootstrap of 6 clusters, 1,000 resamples", 6)
    assert rate["high"] - rate["low"] > 0.6, "six documents that are all right or all wrong say little"
    low, high = wilson(30, 60)
    single = asked(run, written(tmp_path, [{**row, "doc": None} for row in rows]))["support_rate"]
    assert (single["low"], single["high"], single["interval"]) == (low, high, "Wilson")


def test_when_all_pass_clusters_are_the_trials(run, tmp_path):
    rows = [{"id": i, "answer": "sky", "context": CONTEXT, "doc": f"d{i % 4}"} for i in range(40)]
    rate = asked(run, written(tmp_path, rows))["support_rate"]
    assert (rate["value"], rate["low"], rate["high"], rate["interval"]) == (1, *wilson(4, 4), "Wilson over 4 clusters")


def test_when_all_are_judged_right_clusters_are_the_trials(run, tmp_path):
    rows = [
        {"id": i, "answer": ("sky", "cat")[i % 2], "context": CONTEXT, "label": 1 - i % 2, "doc": f"d{i % 6}"}
        for i in range(60)
    ]
    quality = asked(run, written(tmp_path, rows))["quality"]
    # Even rows are of three documents, odd ones of three others.
    for measure, n, clusters in (
        ("accuracy", 60, 6),
        ("sensitivity", 30, 3),
        ("specificity", 30, 3),
        ("precision", 30, 3),
    ):
        low, high = wilson(clusters, clusters)
        interval = f"Wilson over {clusters} clusters"
        assert quality[measure] == {"value": 1, "low": low, "high": high, "n": n, "interval": interval}, measure
    found = asked(run, written(tmp_path, [{**row, "label": 1} for row in rows]), "--threshold", 0)["quality"]
    assert (found["specificity"]["value"], found["sensitivity"], found["precision"]) == (1, None, None)
    wrong = asked(run, written(tmp_path, [{**row, "label": 0} for row in rows]), "--threshold", 0)["quality"]
    assert (wrong["sensitivity"]["value"], wrong["sensitivity"]["high"]) == (0, wilson(0, 6)[1])


def test_small_groups_are_put_together(run, tmp_path):
    models = ["a"] * 6 + ["b"] * 3 + ["c"] * 3 + ["d"]
    rows = [{"id": i, "answer": "sky", "context": CONTEXT, "model": model} for i, model in enumerate(models)]
    path = written(tmp_path, rows)
    groups = asked(run, path, "--by", "model")["groups"]
    assert [(one["key"], one["groups"], one["n"]) for one in groups] == [
        ("a", 1, 6),
        ("groups below 5 answers", 3, 7),
    ]
    assert groups[0]["support_rate"]["value"] == 1
    few = asked(run, written(tmp_path, rows[:8]), "--by", "model")["groups"][1]
    assert (few["n"], few["support_rate"]) == (None, None)
    assert "groups below 5 answers" in run("evaluate", path, "--by", "model").stdout


def test_csv_has_the_figures(run, tmp_path):
    result = run("evaluate", written(tmp_path, ROWS), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert rows[0]["Figure"] == "Support rate (proxy)"
    assert [row["n"] for row in rows][:2] == ["4", "4"]


def test_a_check_is_judged_by_the_lower_bound(run, tmp_path):
    path = written(tmp_path, ROWS)
    assert run("evaluate", path, "--check", 0.3).exit_code == 0  # Wilson of 3 in 4 is from 0.301
    failed = run("evaluate", path, "--check", 0.7)
    assert failed.exit_code == 3
    assert "the support rate (proxy) is 0.750, its lower bound 0.301, below 0.7" in failed.stderr
    empty = written(tmp_path, [{"id": 1}])
    assert run("evaluate", empty, "--check", 0).exit_code == 3


def test_weights_of_a_sampling_plan_count(run, tmp_path):
    rows = [{**row, "weight": 3 if row["id"] == "full" else 1} for row in ROWS]
    found = asked(run, written(tmp_path, rows), "--threshold", 0.8)
    assert found["support_rate"]["value"] == 3 / 6
    assert found["quality"]["weighted"]
    assert found["quality"]["label_rate"]["value"] == 3 / 6
    assert found["quality"]["accuracy"]["value"] == 1


def test_thresholds_options_and_presets(run, tmp_path):
    path = written(tmp_path, ROWS)
    found = asked(run, path, "--threshold", 0.75, "--method-option", "strict=true")
    assert (found["threshold"], found["threshold_source"], found["supported"]) == (0.75, "given", 1)
    wrong = run("evaluate", path, "--method-option", "strict=3")
    assert (wrong.exit_code, "strict is true or false" in wrong.stderr) == (2, True)
    assert "has no threshold for the method 'overlap'" in run("evaluate", path, "--preset", "general").stderr
    assert "'x' is no setting" in run("evaluate", path, "--method-option", "x").stderr
    assert "there is no method 'nothing'" in run("evaluate", path, "--method", "nothing").stderr
    assert run("evaluate", path, "--threshold", 1.5).exit_code == 2


def test_a_registered_threshold_is_said_to_be(run, tmp_path):
    path = written(tmp_path, ROWS)
    layout = Layout.create(tmp_path / "data")
    day = 1_767_225_600_000_000_000  # 2026-01-01
    register(layout, who="Ada", purpose="test", method="overlap", threshold=0.5, chosen_on="", now_ns=day)
    found = asked(run, path)["registration"]
    assert (found["registered"], found["before_window"], found["who"]) == (True, None, "Ada")
    assert asked(run, path, "--since", "2026-01-02")["registration"]["before_window"] is True
    assert asked(run, path, "--since", "2025-12-01")["registration"]["before_window"] is False
    assert asked(run, path, "--threshold", 0.6)["registration"]["registered"] is False
    shown = run("evaluate", path, "--since", "2026-01-02").stderr
    assert "registered 2026-01-01 00:00:00 UTC by Ada, before the first answer" in shown


def test_wrong_usage_is_told(run, tmp_path):
    path = written(tmp_path, ROWS)
    (tmp_path / "binary.jsonl").write_bytes(os.urandom(5000) + b"\n\xff")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    for args, exit_code, words in (
        ([], 1, "no otel-cert data in"),
        ([path, "--model", "m"], 2, "a file is taken whole"),
        ([tmp_path / "no.jsonl"], 1, "there is no file"),
        ([tmp_path / "binary.jsonl"], 2, "could be read: line 1: it is not UTF-8"),
        ([path, "--optimize-threshold"], 2, "go together"),
        ([path, "--scores", tmp_path / "none" / "s.jsonl"], 2, "there is no folder"),
        ([path, "--unscored-as", "nan"], 2, "no number that JSON can hold"),
        ([path, "--check", "nan"], 3, "below nan"),
        ([path, "--map", "output=x"], 2, "rows have no field 'output'"),
        ([path, "--calibration", path], 2, "is no calibration"),
        ([path, "--calibration", "none"], 1, "there is no calibration none"),
    ):
        result = run("evaluate", *args)
        assert (result.exit_code, words in result.stderr) == (exit_code, True), result.stderr
    nothing = asked(run, tmp_path / "empty.jsonl")
    assert (nothing["rows"], nothing["support_rate"], nothing["quality"], nothing["quantiles"]) == (0, None, None, {})
    assert run("evaluate", tmp_path / "empty.jsonl").exit_code == 0


def test_nothing_that_is_read_is_written_over(run, tmp_path):
    path = written(tmp_path, ROWS)
    before = path.read_bytes()
    result = run("evaluate", path, "--scores", path)
    assert (result.exit_code, "would be lost" in result.stderr) == (2, True)
    assert path.read_bytes() == before
    bad = run("evaluate", path, "--scores", tmp_path / ("x" * 300))
    assert (bad.exit_code, "cannot be written: File name too long" in bad.stderr) == (2, True)
    assert not bad.stdout, "told before the work"
    fine = run("evaluate", path, "--threshold", 2, "--scores", tmp_path / "s.jsonl")
    assert fine.exit_code == 2
    assert not (tmp_path / "s.jsonl").exists(), "what was only tried leaves nothing"


def test_a_disk_that_is_full_costs_the_file_and_not_the_figures(run, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    result = run("evaluate", written(tmp_path, ROWS), "--scores", "/dev/full")
    assert (result.exit_code, "Support rate (proxy)" in result.stdout) == (1, True)
    assert "No space left" in result.stderr


def test_answers_in_a_column_of_another_name_are_told(run, tmp_path):
    path = written(tmp_path, [{"id": 1, "output": "sky", "context": CONTEXT}])
    found = run("evaluate", path)
    assert "No row of" in found.stderr
    assert "it has: 'id', 'output', 'context'. Say which one holds the answers: --map answer=NAME" in found.stderr
    assert "No row of" not in run("evaluate", path, "--map", "answer=output").stderr


def test_text_that_a_terminal_would_obey_is_shown_harmless(run, tmp_path):
    rows = [{"id": "\x1b[31m", "answer": "\x1b]0;owned\x07 \u202eevil \ud800", "context": "x", "label": 0}]
    path = written(tmp_path, rows)
    result = run("evaluate", path)
    assert result.exit_code == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout + result.stderr)
    assert asked(run, path)["worst"][0]["id"] == "\x1b[31m"


def test_two_processes_give_the_same_bytes(overlap, tmp_path):
    path = written(tmp_path, [{**row, "doc": row["model"]} for row in ROWS])
    env = {**os.environ, "PYTHONPATH": f"{Path.cwd()}:{overlap}", "OTEL_CERT_DATA_DIR": str(tmp_path / "none")}
    command = [sys.executable, "-m", "otel_cert", "evaluate", "--method", "overlap", "--format", "json"]
    file = subprocess.run([*command, path], env=env, capture_output=True, timeout=60)
    again = subprocess.run([*command, path], env=env, capture_output=True, timeout=60)
    assert (file.returncode, file.stdout) == (0, again.stdout), file.stderr
    piped = subprocess.run([*command, "-"], env=env, input=path.read_bytes(), capture_output=True, timeout=60)
    found, from_file = json.loads(piped.stdout), json.loads(file.stdout)
    assert (found.pop("source"), found.pop("source_sha256")) == ("-", None)
    assert found == {key: from_file[key] for key in found}


def test_a_file_needs_no_store(overlap, tmp_path):
    path = written(tmp_path, ROWS)
    code = (
        "import sys; from otel_cert.cli import cli\n"
        f"cli(['evaluate', {str(path)!r}, '--method', 'overlap'], standalone_mode=False)\n"
        "print(sorted({'deltalake', 'torch', 'transformers', 'openvino', 'scipy'} & set(sys.modules)))"
    )
    env = {**os.environ, "PYTHONPATH": f"{Path.cwd()}:{overlap}", "OTEL_CERT_DATA_DIR": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert not (tmp_path / "none").exists()


class Failing(Overlap):
    """Fails, or gives nonsense, for some answers."""

    def score(self, answer, context, question=None):
        found = super().score(answer, context, question)
        return found.model_copy(
            update={"confidence": 1 / len(found.claims[0].reasons) if "red" in answer else float("nan")}
        )


def test_a_method_that_fails_costs_its_row_only(tmp_path):
    rows = [
        {"id": "fails", "answer": "red", "context": "red"},
        {"id": "nan", "answer": "blue", "context": "red"},
        {"id": "good", "answer": "red cat", "context": "red"},
    ]
    found, outcomes = evaluate_answers(File(written(tmp_path, rows)), Judge(Failing(False)))
    assert (found.scored, found.unscored_reasons) == (
        1,
        {"the method failed: ZeroDivisionError: division by zero": 1, "the method gave no score from 0 to 1": 1},
    )
    assert [one.row.id for one in outcomes.scored] == ["good"]
