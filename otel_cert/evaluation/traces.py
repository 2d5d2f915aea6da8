"""`evaluate_traces`: how many answers of stored calls are supported by their context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from otel_cert.evaluation.evaluate import Evaluation
from otel_cert.evaluation.run import Judge, evaluate_answers
from otel_cert.evaluation.stored import StoredCalls
from otel_cert.measures.accuracy.calibrated import load
from otel_cert.measures.accuracy.method import Method
from otel_cert.questions.scope import Scope
from otel_cert.store.layout import default_data_dir
from otel_cert.store.query import connect


def evaluate_traces(
    data_dir: Path | str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    services: Sequence[str] = (),
    models: Sequence[str] = (),
    users: Sequence[str] = (),
    method: str | Method = "aligned",
    method_options: Mapping[str, Any] | None = None,
    threshold: float | None = None,
    preset: str | None = None,
    calibration: Path | str | None = None,
    by: str | None = None,
) -> Evaluation:
    """Score the answers of stored calls and sum up; the rate is a proxy, not an accuracy.

    Args:
        data_dir: the data directory; default `OTEL_CERT_DATA_DIR`, else the XDG data folder.
        since: first start of a call; naive times are UTC.
        until: end of the window, exclusive.
        services: only calls of one of these.
        models: only calls that asked for one of these, or that it answered.
        users: only calls for one of these.
        method: what scores, by name or made.
        method_options: settings of a method given by name.
        threshold: lowest confidence that counts as supported; else the calibration's, the preset's or the method's.
        preset: `general`, `financial`, `legal` or `healthcare`.
        calibration: a file that `otel-cert calibrate` wrote.
        by: also per `service`, `model`, `provider`, `operation`, `environment`, `agent` or `user`.

    Raises:
        NotFound: there is no data directory, or no such calibration.
        UsageError: an argument makes no sense.

    """
    root = Path(data_dir) if data_dir is not None else default_data_dir()
    scope = Scope(_ns(since), _ns(until), services, models, users)
    judge = Judge(method, method_options or {}, threshold, load(calibration) if calibration else None, preset)
    with connect(root) as con:
        source = StoredCalls(con, scope.params(), (by,) if by else ())
        return evaluate_answers(source, judge, group_by=by, data_dir=root)[0]


def _ns(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1e6) * 1000
