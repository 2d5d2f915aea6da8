"""AP-19, AP-21, AP-22: what is missing, late, sampled or lost; the period and its gaps; what digests prove and do not."""

import pytest

from otel_cert.questions import ARRIVAL, COUNTERS, GAPS, MISSING, PERIOD, ask
from otel_cert.report.measured import measured, missing_data
from otel_cert.schema import GENAI_CALLS
from tests.calls import START_NS, call, connect
from tests.report.measured.blocks import cell, figures, gaps, said, table, tables
from tests.report.measured.conftest import context, write


def missing(calls):
    return {row["field"]: (row["n"], row["missing"]) for row in ask(connect(calls), MISSING).dicts()}


def test_ap19_each_field_says_of_how_many_calls_it_is_missing():
    known = {"request_model": "m", "service_version": "1", "conversation_id": "c", "content_state": "present"}
    calls = [
        call(1, finish_reasons=["stop"], **known),
        call(2, operation="embeddings", request_model="m"),
        call(3, error_type="x"),
        call(4, seconds=None) | {"start_unix_ns": 0},
    ]
    found = missing(calls)
    assert found["model"] == (4, 2)
    assert found["model that answered"] == (3, 3)  # a failed call is answered by none
    assert found["version of the service"] == (4, 3)
    assert found["outcome"] == (3, 1)  # embeddings have no finish reason, a failure is an outcome
    assert found["content"] == (3, 2)
    assert (found["start"], found["duration"], found["conversation"]) == ((4, 1), (4, 1), (4, 3))
    assert missing([]) == {}


def test_ap19_the_table_stands_beside_an_independent_counter(system):
    blocks = missing_data(system)
    assert {"Calls without what a record should hold", "Late, cut and odd spans", "Independent counters"} <= set(
        tables(blocks)
    )
    counted = table(blocks, "counters")
    assert cell(counted, "model calls", "Counted") == "410"
    assert cell(counted, "model calls", "Stored here") == "400"
    assert cell(counted, "spans lost", "Counted") == "12"
    assert "never recorded is in no row" in table(blocks, "Calls without").note


def test_ap21_a_count_of_days_is_named_by_its_label_alone(system):
    shown = figures(measured(system, "logging_period")) | figures(measured(system, "activity_status"))
    assert {f.unit for label, f in shown.items() if label.startswith("Days")} == {""}


def test_ap19_without_a_counter_completeness_is_not_claimed(bare):
    [gap] = gaps(missing_data(bare))
    assert "cannot be measured against anything" in gap.why
    assert "gen_ai.client.operation.duration" in gap.why


def test_ap19_late_cut_and_sampled_spans_are_counted(system):
    [row] = system.ask(ARRIVAL).dicts()
    assert (row["spans"], row["late_15s"], row["late_5min"], row["late_1h"], row["cut"]) == (400, 3, 3, 0, 1)
    assert row["sampled"] == 400
    assert (row["thresholds"], row["least_share"], row["stands_for"]) == (1, 0.25, 4)
    blocks = measured(system, "sampling_rate")
    assert figures(blocks)["Lowest sampling probability"].value == "25.0 %"
    assert "claims about logging are weaker" in said(blocks)


def point(name, value, at_s, **fields):
    known = {"temporality": 2, "attributes": {}, "resource_attributes": {"p": "1"}, "start_unix_ns": START_NS}
    return known | {"name": name, "value_int": value, "unix_ns": START_NS + at_s * 10**9} | fields


def test_ap19_counters_of_a_window_begin_at_its_first_point_and_deltas_add_up():
    name = "otelcol_processor_dropped_spans"
    points = [point(name, value, at) for value, at in ((10, 0), (14, 10), (20, 20))]
    points += [point(name, 3, at, temporality=1, resource_attributes={"p": "2"}) for at in (0, 10, 20)]
    points.append(point("http.server.duration", 7, 5))
    con = connect(metrics=points)
    [row] = ask(con, COUNTERS).dicts()
    assert (row["counts"], row["streams"], row["total"]) == ("lost", 2, 29)
    [row] = ask(con, COUNTERS, since_ns=START_NS + 10 * 10**9).dicts()
    assert row["total"] == 6 + 6


def test_ap21_the_period_has_first_and_last_call_days_and_gaps():
    calls = [call(n, at_s=n) for n in range(200)] + [call(n, at_s=3 * 86_400 + n) for n in range(200, 205)]
    con = connect([*calls, call(300) | {"start_unix_ns": 0}])
    [row] = ask(con, PERIOD).dicts()
    assert (row["calls"], row["undated"], row["days"], row["active_days"]) == (206, 1, 4, 2)
    assert (row["first_call"], row["last_call"]) == ("2026-01-01T00:00:00Z", "2026-01-04T00:03:24Z")
    first, *_ = ask(con, GAPS).dicts()
    assert first["seconds"] == 3 * 86_400 + 1
    assert (first["from_time"], first["median_s"], first["usual_s"]) == ("2026-01-01T00:03:19Z", 1, 1)


def test_ap21_an_even_pace_has_no_gap_worth_a_line(system):
    assert not [title for title in tables(measured(system, "logging_period")) if "intervals" in title]
    assert figures(measured(system, "logging_period"))["Days with calls"].value == "4"


def test_ap21_the_age_of_the_oldest_call_is_of_all_that_is_stored(full):
    made = context(full, since_ns=START_NS + 86_400 * 10**9)
    blocks = measured(made, "retention")
    assert figures(blocks)["Oldest stored call"].value == "2026-01-01 00:00:00 UTC"
    # Not yet measured, and not called absent.
    assert [gap.what for gap in gaps(blocks)] == ["Retention policy and its enforcement", "Who read the records"]
    assert all("Not yet measured" in gap.why for gap in gaps(blocks))
    assert "Not yet measured" in gaps(measured(made, "deletion_log"))[0].why


def test_ap22_equal_digests_are_counted_and_what_they_do_not_prove_is_said(system):
    blocks = measured(system, "hash_chain")
    found = table(blocks, "Digests")
    assert {row[0] for row in found.rows} >= {"genai_calls", "spans", "logs"}
    assert all(row[1] == row[2] and row[3:] == ("0", "0", "0") for row in found.rows)
    assert "do not show that what was written is true or complete" in said(blocks)
    assert [gap.what for gap in gaps(blocks)] == ["Ledger over sealed files and external time stamp"]
    assert "SHA-256 over all these digests: " in found.note


@pytest.fixture
def small(tmp_path):
    return write(tmp_path / "store", {GENAI_CALLS: [call(n) for n in range(3)]})


def test_ap22_a_changed_byte_and_a_missing_file_are_found(small):
    [path] = small.table("genai_calls").glob("receive_day=*/*.parquet")
    made = context(small)
    before = table(measured(made, "hash_chain"), "Digests")
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)
    after = table(measured(made, "hash_chain"), "Digests")
    assert (cell(before, "genai_calls", "Same"), cell(before, "genai_calls", "Changed or gone")) == ("1", "0")
    assert (cell(after, "genai_calls", "Same"), cell(after, "genai_calls", "Changed or gone")) == ("0", "1")
    path.unlink()
    assert cell(table(measured(made, "hash_chain"), "Digests"), "genai_calls", "Changed or gone") == "1"


def test_ap22_a_file_without_a_digest_is_not_called_the_same(small):
    (small.table("genai_calls") / "_SHA256SUMS").unlink()
    found = table(measured(context(small), "hash_chain"), "Digests")
    assert (cell(found, "genai_calls", "Same"), cell(found, "genai_calls", "No digest")) == ("0", "1")


def test_ap22_what_was_not_read_is_said(small, monkeypatch):
    monkeypatch.setattr("otel_cert.report.measured.integrity.MOST_BYTES", 10)
    found = table(measured(context(small), "hash_chain"), "Digests")
    assert (cell(found, "genai_calls", "Same"), cell(found, "genai_calls", "Not read")) == ("0", "1")
