"""`threshold`: registering and listing from the command line."""

import json


def test_registered_and_listed(run, tmp_path):
    data = ("--data-dir", tmp_path / "data")
    assert "no otel-cert data" in run("threshold", "list", *data).stderr
    told = run("threshold", "register", 0.7, "--who", "Ada", "--method", "seed", "--chosen-on", "200 labels", *data)
    assert told.exit_code == 0
    assert told.stderr.startswith("registered ")
    [one] = json.loads(run("threshold", "list", "--format", "json", *data).stdout)
    assert (one["threshold"], one["who"], one["method"], one["chosen_on"]) == (0.7, "Ada", "seed", "200 labels")
    assert "200 labels" in run("threshold", "list", *data).stdout
    assert run("threshold", "register", 2, "--who", "Ada", *data).exit_code == 2
    assert run("threshold", "register", 0.5, *data).exit_code == 2
    assert run("verify", "--store", *data).exit_code == 0
    (tmp_path / "data" / "evaluation" / "thresholds.jsonl").write_text("no\n")
    assert "line 1" in run("threshold", "list", *data).stderr
