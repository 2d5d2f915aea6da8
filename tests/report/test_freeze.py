"""AP-24: the records of an incident are copied with their hash, and a changed byte of the copy is found."""

import json
from datetime import UTC, date, datetime

import duckdb
import pytest

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.report.freeze.manifest import read
from otel_cert.report.freeze.scope import narrow
from otel_cert.report.freeze.verify import problems
from otel_cert.report.freeze.write import freeze
from otel_cert.report.system import About, Incident, Organisation, System
from otel_cert.store import snapshots
from otel_cert.store.freezes import freezes
from otel_cert.verify import verify
from tests.calls import START_NS, call, connect, cost, some, store

START = datetime.fromtimestamp(START_NS / 1e9, UTC)
NAMED = {"traces": (f"{1:032X}", f"{99:032x}")}
"""The trace of call 1, in other letters than it is stored, and one that is not stored."""
WINDOW = {"since": START.replace(minute=15), "until": START.replace(minute=40)}
"""Calls 2 and 3 of `some()` began in it, at its minutes 20 and 30; call 4 begins at the end of it."""


def declared(*, services=(), **given):
    one = Incident(id="I-1", what="Wrong advice.", aware=date(2026, 1, 2), **given)
    return System(system=About(name="Helper", services=services), provider=Organisation(name="Acme"), incidents=(one,))


def frozen(layout, output, **given):
    system = declared(**given)
    return freeze(layout, system, system.incident("I-1"), output)


def rows(folder, table, column="trace_id"):
    return [
        int(value, 16)
        for (value,) in duckdb.sql(f"SELECT {column} FROM '{folder / table}.parquet' ORDER BY 1").fetchall()
    ]


@pytest.fixture
def layout(tmp_path):
    return store(tmp_path / "data", *some())


@pytest.fixture
def copy(layout, tmp_path):
    """A freeze of one trace that is not damaged yet."""
    frozen(layout, tmp_path / "copy", **NAMED)
    return tmp_path / "copy"


def test_the_rows_of_the_named_traces_are_copied_and_no_others(layout, tmp_path):
    made = frozen(layout, tmp_path / "copy", **NAMED)
    assert rows(tmp_path / "copy", "genai_calls") == rows(tmp_path / "copy", "costs") == [1]
    assert {name: one.rows for name, one in made.tables.items()} == {"genai_calls": 1, "costs": 1}
    assert (made.traces, made.not_found) == ([f"{1:032x}"], [f"{99:032x}"])
    assert read(tmp_path / "copy") == made
    assert made.snapshot in {one.number for one in snapshots.pinned(layout)}


def test_a_window_takes_the_traces_that_began_in_it_beside_those_that_are_named(layout, tmp_path):
    frozen(layout, tmp_path / "window", **WINDOW)
    assert rows(tmp_path / "window", "genai_calls") == [2, 3]
    frozen(layout, tmp_path / "both", **WINDOW, **NAMED)
    assert rows(tmp_path / "both", "genai_calls") == [1, 2, 3]


def test_of_a_window_only_records_of_the_systems_services_count(tmp_path):
    layout = store(tmp_path / "data", [call(1, service_name="bot"), call(2, service_name="other"), call(3)])
    hour = {"since": START, "until": START.replace(hour=1)}
    frozen(layout, tmp_path / "bot", services=("bot",), **hour)
    assert rows(tmp_path / "bot", "genai_calls") == [1]
    frozen(layout, tmp_path / "all", **hour)
    assert rows(tmp_path / "all", "genai_calls") == [1, 2, 3]


def test_the_manifest_says_which_versions_were_used_and_which_columns_are_personal(layout, tmp_path):
    made = frozen(layout, tmp_path / "copy", **NAMED)
    used = {(one["aspect"], one["value"]) for one in made.versions}
    assert ("model that answered", "gpt-4o answered by gpt-4o-2024-08-06") in used
    assert {"input_messages", "user_id"} <= set(made.tables["genai_calls"].sensitive)
    assert "personal data" in made.holds
    assert "not stored" in made.lacks


def test_the_same_records_give_the_same_files_and_the_store_remembers_each_copy(layout, tmp_path):
    first, again = (frozen(layout, tmp_path / name, **WINDOW) for name in ("first", "again"))
    assert first.tables == again.tables
    remembered = freezes(layout, "Helper", "I-1")
    assert [(one.rows, one.traces, one.snapshot) for one in remembered] == [(4, 2, 1), (4, 2, 1)]
    assert freezes(layout, "Helper", "I-2") == freezes(layout, "Another") == []


def test_only_its_owner_may_read_the_copy(copy):
    assert copy.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in copy.iterdir()} == {0o600}


def test_the_checker_of_the_store_knows_what_is_remembered_of_a_freeze(layout, copy):
    assert copy.is_dir()
    [unknown] = [check for check in verify(layout.root) if check.name == "unknown files"]
    assert (unknown.looked_at > 0, unknown.kept) == (True, [])


def test_a_copy_that_nobody_touched_holds(layout, copy):
    assert problems(copy, "I-1", layout) == []


def test_one_changed_byte_of_a_table_is_found(layout, copy):
    file = copy / "costs.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    [found] = problems(copy, "I-1", layout)
    assert found.startswith("costs.parquet: its SHA-256 is not that of the manifest")


def test_a_manifest_that_was_made_to_fit_is_found_by_what_the_store_remembers(layout, copy):
    content = json.loads((copy / "manifest.json").read_text())
    content["traces"] = []
    (copy / "manifest.json").write_text(json.dumps(content))
    [found] = problems(copy, "I-1", layout)
    assert found.startswith("manifest.json: its SHA-256 is not the one that was kept")


def test_who_has_no_data_directory_checks_against_the_hash_of_the_incident_record(layout, copy):
    [remembered] = freezes(layout)
    assert problems(copy, "I-1", remembered.manifest_sha256.upper()) == []
    [found] = problems(copy, "I-1", "0" * 64)
    assert found.startswith("manifest.json: ")


def test_a_missing_file_one_too_many_and_another_incident_are_found(layout, copy):
    (copy / "costs.parquet").unlink()
    (copy / "more.parquet").touch()
    assert problems(copy, "I-2", layout) == [
        "it is of incident 'I-1'",
        "costs.parquet: the file is gone",
        "more.parquet: the manifest does not name it",
    ]


def test_nothing_is_overwritten(layout, copy):
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    with pytest.raises(UsageError, match="overwrites nothing"):
        frozen(layout, copy, **NAMED)
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert len(freezes(layout)) == 1


@pytest.mark.parametrize("given", [{"traces": (f"{99:032x}",)}, {"since": START.replace(year=2020), "until": START}])
def test_an_incident_of_which_nothing_is_stored_leaves_no_folder(layout, tmp_path, given):
    with pytest.raises(NotFound, match="nothing is stored"):
        frozen(layout, tmp_path / "copy", **given)
    assert not (tmp_path / "copy").exists()


def test_an_incident_without_traces_or_an_unknown_one_says_what_to_do(layout, tmp_path):
    with pytest.raises(UsageError, match="`traces`, or `since` and `until`"):
        frozen(layout, tmp_path / "copy")
    with pytest.raises(UsageError, match="declared are: I-1"):
        declared().incident("I-2")


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(layout, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OtelCertError, match="cannot write"):
        frozen(layout, tmp_path / "file" / "copy", **NAMED)


@pytest.mark.parametrize("window", [{"since": START}, {"since": START, "until": START}])
def test_a_window_has_a_start_before_its_end(window):
    with pytest.raises(ValueError, match=r"`until`"):
        declared(**window)


def test_the_trace_that_holds_a_repeated_call_comes_with_it():
    repeated = {**call(3), "call_trace_id": f"{1:032x}", "call_span_id": "a"}
    con = connect([call(1), call(2)], [cost(1, "1")], duplicates=[repeated])
    one = declared(traces=(f"{3:032x}",)).incident("I-1")
    for missing in ("genai_agent_runs", "token_entropy_lm"):
        con.execute(f"CREATE VIEW {missing} AS SELECT NULL::VARCHAR AS trace_id WHERE false")
    assert narrow(con, one, ()) == [f"{1:032x}", f"{3:032x}"]
    assert con.execute("SELECT trace_id FROM genai_calls").fetchall() == [(f"{1:032x}",)]
