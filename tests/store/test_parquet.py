import errno
import json
from datetime import date

import pyarrow as pa
import pytest
from pyarrow import parquet

from otel_cert.store.parquet import ROW_GROUP, write_files

TODAY, TOMORROW = date(2026, 1, 1), date(2026, 1, 2)


def rows(days, times):
    ids = [f"{n:032x}" for n in range(len(days))]
    return pa.table(
        {"trace_id": ids, "unix_ns": pa.array(times, pa.int64()), "receive_day": pa.array(days, pa.date32())}
    )


def test_each_day_has_its_file_and_the_commit_its_bounds(tmp_path):
    written = write_files(
        tmp_path, rows([TODAY, TOMORROW, TODAY], [3, 5, None]), "receive_day", sort=["unix_ns"], counted=["unix_ns"]
    )
    by_day = {each.partition_values["receive_day"]: each for each in written}
    assert json.loads(by_day["2026-01-01"].stats) == {
        "numRecords": 2,
        "minValues": {"unix_ns": 3},
        "maxValues": {"unix_ns": 3},
        "nullCount": {"unix_ns": 1},
    }
    found = {day: parquet.ParquetFile(tmp_path / each.path).read().to_pydict() for day, each in by_day.items()}
    assert found["2026-01-02"] == {"trace_id": [f"{1:032x}"], "unix_ns": [5]}
    assert all((tmp_path / each.path).stat().st_size == each.size for each in written)


def test_rows_are_in_order_in_small_row_groups(tmp_path):
    many = rows([TODAY] * (ROW_GROUP + 1), range(ROW_GROUP, -1, -1))
    (written,) = write_files(tmp_path, many, "receive_day", sort=["unix_ns"], counted=[])
    file = parquet.ParquetFile(tmp_path / written.path)
    metadata = file.metadata
    assert file.read()["unix_ns"].to_pylist() == list(range(ROW_GROUP + 1))
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [ROW_GROUP, 1]


def test_no_rows_make_no_file(tmp_path):
    assert write_files(tmp_path, rows([], []), "receive_day", sort=["unix_ns"], counted=["unix_ns"]) == []
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_written_is_removed(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        write_files(tmp_path, rows([TODAY], [1]), "receive_day", sort=["unix_ns"], counted=["unix_ns"])
    assert list(tmp_path.glob("*/*")) == []
