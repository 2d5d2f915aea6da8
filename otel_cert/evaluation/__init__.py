"""Whether answers are supported by their context, over many of them: rates, labels, and thresholds chosen on labels.

`evaluate_file`, `calibrate_file` and `sample_file` take a `File`; each returns what the command prints with `--format json`.
"""

from __future__ import annotations

from otel_cert.evaluation.calibrate import Calibrating
from otel_cert.evaluation.evaluate import Evaluation
from otel_cert.evaluation.records import File
from otel_cert.evaluation.run import Judge, calibrate_file, evaluate_file, sample_file

__all__ = ["Calibrating", "Evaluation", "File", "Judge", "calibrate_file", "evaluate_file", "sample_file"]
