"""`label`: samples whose weights add up, labels that are kept as they came, agreement by hand."""

import csv
import json
import os

import pytest

from otel_cert.errors import OtelCertError
from otel_cert.evaluation.labels import agreement, batches
from otel_cert.store.layout import Layout

CONTEXT = "red green blue"


@pytest.fixture
def answers(tmp_path):
    """40 rows: 20 fully supported, 15 by a half, 5 not at all; of two models."""
    texts = ["red"] * 20 + ["red cat"] * 15 + ["cat"] * 5
    rows = [
        {"id": f"r{i}", "answer": text, "context": [CONTEXT, "more"] if i % 2 else CONTEXT, "model": "ab"[i % 2]}
        for i, text in enumerate(texts)
    ]
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"id": "empty"}\nbad\n')
    return path


def sheet_of(path):
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_rare_scores_are_drawn_as_often_as_usual_ones(run, answers, tmp_path):
    result = run("label", "sample", answers, "--output", tmp_path / "sheet.jsonl", "-n", 21)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == f"21 of 40 answers drawn into {tmp_path / 'sheet.jsonl'}\n"
    plan = json.loads((tmp_path / "sheet.jsonl.plan.json").read_text())
    strata = {one["name"]: (one["size"], one["drawn"]) for one in plan["strata"]}
    assert strata == {"score 0.0-0.2": (5, 5), "score 0.4-0.6": (15, 8), "score 0.8-1.0": (20, 8)}
    assert (plan["by"], plan["not_covered"]) == (["score"], {"bad_row": 1, "no_answer": 1})
    rows = sheet_of(tmp_path / "sheet.jsonl")
    assert sum(row["weight"] for row in rows) == pytest.approx(40), "each row stands for its weight"
    assert all("score" not in row and row["label"] is None for row in rows)
    assert {json.dumps(row["context"]) for row in rows} == {json.dumps(CONTEXT), json.dumps([CONTEXT, "more"])}
    assert [row["stratum"] for row in rows] != sorted(row["stratum"] for row in rows), "in no order that says anything"


def test_the_seed_decides(run, answers, tmp_path):
    def drawn(seed, name):
        run("label", "sample", answers, "--output", tmp_path / name, "-n", 10, "--seed", seed, "--by", "model")
        return (tmp_path / name).read_bytes(), json.loads((tmp_path / f"{name}.plan.json").read_text())

    first, again, other = drawn(1, "a.jsonl"), drawn(1, "b.jsonl"), drawn(2, "c.jsonl")
    assert first == again
    assert first[0] != other[0]
    assert "score 0.8-1.0, model=a" in {one["name"] for one in first[1]["strata"]}


def test_scores_of_a_file_or_none(run, answers, tmp_path):
    run("evaluate", answers, "--scores", tmp_path / "s.jsonl")
    own, given = tmp_path / "own.jsonl", tmp_path / "given.jsonl"
    run("label", "sample", answers, "--output", own, "-n", 12)
    run("label", "sample", answers, "--output", given, "-n", 12, "--scores", tmp_path / "s.jsonl")
    assert own.read_bytes() == given.read_bytes()
    run("label", "sample", answers, "--output", tmp_path / "by.csv", "-n", 12, "--no-score", "--by", "model")
    rows = sheet_of(tmp_path / "by.csv")
    assert {row["stratum"] for row in rows} == {"model=a", "model=b"}
    assert len(rows) == 12


def test_wrong_samples_are_told(run, answers, tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    assert "nothing to draw" in run("label", "sample", tmp_path / "none.jsonl", "--output", "o.jsonl").stderr
    assert "read twice" in run("label", "sample", "-", "--output", "o.jsonl").stderr
    assert run("label", "sample", answers, "--output", "o.jsonl", "-n", 0).exit_code == 2


def filled(path, target, labels):
    rows = sheet_of(path)
    for row in rows:
        row["label"] = labels.get(row["id"])
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_from_sample_to_calibration(run, answers, tmp_path):
    run("label", "sample", answers, "--output", tmp_path / "sheet.csv", "-n", 40)
    ids = [f"r{i}" for i in range(40)]
    ada = {id_: int(i < 20) for i, id_ in enumerate(ids)}
    bob = ada | {"r0": 0, "r39": 1}
    for name, labels in (("Ada", ada), ("Bob", bob)):
        filled(tmp_path / "sheet.csv", tmp_path / f"{name}.csv", labels)
        told = run("label", "import", tmp_path / f"{name}.csv", "--rater", name, "--guideline", "All of it is there.")
        assert told.exit_code == 0, told.stderr
        assert told.stderr.startswith(f"40 labels of {name} kept as ")
    assert run("label", "export", "--output", tmp_path / "labels.jsonl").exit_code == 0
    rows = {row["id"]: row for row in sheet_of(tmp_path / "labels.jsonl")}
    assert (rows["r0"]["label"], rows["r0"]["raters"]) == (None, {"Ada": 1, "Bob": 0})
    assert (rows["r1"]["label"], rows["r1"]["answer"], rows["r1"]["context"]) == (1, "red", [CONTEXT, "more"])
    assert rows["r1"]["stratum"] == "score 0.8-1.0"
    result = run("calibrate", "--labels", tmp_path / "labels.jsonl", "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["calibration"]["threshold"] == 0.75
    assert json.loads(result.stdout)["unlabelled"] == 2

    found = json.loads(run("label", "agreement", "--format", "json").stdout)
    [pair] = found["kappa"]
    # Alike 38 of 40; both say 1 for half of all: by chance a half. (0.95 - 0.5) / (1 - 0.5).
    assert (pair["n"], pair["agreed"], pair["value"]) == (40, 38, pytest.approx(0.9))
    # Of 80 values half are 1: 1 - 79 * 4 / (2 * 40 * 40).
    assert found["alpha"] == pytest.approx(1 - 79 * 4 / 3200)
    assert (found["raters"], found["by_several"], found["disputed"]) == ({"Ada": 40, "Bob": 40}, 40, 2)
    shown = run("label", "agreement")
    assert "Ada and Bob" in shown.stdout
    assert "2 answers with as many labels for as against" in shown.stderr


def test_a_sheet_that_somebody_fills_in_is_not_drawn_over(run, answers, tmp_path):
    sheet = tmp_path / "sheet.csv"
    args = ("label", "sample", answers, "--output", sheet, "-n", 5)
    assert run(*args).exit_code == 0
    assert run(*args).exit_code == 0, "nobody has written into it"
    filled(sheet, sheet, {row["id"]: 1 if number == 4 else "" for number, row in enumerate(sheet_of(sheet))})
    before = sheet.read_bytes()
    result = run(*args)
    assert (result.exit_code, "has labels already" in result.stderr) == (2, True)
    assert sheet.read_bytes() == before
    kept = answers.read_bytes()
    assert "would be lost" in run("label", "sample", answers, "--output", answers).stderr
    assert answers.read_bytes() == kept
    assert "its ending says no sheet" in run("label", "sample", answers, "--output", tmp_path / "sheet.tsv").stderr


def test_raters_of_a_csv_and_of_lines_mean_the_same_answers(run, tmp_path):
    (tmp_path / "ada.jsonl").write_text("".join(f'{{"id": {i}, "label": {i % 2}}}\n' for i in range(6)))
    (tmp_path / "bob.csv").write_text("id,label\n" + "".join(f"{i},{int(i > 2)}\n" for i in range(6)))
    for name in ("ada.jsonl", "bob.csv"):
        assert run("label", "import", tmp_path / name, "--rater", name[:3], "--guideline", "g").exit_code == 0
    found = json.loads(run("label", "agreement", "--format", "json").stdout)
    assert (found["answers"], found["by_several"], found["kappa"][0]["agreed"]) == (6, 6, 4)
    exported = [json.loads(line) for line in run("label", "export").stdout.splitlines()]
    assert [row["raters"] for row in exported][:2] == [{"ada": 0, "bob": 0}, {"ada": 1, "bob": 0}]


def test_a_number_and_its_text_in_one_file_are_two_answers(run, tmp_path):
    (tmp_path / "l.jsonl").write_text('{"id": 1, "label": 1}\n{"id": "1", "label": 0}\n')
    run("label", "import", tmp_path / "l.jsonl", "--rater", "ada", "--guideline", "g")
    rows = [json.loads(line) for line in run("label", "export").stdout.splitlines()]
    assert [(row["id"], row["label"]) for row in rows] == [(1, 1), ("1", 0)]


def test_labels_are_kept_as_they_came(run, tmp_path):
    (tmp_path / "l.jsonl").write_text('{"id": 1, "label": 1, "spans": []}\n{"id": 2, "label": ""}\n')
    (tmp_path / "guide.md").write_text("# Guide\n")

    def brought(rater="Ada", guideline=tmp_path / "guide.md"):
        return run("label", "import", tmp_path / "l.jsonl", "--rater", rater, "--guideline", guideline)

    assert "1 label of Ada kept as " in brought().stderr
    assert "; 1 row without a label" in brought().stderr
    layout = Layout.open(tmp_path / "data")
    [batch] = batches(layout)
    assert (batch.guideline, batch.rater, batch.source) == ("# Guide\n", "Ada", "l.jsonl")
    assert batch.rows[0]["label"] == 1
    (tmp_path / "l.jsonl").write_text('{"id": 1, "label": 0}\n')
    brought()
    assert len(batches(layout)) == 2, "what was said before stays"
    assert json.loads(run("label", "export").stdout)["label"] == 0, "the later label is what she means"
    brought(guideline="x" * 5000)
    assert len(agreement(batches(layout)).guidelines) == 2
    assert run("verify", "--store", "--data-dir", tmp_path / "data").exit_code == 0

    file = min(layout.labels.iterdir())
    file.write_text(file.read_text().replace('"label":1', '"label":0').replace('"label": 1', '"label": 0'))
    with pytest.raises(OtelCertError, match="was changed after it was made"):
        batches(layout)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"id": 1, "label": 1}\n{"id": 2, "label": 7}\n', "line 2: the label is 7"),
        (b'{"id": 1, "label": 1}\n{"id": 1, "label": 1}\n', "line 2: the id 1 was there before"),
        (b'{"id": 1}\n', "has a label"),
        (b"", "has a label"),
        (os.urandom(100) + b"\xff", "not UTF-8"),
    ],
)
def test_a_bad_row_keeps_everything_out(run, tmp_path, content, words):
    (tmp_path / "l.jsonl").write_bytes(content)
    result = run("label", "import", tmp_path / "l.jsonl", "--rater", "Ada", "--guideline", "g")
    assert (result.exit_code, words in result.stderr) == (2, True), result.stderr
    assert batches(Layout.open(tmp_path / "data")) == []


def test_a_guideline_that_is_not_there_is_no_text(run, tmp_path):
    (tmp_path / "l.jsonl").write_text('{"id": 1, "label": 1}')
    (tmp_path / "scan.pdf").write_bytes(b"%PDF\xff\xfe")
    for guideline, exit_code, words in (
        ("guide/lines.md", 1, "there is no guideline guide/lines.md"),
        ("scan.pdf", 2, "is not UTF-8 text"),
        ("Read handbook.md", 0, "1 label of Ada kept"),
    ):
        result = run("label", "import", tmp_path / "l.jsonl", "--rater", "Ada", "--guideline", guideline)
        assert (result.exit_code, words in result.stderr) == (exit_code, True), result.stderr
    [batch] = batches(Layout.open(tmp_path / "data"))
    assert batch.guideline == "Read handbook.md"


def test_who_and_how_must_be_said(run, tmp_path):
    (tmp_path / "l.jsonl").write_text('{"id": 1, "label": 1}')
    for rater, guideline in ((" ", "g"), ("Ada", " ")):
        result = run("label", "import", tmp_path / "l.jsonl", "--rater", rater, "--guideline", guideline)
        assert "need a rater and a guideline" in result.stderr
    assert "there are no labels here" in run("label", "export").stderr
    assert "labelled by nobody" in run("label", "agreement").stderr
