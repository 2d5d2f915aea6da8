"""`calibrate`: the chosen threshold by hand, halves that share nothing, and a model that is used only when it helps."""

import json
import random

import numpy as np
import pytest

from otel_cert.errors import CheckFailed, UsageError
from otel_cert.evaluation import Calibrating
from otel_cert.evaluation.calibrate import calibrate
from otel_cert.evaluation.choose import Objective
from otel_cert.evaluation.records import Row
from otel_cert.evaluation.scoring import Outcome, Outcomes
from otel_cert.evaluation.split import folds, halves
from otel_cert.measures.accuracy.calibrated import Calibration, calibrated, features, load
from otel_cert.measures.accuracy.measure import measure
from otel_cert.store.layout import Layout
from otel_cert.store.thresholds import registrations
from tests.evaluation.overlap import method

SCORES = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
SUPPORTED = np.array([0.0, 0, 1, 0, 1, 1])
ONES = np.ones(6)


@pytest.mark.parametrize(
    ("objective", "threshold"),
    [
        # Flagged below .25: finds 2 of 3 unsupported, passes 3 of 3. Below .45: 3 of 3 and 2 of 3, as good; the lower holds.
        ("balanced-accuracy", 0.25),
        # F1 at .25: 4 / 5; at .45: 6 / 7.
        ("f1", 0.45),
        ("precision>=1", 0.25),
        ("precision>=0.75", 0.45),
        ("recall>=0.9", 0.45),
        ("recall>=0.6", 0.25),
    ],
)
def test_the_threshold_by_hand(objective, threshold):
    found = Objective.of(objective).threshold(SCORES, SUPPORTED, ONES)
    assert found == pytest.approx(threshold)


def test_a_weight_moves_the_threshold():
    heavy = np.array([1.0, 1, 1, 5, 1, 1])
    assert Objective.of("balanced-accuracy").threshold(SCORES, SUPPORTED, heavy) == pytest.approx(0.45)


def test_what_cannot_be_reached_is_told():
    with pytest.raises(CheckFailed, match=r"at most 0\.500"):
        Objective.of("precision>=0.9").threshold(np.array([0.1, 0.2, 0.3]), np.array([1.0, 0, 1]), np.ones(3))
    with pytest.raises(CheckFailed, match="same score"):
        Objective.of("f1").threshold(np.array([0.5, 0.5]), np.array([1.0, 0]), np.ones(2))
    for text in ("accuracy", "precision>=", "recall>=2", "recall>=0", "precision>=.", "f1>=0.5"):
        with pytest.raises(UsageError, match="is no objective"):
            Objective.of(text)


def outcome(id_, score, label, cluster=None, **parts):
    return Outcome(Row("", id_, "x", None, label=label, cluster=cluster), score, parts={"confidence": score, **parts})


def test_halves_share_no_document_and_do_not_depend_on_the_order():
    rows = [outcome(i, 0.5, True, f"d{i % 17}") for i in range(100)]
    first, second = halves(rows, 3)
    assert not {one.row.cluster for one in first} & {one.row.cluster for one in second}
    assert len(first) + len(second) == 100
    assert abs(len(first) - len(second)) <= 6
    mixed = random.Random(1).sample(rows, 100)
    assert {one.row.id for one in halves(mixed, 3)[0]} == {one.row.id for one in first}
    assert {one.row.id for one in halves(rows, 4)[0]} != {one.row.id for one in first}
    parts = folds(rows, 0, 5)
    assert sorted(one.row.id for part in parts for one in part) == list(range(100))
    assert all(len(part) in range(15, 26) for part in parts)
    alone = [outcome(i, 0.5, True) for i in range(10)]
    assert [len(half) for half in halves(alone, 0)] == [5, 5]


def drawn(n, informative):
    """Rows whose label depends on `semantic_score`; the confidence says something, or nearly nothing, of it."""
    random_ = np.random.default_rng(7)
    rows = []
    for i in range(n):
        hidden = random_.random()
        label = bool(random_.random() < hidden)
        noise = random_.random()
        score = hidden if informative else 0.3 * hidden + 0.7 * noise
        rows.append(outcome(i, float(score), label, f"d{i // 2}", semantic_score=float(hidden)))
    return Outcomes(rows, [], [])


NAMED = {"method": "overlap", "versions": {"v": "1"}, "source": "drawn", "source_sha256": "0" * 64}


def test_a_model_is_used_when_it_is_surely_better():
    found = calibrate(drawn(400, informative=False), **NAMED)
    assert found.model.used
    assert found.model.gain.low > 0
    one = found.calibration
    assert one.part_scores.features == ("confidence", "semantic_score")
    assert found.model.coefficients["semantic_score"] > 3 * abs(found.model.coefficients["confidence"])
    assert (one.n_chosen, one.n_reported) == (200, 200)
    assert one.reported["roc_auc"] == (
        found.reported.roc_auc.value,
        found.reported.roc_auc.low,
        found.reported.roc_auc.high,
    )
    assert found.reliability.brier < found.plain_reliability.brier
    assert found.reliability.expected_calibration_error < found.plain_reliability.expected_calibration_error
    assert 0.3 < one.threshold < 0.7, "chances are near the share that is supported"


def test_else_the_confidence_stays_as_it_is():
    found = calibrate(drawn(400, informative=True), **NAMED)
    assert (found.model.used, found.calibration.part_scores, found.plain_reliability) == (False, None, None)
    assert found.model.gain.low <= 0
    few = calibrate(drawn(90, informative=False), **NAMED)
    assert (few.model.used, few.model.gain, few.model.why) == (False, None, "fewer than 100 labelled answers")


def test_the_same_labels_give_the_same_calibration_and_another_seed_another():
    first, again = (calibrate(drawn(200, informative=False), **NAMED) for _ in range(2))
    assert first.model_dump_json() == again.model_dump_json()
    other = calibrate(drawn(200, informative=False), **NAMED, seed=1)
    assert other.calibration.threshold != first.calibration.threshold
    assert other.calibration.sha256 != first.calibration.sha256


def test_one_kind_of_label_is_not_enough():
    rows = Outcomes([outcome(i, i / 10, True) for i in range(10)], [], [])
    with pytest.raises(UsageError, match="of 10 labelled answers, one half has no unsupported answer"):
        calibrate(rows, **NAMED)
    with pytest.raises(UsageError, match="no answer at all"):
        calibrate(Outcomes([], [], []), **NAMED)
    rows = Outcomes([outcome(i, i / 10, i > 4, "the only one") for i in range(10)], [], [])
    with pytest.raises(UsageError, match="all 10 labelled answers are of one document or conversation"):
        calibrate(rows, **NAMED)


def test_labels_without_any_score_say_why(run, tmp_path):
    (tmp_path / "slim.csv").write_text("id,label\n" + "".join(f"x{i},{i % 2}\n" for i in range(30)))
    bare = run("calibrate", "--labels", tmp_path / "slim.csv")
    assert (bare.exit_code, "none of the 30 labelled answers has a score: no_answer 30" in bare.stderr) == (2, True)
    (tmp_path / "s.jsonl").write_text('{"id": "y0", "score": 0.5}\n')
    others = run("calibrate", "--labels", tmp_path / "slim.csv", "--scores", tmp_path / "s.jsonl")
    assert "no_score_in_file 30" in others.stderr
    assert "need answer and context" in others.stderr


def test_a_calibrated_method_is_a_method():
    found = calibrate(drawn(400, informative=False), **NAMED).calibration
    model = found.part_scores.model_copy(
        update={"features": ("confidence", "entity"), "means": (0.5, 1.0), "scales": (1.0, 1.0)}
        | {"coefficients": (2.0, -1.0), "intercept": 0.5, "plain_threshold": 0.5}
    )
    overlap = calibrated(found.model_copy(update={"part_scores": model, "threshold": 0.6}), method())
    result = measure("Red sky. Blue cat.", ["red sky blue"], method=overlap)
    # Confidence 3/4, one unknown word: 0.5 + 2 * (0.75 - 0.5) - (1 - 1) = 1.
    assert result.confidence == pytest.approx(1 / (1 + np.exp(-1)))
    assert result.details == {"plain_confidence": 0.75}
    assert (result.matched, result.threshold) == (True, 0.6)
    assert result.threshold_source.startswith("calibrated (400 labelled answers of drawn; balanced-accuracy; ")
    assert set(result.versions) == {"overlap", "calibration"}
    # Claims are judged as before: 1 stays 1, 0.5 was at the threshold and is at the new one.
    assert [(claim.score, claim.supported) for claim in result.claims] == [(1.0, True), (0.6, True)]


def test_only_what_the_method_gives_is_asked_for():
    plain = method().score("Red cat.", ["red"])
    assert features(plain) == {
        "confidence": 0.5, "grounding_score": 0.5, "worst_claim": 0.5, "number": 0, "date": 0, "entity": 1, "antonym": 0,
        "negation": 0, "pronoun": 0, "unlike": 0, "unsupported": 0,
    }  # fmt: skip
    found = calibrate(drawn(400, informative=False), **NAMED).calibration
    with pytest.raises(UsageError, match="gives no semantic_score"):
        calibrated(found, method()).score("Red cat.", ["red"])
    with pytest.raises(UsageError, match="of the method 'other', not 'overlap'"):
        calibrated(found.model_copy(update={"method": "other"}), method())


CONTEXT = "red green blue"


def labels(tmp_path, n=60):
    """Rows of which the share of known words is 1/4 to 4/4; from 3/4 on they are labelled supported, but for every tenth."""
    words = ("red", "green", "blue", "red")
    rows = []
    for i in range(n):
        known = 1 + i % 4
        answer = " ".join([*words[:known], *["cat"] * (4 - known)])
        label = (known >= 3) != (i % 10 == 0)
        rows.append({"id": i, "answer": answer, "context": CONTEXT, "label": int(label), "doc": f"d{i // 3}"})
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_command_writes_registers_and_draws(run, tmp_path):
    path = labels(tmp_path)
    options = ("--register", "--who", "Ada", "--chart", tmp_path / "chart.json")
    result = run("calibrate", "--labels", path, "--output", tmp_path / "c.json", *options, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert list(found) == list(Calibrating.model_fields)
    one = load(tmp_path / "c.json")
    assert found["calibration"] == json.loads(one.model_dump_json())
    assert one.threshold == 0.625, "halfway between 2/4 and 3/4"
    assert (one.method, one.versions, one.n_chosen + one.n_reported) == ("overlap", {"overlap": "1"}, 60)
    [entry] = registrations(Layout.open(tmp_path / "data"))
    assert (entry.who, entry.threshold, entry.calibration) == ("Ada", 0.625, one.sha256)
    chart = json.loads((tmp_path / "chart.json").read_text())
    assert [one["n"] for one in chart["data"]["values"]] == [one["n"] for one in found["reliability"]["bins"]]

    measured = run("evaluate", path, "--calibration", tmp_path / "c.json", "--format", "json")
    shown = json.loads(measured.stdout)
    assert (shown["threshold"], shown["supported"]) == (0.625, 30)
    assert shown["registration"]["registered"]
    assert shown["notes"] == ["The threshold was chosen on half of these very answers: the figures are too good."]
    chosen = run("evaluate", path, "--optimize-threshold", "--labels", path, "--format", "json")
    assert json.loads(chosen.stdout)["threshold_source"] == one.source


def test_people_see_what_to_expect(run, tmp_path):
    result = run("calibrate", "--labels", labels(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "F1 of unsupported answers" in result.stdout
    told = result.stderr.splitlines()
    assert told[0].startswith(
        "threshold 0.625 for overlap: best balanced-accuracy on 30 answers; the figures are of 30 others"
    )
    assert told[1] == "model over part scores not used: fewer than 100 labelled answers"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_diagram_is_drawn(run, tmp_path, kind):
    chart = tmp_path / f"chart.{kind}"
    assert run("calibrate", "--labels", labels(tmp_path), "--chart", chart).exit_code == 0
    assert chart.read_bytes().startswith({"svg": b"<svg", "png": b"\x89PNG"}[kind])


def test_scores_from_a_file_need_no_texts(run, tmp_path):
    path = labels(tmp_path)
    run("evaluate", path, "--scores", tmp_path / "s.jsonl")
    slim = tmp_path / "slim.csv"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    slim.write_text("id,label,doc\n" + "".join(f"{row['id']},{row['label']},{row['doc']}\n" for row in rows))
    result = run("calibrate", "--labels", slim, "--scores", tmp_path / "s.jsonl", "--format", "json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["calibration"]
    assert (found["threshold"], found["versions"]) == (0.625, {})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": 0, "score": 1.5}', "line 1 is no score"),
        ('{"id": 0}', "line 1 is no score"),
        ("no", "line 1 is no score"),
        ('{"id": 0, "score": 1}\n{"id": 0, "score": 1}', "line 2: the id 0 was there before"),
    ],
)
def test_bad_scores_are_told(run, tmp_path, line, words):
    (tmp_path / "s.jsonl").write_text(line)
    result = run("calibrate", "--labels", labels(tmp_path), "--scores", tmp_path / "s.jsonl")
    assert (result.exit_code, words in result.stderr) == (2, True)


def test_nothing_that_is_read_is_written_over(run, tmp_path):
    path, scores = labels(tmp_path), tmp_path / "s.jsonl"
    run("evaluate", path, "--scores", scores)
    before = path.read_bytes(), scores.read_bytes()
    (tmp_path / "link.json").symlink_to(path)
    for option, target in (("--output", path), ("--output", scores), ("--chart", tmp_path / "link.json")):
        result = run("calibrate", "--labels", path, "--scores", scores, option, target)
        assert (result.exit_code, "would be lost" in result.stderr) == (2, True), result.stderr
    assert (path.read_bytes(), scores.read_bytes()) == before
    missing = run("calibrate", "--labels", path, "--output", tmp_path / "none" / "c.json")
    assert (missing.exit_code, "there is no folder" in missing.stderr) == (2, True)
    assert not missing.stdout, "told before the work"


def test_wrong_usage_of_the_command(run, tmp_path):
    path = labels(tmp_path)
    for args, exit_code, words in (
        (["--register"], 2, "give --who NAME"),
        (["--chart", "c.gif"], 2, "its ending says no format"),
        (["--objective", "luck"], 2, "'luck' is no objective"),
        (["--objective", "precision>=1"], 3, "no threshold reaches precision>=1"),
        (["--scores", "none"], 1, "there is no file none"),
    ):
        result = run("calibrate", "--labels", path, *args)
        assert (result.exit_code, words in result.stderr) == (exit_code, True), result.stderr


def test_a_calibration_says_everything_that_its_hash_is_of(tmp_path):
    one = calibrate(drawn(400, informative=False), **NAMED).calibration
    (tmp_path / "c.json").write_text(one.model_dump_json())
    assert load(tmp_path / "c.json") == one
    assert load(tmp_path / "c.json").sha256 == one.sha256
    assert Calibration.model_validate(one.model_dump() | {"threshold": 0.1}).sha256 != one.sha256
