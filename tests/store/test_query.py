from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

import otel_cert
from otel_cert.errors import NotFound
from otel_cert.schema import BUILTIN, MONEY, SPANS, TEXT, Column
from otel_cert.store import query, snapshots
from otel_cert.store.layout import Layout
from tests.stored import START_NS, Store, body, chat

WIDER = replace(
    SPANS,
    columns=(*SPANS.columns, Column("colour", TEXT, "Added later."), Column("price", MONEY, "Added later.")),
    views=(*SPANS.views, ("loud", "upper(colour)", "Of an added column.")),
)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_every_table_is_there_and_empty_before_anything_is_stored(tmp_path):
    with otel_cert.connect(Layout.create(tmp_path).root) as con:
        for table in BUILTIN:
            columns = con.sql(f"FROM {table.name}").columns
            assert columns == [*table.names, *(name for name, _, _ in table.view_columns())]
            assert con.sql(f"FROM {table.name}").fetchall() == []


def test_no_data_directory(tmp_path, monkeypatch):
    with pytest.raises(NotFound):
        otel_cert.connect(tmp_path)
    monkeypatch.setenv("OTEL_CERT_DATA_DIR", str(Layout.create(tmp_path / "d").root))
    otel_cert.connect().close()


def test_times_are_utc_whatever_the_machine_says(store, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    store.take(body(chat(0, 1) | {"start_time_unix_nano": START_NS + 1}))
    with otel_cert.connect(store.layout.root) as con:
        assert con.execute("SELECT start_time::VARCHAR FROM spans").fetchone() == ("2026-01-01 00:00:00.000000001",)
        assert con.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)


def test_since_is_a_constant_some_time_ago(store):
    with otel_cert.connect(store.layout.root) as con:
        now = datetime.now(UTC).timestamp() * 1e9
        for text, seconds in (("7d", 604800), ("24h", 86400), ("90 minutes", 5400), ("1d 12h", 129600)):
            (ago,) = con.execute(f"SELECT since('{text}')").fetchone()
            assert abs(now - ago - seconds * 1e9) < 5e9, text


def test_fresh_rows_are_seen_once(store):
    store.send(body(chat(1)))
    store.seal()
    store.send(body(chat(2)))
    assert store.rows("SELECT count(*) FROM spans") == [(1,)]
    assert store.rows("SELECT count(*) FROM spans", fresh=True) == [(2,)]
    store.seal()
    assert store.rows("SELECT count(*) FROM spans", fresh=True) == [(2,)]


def test_fresh_rows_with_repeated_keys_and_nothing_sealed(store):
    span = chat(1)
    span["attributes"] = [{"key": "k", "value": {"string_value": v}} for v in ("a\0b", "c")]
    store.send(body(span))
    rows = store.rows("SELECT attributes::VARCHAR, map_values(attributes) FROM spans", fresh=True)
    assert rows[0][1] == ["a\0b", "c"]


@pytest.mark.parametrize("mixed", [False, True], ids=["no file has the column", "some files have it"])
def test_a_column_added_later_is_null_in_old_files(store, mixed):
    store.take(body(chat(1)))
    if mixed:
        row = {"span_id": "new", "colour": "red", "receive_day": datetime.now(UTC).date()}
        version = store.sealer.delta.append(WIDER, pa.Table.from_pylist([row], WIDER.arrow), {})
        store.sealer.publish()
        assert store.snapshot().tables["spans"] == version
    assert snapshots.table_files(store.layout, store.snapshot(), "spans").alike is not mixed
    with query.connect(store.layout.root, tables=[WIDER]) as con:
        found = con.execute("SELECT colour, price, loud FROM spans ORDER BY span_id").fetchall()
        assert found == ([(None, None, None), ("red", None, "RED")] if mixed else [(None, None, None)])


def test_what_is_stored_cannot_be_changed_through_a_view(store):
    store.take(body(chat(1)))
    with otel_cert.connect(store.layout.root) as con, pytest.raises(duckdb.Error):
        con.execute("DELETE FROM spans")
    with otel_cert.connect(store.layout.root) as con, pytest.raises(duckdb.Error):
        con.execute("INSERT INTO spans SELECT * FROM spans")


def test_money_stays_exact_and_absent_is_null(store):
    store.take(body(chat(1), chat(2, gen_ai__request__model="no-such-model", gen_ai__response__model=None)))
    rows = store.rows("SELECT typeof(total_cost), total_cost IS NULL, reason FROM costs ORDER BY span_id")
    assert rows == [("DECIMAL(38,18)", False, None), ("DECIMAL(38,18)", True, "no_price")]
