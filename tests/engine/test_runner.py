import random
import time
from unittest.mock import Mock

import duckdb
import pyarrow as pa
import pytest

from otel_cert import pipeline
from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.engine import failing
from otel_cert.engine.failing import StepFailed
from otel_cert.engine.runner import Runner, Step
from otel_cert.errors import Retryable
from otel_cert.registry import Registry
from otel_cert.schema import BIGINT, DATE, TEXT, Column, Table
from otel_cert.store.files import read_json, write_json
from tests.stored import Store, body, chat, log_body, plain

CALLS = """SELECT trace_id, span_id, input_tokens_total, total_cost
FROM genai_calls JOIN costs USING (trace_id, span_id) ORDER BY ALL"""
NAMES = Table(
    "span_names", "Names per trace.", key=("trace_id", "name"), sort=("trace_id",),
    columns=(
        Column("trace_id", TEXT, "Trace."), Column("name", TEXT, "Span name."), Column("n", BIGINT, "Spans."),
        Column("receive_day", DATE, "Partition."),
    ),
)  # fmt: skip


class Nothing(Settings):
    """No settings."""


class Names:
    """A third party's processor; fails on spans called `poison`."""

    def __init__(self, error=None, poison="poison"):
        self.error, self.poison, self.seen = error or ValueError("poisoned"), poison, []

    def evaluate(self, con):
        rows = con.sql(
            "SELECT trace_id, name, count(*) AS n, min(receive_day) AS receive_day FROM spans GROUP BY 1, 2"
        ).to_arrow_table()
        self.seen.append(rows.num_rows)
        if self.poison in rows["name"].to_pylist():
            raise self.error
        return {"span_names": rows}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def hopeless(monkeypatch):
    """So few failures among none that succeed end the search for the traces at fault."""
    monkeypatch.setattr(failing, "_HOPELESS", 2)


def with_names(store, processor, **settings):
    """Return a runner over the built-in processors and one more."""
    steps = pipeline.analysis_steps(store.config, store.registry)
    steps.append(Step("names", processor, ("spans",), (NAMES,)))
    return Runner(store.layout, steps, quiet_s=0, max_age_s=0, **settings)


def names(store):
    return store.rows("SELECT name FROM span_names ORDER BY 1")


def test_a_late_span_corrects_calls_and_costs(store):
    store.take(body(chat(1, 1, gen_ai__usage__input_tokens=100)))
    store.take(body(chat(1, 2, gen_ai__usage__input_tokens=50)))
    assert [(s[-1], n) for _, s, n, _ in store.rows(CALLS)] == [("1", 100), ("2", 50)]


def test_a_span_that_is_later_than_any_looked_back_to_takes_nothing_away(store, monkeypatch):
    store.take(body(chat(1, 1)))
    before = store.rows(CALLS)
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + 9 * 86400 * 10**9)
    store.take(body(chat(1, 2)))
    assert store.rows(CALLS) == [*before, (before[0][0], f"{2:016x}", 100, before[0][3])]


def test_a_call_with_repeated_attribute_keys_is_a_call(store):
    span = chat(1)
    span["attributes"] += [{"key": "k", "value": {"string_value": v}} for v in ("one", "two")]
    span["attributes"] += [{"key": "gen_ai.usage.output_tokens", "value": {"int_value": 10}}]
    store.take(body(span))
    assert store.rows("SELECT input_tokens_total, output_tokens_total FROM genai_calls") == [(100, 10)]


def test_a_row_that_a_late_span_refutes_is_deleted(store):
    class Alone(Names):
        """Names spans that are alone in their trace."""

        def evaluate(self, con):
            rows = super().evaluate(con)["span_names"]
            counts = dict(con.sql("SELECT trace_id, count(*) FROM spans GROUP BY 1").fetchall())
            return {
                "span_names": rows.filter(pa.array([counts[t] == 1 for t in rows["trace_id"].to_pylist()], pa.bool_()))
            }

    one = with_names(store, Alone())
    store.send(body(chat(1), plain(2)))
    store.seal()
    one.round(force=True)
    assert names(store) == [("GET /",), ("chat gpt-4o-mini",)]
    store.send(body(chat(1, 11)))
    store.seal()
    one.round(force=True)
    assert names(store) == [("GET /",)]


SPANS = [
    chat(1, 1) | {"kind": 1},
    chat(1, 2, parent=1, gen_ai__response__id="r-1-1"),
    chat(1, 3, parent=1, gen_ai__usage__input_tokens=7),
    plain(1, 4),
    chat(2, 5, gen_ai__usage__input_tokens=None),
    chat(2, 6, gen_ai__request__model="unheard-of", gen_ai__response__model=None),
]
DERIVED = (
    "SELECT * EXCLUDE (receive_day, start_time, end_time) FROM genai_calls ORDER BY trace_id, span_id",
    "SELECT * EXCLUDE (receive_day) FROM costs ORDER BY trace_id, span_id",
)


@pytest.fixture(scope="module")
def at_once(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("at_once"))
    store.take(body(*SPANS))
    return [store.rows(sql) for sql in DERIVED]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_and_grouping_of_arrival_do_not_matter(store, at_once, seed):
    chance = random.Random(seed)
    spans = chance.sample(SPANS, len(SPANS))
    while spans:
        size = chance.randint(1, 3)
        store.send(body(*spans[:size]))
        spans = spans[size:]
        if chance.random() < 0.5:
            store.seal()
            if chance.random() < 0.7:
                store.analyse()
            if chance.random() < 0.3:
                store.reopen()
    store.seal()
    store.analyse()
    assert [store.rows(sql) for sql in DERIVED] == at_once


def test_what_was_received_long_ago_is_computed_again_and_not_twice(store):
    month_ago = time.time_ns() - 30 * 86_400 * 10**9
    store.send(body(chat(1), chat(2)), received_ns=month_ago)
    store.seal()
    store.analyse()
    before = store.rows(CALLS)
    store.runner = store.analysis(restart=True)
    store.analyse()
    assert len(before) == 2
    assert store.rows(CALLS) == before
    store.send(body(plain(1, 9)), received_ns=month_ago + 10**9)  # a clock that was set back
    store.seal()
    store.analyse()
    assert store.rows(CALLS) == before


def test_a_restart_goes_on_where_the_last_round_ended(store):
    store.take(body(chat(1)))
    counting = Names()
    store.send(body(chat(2)))
    store.seal()
    again = with_names(store, counting)
    assert again.round(force=True).traces == 1
    assert with_names(store, counting).round(force=True) is None
    assert with_names(store, counting, restart=True).round(force=True).traces == 2


def test_a_crash_after_the_commits_repeats_the_round_without_repeating_rows(store, monkeypatch):
    store.send(body(chat(1)))
    store.seal()
    with monkeypatch.context() as patch:
        patch.setattr(store.runner, "publish", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.runner.round(force=True)
    store.reopen()
    store.analyse()
    assert len(store.rows(CALLS)) == 1


def test_a_broken_commit_of_a_derived_table_is_computed_again(store):
    store.take(body(chat(1)))
    durable = read_json(store.layout.analysed)
    store.take(body(chat(2)))
    write_json(store.layout.analysed, durable)
    commit = max((store.layout.table("genai_calls") / "_delta_log").glob("*.json"))
    commit.write_text("")
    store.reopen()
    store.analyse()
    assert len(store.rows(CALLS)) == 2


def test_one_poisoned_trace_does_not_block_the_others(store, monkeypatch):
    log = Mock()
    monkeypatch.setattr("otel_cert.engine.runner.log", log)
    store.send(body(*(chat(n) for n in range(1, 8)), plain(8, name="poison")))
    store.seal()
    processor = Names()
    one = with_names(store, processor)
    assert one.round(force=True).traces == 8
    assert len(names(store)) == 7
    assert len(store.rows(CALLS)) == 7
    assert one.round(force=True) is None, "it is not tried for ever"
    assert log.error.call_args.kwargs == {"traces": 1, "first": [f"{8:032x}"]}
    processor.poison = "nothing"
    store.send(log_body(8, "late"), signal="logs")
    store.seal()
    one.round(force=True)
    assert len(names(store)) == 8, "it is computed when more of it arrives"


@pytest.mark.usefixtures("hopeless")
def test_a_processor_that_fails_on_everything_stops_the_round_and_loses_nothing(store):
    store.send(body(*(chat(n) for n in range(1, 9))))
    store.seal()
    broken = Names(poison="chat gpt-4o-mini")
    one = with_names(store, broken)
    with pytest.raises(StepFailed, match="names failed with"):
        one.round(force=True)
    assert len(broken.seen) < 8 * 2 - 1, "it gives up early"
    broken.poison = "nothing"
    assert one.round(force=True).traces == 8
    assert len(store.rows(CALLS)) == 8


@pytest.mark.parametrize("error", [Retryable("the model is loading"), MemoryError(), duckdb.OutOfMemoryException()])
def test_what_can_be_tried_again_is_not_blamed_on_a_trace(store, error):
    store.send(body(plain(1, name="poison")))
    store.seal()
    processor = Names(error)
    one = with_names(store, processor)
    with pytest.raises(type(error)):
        one.round(force=True)
    processor.poison = "nothing"
    assert one.round(force=True).traces == 1


@pytest.mark.usefixtures("hopeless")
def test_rows_of_the_wrong_shape_are_the_processors_fault(store):
    class Wrong:
        def evaluate(self, _con):
            return {"span_names": pa.table({"other": [1]})}

    store.send(body(*(chat(n) for n in range(1, 5))))
    store.seal()
    with pytest.raises(StepFailed, match="names"):
        with_names(store, Wrong()).round(force=True)


def test_a_third_partys_processor_and_table_work_through_registry_and_configuration(tmp_path):
    factory = Factory(
        "names", Kind.PROCESSOR, Nothing, lambda _: Names(), Stability.BETA, "Counts names.", (Signal.ANALYSIS,),
        reads=("spans",), writes=(NAMES,),
    )  # fmt: skip
    installed = Registry.installed()
    builtin = [installed.factory(e.kind, e.type) for e in installed.entries()]
    store = Store(tmp_path, Registry.of(*builtin, factory), "names")
    store.take(body(chat(1), plain(1, 2)))
    assert store.rows("SELECT name, n FROM span_names ORDER BY 1") == [("GET /", 1), ("chat gpt-4o-mini", 1)]
    assert ("span_names",) in store.rows("SHOW TABLES")
