import pytest

from otel_cert.schema import BUILTIN, COSTS, EVALUATIONS, GENAI_AGENT_RUNS, GENAI_CALLS
from otel_cert.store.query import connect
from otel_cert.store.services import of_services
from tests.calls import call, cost
from tests.report.measured.conftest import write

BOT, KIOSK, NAMELESS = (f"{n:016x}" for n in (1, 2, 3))


def stored(tmp_path):
    calls = [call(1, service_name="bot"), call(2, service_name="it's a kiosk"), call(3)]
    trace = {row["span_id"]: row["trace_id"] for row in calls}
    judged = [
        {
            "trace_id": trace_id,
            "span_id": span_id,
            "evaluation_name": "kind",
            "evaluator": "e",
            "evaluator_version": "1",
        }
        for span_id, trace_id in trace.items()
    ]
    run = {"trace_id": "f" * 32, "span_id": "f" * 16, "service_name": "bot", "start_unix_ns": 1, "end_unix_ns": 2}
    of_run = {**judged[0], "trace_id": run["trace_id"], "span_id": run["span_id"]}
    return write(
        tmp_path,
        {
            GENAI_CALLS: calls,
            COSTS: [cost(n, "1") for n in (1, 2, 3)],
            EVALUATIONS: [*judged, of_run],
            GENAI_AGENT_RUNS: [run],
        },
    )


def counts(con):
    tables = ("genai_calls", "costs", "evaluations", "genai_agent_runs")
    return [con.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]


def test_a_part_has_the_rows_of_its_services_and_what_is_about_them(tmp_path):
    with connect(stored(tmp_path).root) as whole:
        with of_services(whole, ["bot"]) as part:
            assert counts(part) == [1, 1, 2, 1]
        with of_services(whole, ["it's a kiosk"]) as part:
            assert counts(part) == [1, 1, 1, 0]
            assert part.execute("SELECT service_name FROM genai_calls").fetchall() == [("it's a kiosk",)]
        with of_services(whole, ["bot", "it's a kiosk"]) as part:
            assert counts(part) == [2, 2, 3, 1]  # that of no service is of none
        with of_services(whole, ["nobody"]) as part:
            assert counts(part) == [0, 0, 0, 0]
        assert counts(whole) == [3, 3, 4, 1]


def test_no_services_leave_nothing_out(tmp_path):
    with connect(stored(tmp_path).root) as whole, of_services(whole, []) as part:
        assert counts(part) == counts(whole)
        assert part.execute("SELECT services FROM snapshot").fetchone() == ([],)


def test_a_part_says_of_which_services_it_is_in_any_order(tmp_path):
    with (
        connect(stored(tmp_path).root) as whole,
        of_services(whole, ["b", "a", "b"]) as one,
        of_services(whole, ["a", "b"]) as other,
    ):
        asked = "SELECT services FROM snapshot"
        assert one.execute(asked).fetchone() == other.execute(asked).fetchone() == (["a", "b"],)


def test_every_table_can_be_asked_of_a_part(tmp_path):
    with connect(stored(tmp_path).root) as whole, of_services(whole, ["bot"]) as part:
        for table in BUILTIN:
            assert part.sql(f"FROM {table.name}").columns == whole.sql(f"FROM {table.name}").columns


@pytest.mark.parametrize("services", [[], ["bot"]])
def test_days_of_a_part_are_utc_whatever_the_machine_says(tmp_path, monkeypatch, services):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    settings = "SELECT current_setting('TimeZone'), current_setting('parquet_metadata_cache')"
    with connect(stored(tmp_path).root) as whole, of_services(whole, services) as part:
        assert part.execute(settings).fetchone() == whole.execute(settings).fetchone() == ("UTC", True)
