import datetime as dt
import json
from pathlib import Path

import pytest

from otel_cert.errors import NotFound
from otel_cert.questions import COSTS, SUMMARY, ask
from otel_cert.report import evidence
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect
from tests.calls import call, cost, some, store

CREATED = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return store(tmp_path, *some())


@pytest.fixture
def recorded(layout: Layout) -> evidence.Evidence:
    snapshots.pin(layout, 1)
    with connect(layout.root, snapshot=1) as con:
        return evidence.record(layout, ask(con, COSTS, by="provider"), CREATED)


def test_a_record_holds_what_was_asked_and_what_came_back(layout: Layout, recorded: evidence.Evidence):
    held = json.loads(layout.evidence(recorded.id).read_text())
    assert held["params"] == COSTS.bind({"by": "provider"})
    assert (held["question"], held["snapshot"], held["n"], held["window"]) == ("costs", 1, 14, "all stored calls")
    assert held["sql"] == COSTS.sql
    assert held["created"] == "2026-01-05T09:30:00+00:00"
    costs = [dict(zip(held["columns"], row, strict=True))["cost"] for row in held["rows"]]
    assert costs == ["0.500000000000000000", "0.020000000000000000"]
    assert evidence.load(layout, recorded.id) == evidence.load(layout, recorded.id[:6]) == recorded


def test_asked_again_it_is_the_same(layout: Layout, recorded: evidence.Evidence):
    assert evidence.differences(recorded, evidence.ask_again(layout, recorded)) == []


def test_a_new_call_changes_the_figure_now_but_not_the_old_id(layout: Layout, recorded: evidence.Evidence):
    store(layout.root, [call(50, provider="openai", request_model="gpt-4o")], [cost(50, "1")])
    assert evidence.differences(recorded, evidence.ask_again(layout, recorded)) == []
    changed = evidence.differences(recorded, evidence.ask_again(layout, recorded, current=True))
    assert "n: 14 recorded, 15 now" in changed
    assert "row 1, cost: 0.500000000000000000 recorded, 1.020000000000000000 now" in changed
    with connect(layout.root) as con:
        assert ask(con, COSTS, by="provider").evidence_id != recorded.id


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rows", [], "0 rows recorded, 2 now"),
        ("n", 13, "n: 13 recorded, 14 now"),
        ("columns", ["x"], "columns:"),
        ("sql", f"{COSTS.sql} -- another text", "the record was changed"),
    ],
)
def test_a_changed_record_is_noticed(layout: Layout, recorded: evidence.Evidence, field: str, value: object, said: str):
    path = layout.evidence(recorded.id)
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    changed = evidence.load(layout, recorded.id)
    found = evidence.differences(changed, evidence.ask_again(layout, changed))
    assert said in "; ".join(found)


def test_recording_twice_keeps_the_first(layout: Layout, recorded: evidence.Evidence):
    with connect(layout.root, snapshot=1) as con:
        again = evidence.record(layout, ask(con, COSTS, by="provider"), CREATED + dt.timedelta(days=1))
    assert again == recorded


def test_an_unknown_id_names_the_closest(layout: Layout, recorded: evidence.Evidence):
    mistyped = recorded.id[:-1] + ("0" if recorded.id[-1] != "0" else "1")
    with pytest.raises(NotFound, match=f"closest: {recorded.id}"):
        evidence.load(layout, mistyped)
    with pytest.raises(NotFound, match="list all"):
        evidence.load(layout, "")


def test_records_are_listed_newest_snapshot_first(layout: Layout, recorded: evidence.Evidence):
    store(layout.root, [call(51)])
    snapshots.pin(layout, 2)
    with connect(layout.root, snapshot=2) as con:
        newer = evidence.record(layout, ask(con, SUMMARY), CREATED)
    assert evidence.records(layout) == [newer, recorded]


def test_another_store_with_the_same_rows_has_other_ids(recorded: evidence.Evidence, tmp_path: Path):
    other = store(tmp_path / "other", *some())
    with connect(other.root) as con:
        assert ask(con, COSTS, by="provider").evidence_id != recorded.id
    with pytest.raises(NotFound):
        evidence.load(other, recorded.id)
