"""Registered thresholds: what is kept, what is before what, and that a change of the file shows."""

import json
import multiprocessing

import pytest

from otel_cert.errors import OtelCertError, UsageError
from otel_cert.store.layout import Layout
from otel_cert.store.thresholds import register, registered_before, registrations

DAY = 86_400 * 10**9
NEW_YEAR = 1_767_225_600 * 10**9


def registered(layout, threshold, **given):
    usual = {"who": "Ada", "purpose": "answers of the shop", "method": "aligned", "chosen_on": "labels"}
    return register(layout, threshold=threshold, **(usual | given))


@pytest.fixture
def layout(tmp_path):
    return Layout.create(tmp_path)


def test_each_has_the_hash_of_the_one_before(layout):
    assert registrations(layout) == []
    first = registered(layout, 0.5, now_ns=NEW_YEAR)
    second = registered(layout, 0.6, calibration="c" * 64, now_ns=NEW_YEAR + 1000)
    assert registrations(layout) == [first, second]
    assert (first.previous, second.previous) == ("", first.sha256)
    assert (first.time, second.time) == ("2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000001Z")
    assert layout.thresholds.stat().st_mode & 0o077 == 0


def test_before_after_and_never(layout):
    entry = registered(layout, 0.5, now_ns=NEW_YEAR)
    registered(layout, 0.5, who="Bob", now_ns=NEW_YEAR + DAY)
    assert registered_before(layout, 0.5, "aligned", NEW_YEAR + 1) == (entry, True), "the first one counts"
    assert registered_before(layout, 0.5, "aligned", NEW_YEAR) == (entry, False)
    assert registered_before(layout, 0.5, "aligned", None) == (entry, None)
    assert registered_before(layout, 0.5, "seed", NEW_YEAR + DAY) is None
    assert registered_before(layout, 0.51, "aligned", NEW_YEAR + DAY) is None


def test_what_makes_no_sense_is_refused(layout):
    with pytest.raises(UsageError, match="who is responsible"):
        registered(layout, 0.5, who=" ")
    with pytest.raises(UsageError, match="between 0 and 1"):
        registered(layout, 2)
    assert not layout.thresholds.exists()


def changed(lines):
    one = json.loads(lines[1])
    return [lines[0], json.dumps(one | {"threshold": 0.15}), lines[2]]


@pytest.mark.parametrize(
    "damage",
    [
        changed,
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: lines[1:],
        lambda lines: [*lines[:2], "{}"],
        lambda lines: [*lines[:2], lines[2][:40]],
        lambda lines: [*lines[:2], "\0\0"],
    ],
    ids=["changed", "removed", "exchanged", "first removed", "emptied", "torn", "zeros"],
)
def test_a_change_shows_and_nothing_is_added_after_it(layout, damage):
    for number in range(3):
        registered(layout, number / 10)
    layout.thresholds.write_text("\n".join(damage(layout.thresholds.read_text().splitlines())) + "\n")
    with pytest.raises(OtelCertError, match="line "):
        registrations(layout)
    with pytest.raises(OtelCertError, match="changed after they were made"):
        registered(layout, 0.9)


def test_the_hashes_are_of_every_field(layout):
    entry = registered(layout, 0.5)
    for field in ("time", "who", "purpose", "method", "threshold", "chosen_on", "calibration", "previous"):
        line = json.loads(layout.thresholds.read_text()) | {field: "x"}
        layout.thresholds.write_text(json.dumps(line) + "\n")
        with pytest.raises(OtelCertError):
            registrations(layout)
        layout.thresholds.write_text(json.dumps(line | {field: getattr(entry, field)}) + "\n")
    assert registrations(layout) == [entry]


def _several(root):
    for number in range(5):
        registered(Layout(root), number / 10)


def test_processes_take_turns(layout):
    spawned = multiprocessing.get_context("spawn")
    processes = [spawned.Process(target=_several, args=(layout.root,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert len(registrations(layout)) == 15
