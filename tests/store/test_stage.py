"""The stage file says where a process is, and after a kill where it died."""

import os
import signal
import subprocess
import sys

from otel_cert.store.stage import STAGES, VARIABLE, stage

DIES = """
import os, signal
from otel_cert.store.stage import stage
with stage("decoding"):
    pass
with stage("evaluating"), stage("replacing"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_the_stages_it_was_in(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", DIES], env={**os.environ, VARIABLE: str(tmp_path / "stage")})
    assert process.wait(20) == -signal.SIGKILL
    counts = (tmp_path / f"stage.{process.pid}").read_bytes()
    assert {name for name, count in zip(STAGES, counts, strict=True) if count} == {"evaluating", "replacing"}


def test_without_the_variable_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with stage("decoding"):
        pass
    assert list(tmp_path.iterdir()) == []
