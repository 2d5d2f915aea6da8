"""Whether answers are supported by their context, over many of them: rates, labels, and thresholds chosen on labels.

`evaluate_answers` takes a `File` or `StoredCalls`, `calibrate_file` and `sample_file` a `File`; each returns what the
command prints with `--format json`. `evaluate_traces` is `evaluate_answers` over a data directory.
"""

from __future__ import annotations

from otel_cert.evaluation.calibrate import Calibrating
from otel_cert.evaluation.evaluate import Evaluation
from otel_cert.evaluation.labels import Agreement
from otel_cert.evaluation.records import File
from otel_cert.evaluation.run import Judge, calibrate_file, evaluate_answers, sample_file
from otel_cert.evaluation.stored import StoredCalls
from otel_cert.evaluation.traces import evaluate_traces

__all__ = [
    "Agreement", "Calibrating", "Evaluation", "File", "Judge", "StoredCalls", "calibrate_file", "evaluate_answers",
    "evaluate_traces", "sample_file",
]  # fmt: skip
