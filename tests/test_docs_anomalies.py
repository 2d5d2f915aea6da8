"""The calculation of docs/anomalies.md comes out as the page says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "anomalies.md").read_text(encoding="utf-8")
OTEL_CERT = f"otel-cert() {{ '{sys.executable}' -m otel_cert \"$@\"; }}\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def shell(commands: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["bash", "-euc", OTEL_CERT + commands], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done


def test_the_calculation_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    exec(blocks("python")[0], {})
    done = shell(blocks("sh")[1])
    shown = [line.strip() for line in done.stdout.splitlines()]
    assert [line.strip() for line in blocks("text")[0].splitlines() if "2026" in line] == shown[-1:]
    notes = re.findall("`((?:8 days|not judged)[^`]*?)(?: ...)?`", PAGE)
    assert len(notes) == 2
    assert all(note.replace("\n", " ") in done.stderr for note in notes)

    found = json.loads(shell("otel-cert anomalies --data-dir anomalies --format json").stdout)
    [day] = found["anomalies"]
    root_noise = 1.4826 * 0.1 * (1 + 2.65 / (14 - 5.17)) * (1 + 11 / 14**2)
    assert (day["actual"], day["baseline"], day["severity"]) == (4, 14, "warning")
    assert day["expected"] == pytest.approx(1)
    assert [day["low"], day["high"]] == pytest.approx([(1 - 3.5 * root_noise) ** 2, (1 + 3.5 * root_noise) ** 2])
    assert day["score"] == pytest.approx(1 / root_noise)
    assert day["contributor"]["share"] == pytest.approx(3 / (4 - 14.08 / 14))


def test_every_method_and_reason_is_explained():
    from typing import get_args

    from otel_cert.costs.anomalies import Anomaly
    from otel_cert.costs.judging import Reason

    named = (*get_args(Anomaly.model_fields["method"].annotation), *get_args(Reason))
    assert [name for name in named if f"| `{name}` |" not in PAGE] == []


@pytest.mark.parametrize("command", [line.partition("#")[0].strip() for line in blocks("sh")[0].splitlines()])
def test_the_examples_run(command: str, tmp_path: Path):
    (tmp_path / "days.jsonl").write_text(
        '{"timestamp": "2026-11-02T09:00:00Z", "platform": "openai", "model": "gpt-4o"}\n'
    )
    shell(f"cd {tmp_path}; otel-cert import days.jsonl --data-dir d; OTEL_CERT_DATA_DIR=d {command}")
