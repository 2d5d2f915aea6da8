"""Up to which request rows may be sent."""

import pytest

from otel_cert.component import Signal
from otel_cert.exporters._sources import SOURCES
from otel_cert.store.snapshots import Snapshot


@pytest.mark.parametrize(("scored", "ready"), [(None, 7), ({}, 0), ({"otlp": 3}, 3), ({"otlp": 7}, 7)])
def test_evaluations_wait_for_the_process_that_scores_if_there_is_one(scored, ready):
    snapshot = Snapshot(1, 0, {}, {"otlp": 9}, {"otlp": 7}, scored)
    assert SOURCES[Signal.ANALYSIS].ready(snapshot) == {"otlp": ready}
    assert SOURCES[Signal.TRACES].ready(snapshot) == {"otlp": 7}
    assert SOURCES[Signal.LOGS].ready(snapshot) == {"otlp": 9}
