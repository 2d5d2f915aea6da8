"""docs/evaluate.md: its commands run in their order, and it names what there is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_cert.evaluation.choose import Objective
from otel_cert.evaluation.records import FIELDS
from tests.scored import PACKAGE

PAGE = (Path(__file__).parent.parent / "docs" / "evaluate.md").read_text(encoding="utf-8")
OTEL_CERT = f"otel-cert() {{ '{sys.executable}' -m otel_cert \"$@\"; }}\n"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_from_labels_to_a_calibration(tmp_path):
    """With the method of another package in the place of the default, which needs a model."""
    texts = ["the price is 10", "the price is 20 today", "cats", "is 10"]
    rows = [
        {"id": i, "answer": texts[i % 4], "context": "The price is 10 EUR a month.", "model": "m"} for i in range(200)
    ]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "guideline.md").write_text("All of it is in the context.")
    labelled = """python - <<'END'
import csv
rows = list(csv.DictReader(open("sheet.csv", encoding="utf-8-sig", newline="")))
for row in rows:
    row["label"] = int(int(row["id"]) % 4 in (0, 3))
with open("sheet.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
END
""".replace("python", f"'{sys.executable}'")
    measure, sample, rest = blocks("sh")
    script = "\n".join([OTEL_CERT, *measure.splitlines()[::2], sample, labelled, rest])
    methods = {f"OTEL_CERT_{verb}_METHOD": "overlap" for verb in ("MEASURE", "EVALUATE", "CALIBRATE", "LABEL_SAMPLE")}
    env = os.environ | methods | {"PYTHONPATH": f"{Path.cwd()}:{PACKAGE}", "OTEL_CERT_DATA_DIR": str(tmp_path / "d")}
    done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "not supported" in done.stdout
    found = json.loads((tmp_path / "calibration.json").read_text())
    assert 3 / 5 < found["threshold"] < 1
    assert found["reported"]["accuracy"][0] == 1
    assert json.loads((tmp_path / "sheet.csv.plan.json").read_text())["drawn"] == 200


def test_every_field_and_objective_is_explained():
    assert [name for name in FIELDS if not re.search(rf"^\| .*`{name}`.* \|", PAGE, re.MULTILINE)] == []
    named = re.findall(r"^\| `([^`]+)` \| the greatest", PAGE, re.MULTILINE)
    assert [Objective.of(name).name for name in named] == ["balanced-accuracy", "f1", "precision>=0.9", "recall>=0.9"]


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_is_python(code):
    compile(code, "evaluate.md", "exec")
