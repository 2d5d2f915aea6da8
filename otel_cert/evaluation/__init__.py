"""Whether answers are supported by their context, over many of them: rates, labels, and thresholds chosen on labels.

`evaluate_answers` and `sample_answers` take a `File` or `stored.StoredCalls`, `calibrate_file` a `File`; each returns what
the command prints with `--format json`. `otel_cert.evaluate_traces` is `evaluate_answers` over a data directory. What reads
a store is not imported here: a file needs none.
"""

from __future__ import annotations

from otel_cert.evaluation.calibrate import Calibrating
from otel_cert.evaluation.evaluate import Evaluation
from otel_cert.evaluation.labels import Agreement
from otel_cert.evaluation.records import File
from otel_cert.evaluation.run import Judge, calibrate_file, evaluate_answers, sample_answers

__all__ = [
    "Agreement",
    "Calibrating",
    "Evaluation",
    "File",
    "Judge",
    "calibrate_file",
    "evaluate_answers",
    "sample_answers",
]
