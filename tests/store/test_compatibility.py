"""A store that an older version wrote is opened, added to and computed by this one.

`tests/data/store-vN` was written by the first release with schema version N and is never changed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from otel_cert import pipeline
from otel_cert.config import Config
from otel_cert.config.loader import load
from otel_cert.process import process
from otel_cert.receivers import files
from otel_cert.registry import Registry
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog
from otel_cert.store.query import connect

DATA = Path(__file__).parent.parent / "data"
STORES = sorted(DATA.glob("store-v*"))


@pytest.fixture(params=STORES, ids=lambda path: path.name)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Layout:
    shutil.copytree(request.param, tmp_path / "data")
    return Layout.create(tmp_path / "data")


@pytest.fixture
def config() -> Config:
    return load(None, Registry.installed())


COUNTS = (
    "SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM genai_calls), (SELECT count(total_cost) FROM costs)"
)


def counts(layout: Layout) -> tuple[int, ...]:
    with connect(layout.root) as con:
        (row,) = con.execute(COUNTS).fetchall()
        return tuple(row)


def test_every_table_can_be_read(stored: Layout) -> None:
    with connect(stored.root) as con:
        for (table,) in con.execute("SHOW TABLES").fetchall():
            con.execute(f'SELECT * FROM "{table}"').fetchall()
    spans, calls, priced = counts(stored)
    assert spans >= calls >= priced > 0


def test_more_is_added_and_all_is_computed_again(stored: Layout, config: Config) -> None:
    before = counts(stored)
    log = AckLog(stored, "files")
    files.read([DATA / "otlp" / "otel-genai-openai" / "multi_turn_system_a.traces.pb"], log.append)
    log.close()
    assert process(stored, config, Registry.installed(), restart=True)
    after = counts(stored)
    assert after[1] == before[1] + 1
    assert after[2] == before[2] + 1


def test_a_repeated_request_is_recognised(stored: Layout) -> None:
    before = counts(stored)
    log = AckLog(stored, "files")
    files.read([DATA / "otlp" / "otel-genai-openai" / "chat_a.traces.pb"], log.append)
    log.close()
    done = pipeline.sealer(stored, load(None, Registry.installed()), Registry.installed()).seal()
    assert done is not None
    assert (done.rows, done.repeated > 0) == (0, True)
    assert counts(stored) == before
