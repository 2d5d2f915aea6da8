"""Damage of every kind is found, by the check whose matter it is, in the file where it is."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

from otel_cert.verify import Check, verify
from otel_cert.verify.segments import Gap, Record, Segment

from .conftest import Sound


def check(sound: Sound) -> dict[str, Check]:
    return {c.name: c for c in verify(sound.root, sound.acknowledged)}


def failed(sound: Sound) -> set[str]:
    return {name for name, c in check(sound).items() if not c.holds}


def flip(path: Path, offset: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.write_bytes(data)


def test_a_sound_store_holds_and_everything_was_looked_at(sound):
    checks = check(sound)
    assert [c.name for c in checks.values() if not c.holds] == []
    assert [c.name for c in checks.values() if c.notes] == []
    nothing = [c.name for c in checks.values() if not c.looked_at]
    assert nothing == []


def test_nothing_is_written(sound):
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in sound.root.rglob("*")}
    verify(sound.root, sound.acknowledged)
    assert {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in sound.root.rglob("*")} == before


# One request and how it is damaged: a place in the record, and how many acknowledged spans are lost by it.
PLACES = {"marker": 3, "length": 17, "sequence": 21, "signal": 36, "crc of header": 41, "body": 120}


@pytest.mark.parametrize("place", PLACES)
def test_a_changed_byte_in_a_record(sound, place):
    segment = sound.segments[-1]
    second = list(Segment(segment))[-2]
    flip(segment, second.start + PLACES[place])
    checks = check(sound)
    (found,) = (f for f in checks["log records"].kept if not f.note)
    assert (found.file, found.offset) == (str(segment.relative_to(sound.root)), second.start)
    assert not checks["log order"].holds
    assert checks["acknowledged is stored"].findings == 1


def test_a_changed_byte_anywhere_in_a_segment(sound):
    segment, chance = sound.segments[-1], random.Random(1)
    whole, before = segment.read_bytes(), list(Segment(segment))
    for offset in chance.sample(range(len(whole)), 200):
        flip(segment, offset, chance.randrange(8))
        hit = next(r for r in before if r.start <= offset < r.end)
        found = list(Segment(segment))
        assert [(g.start, g.end, g.torn) for g in found if isinstance(g, Gap)] == [(hit.start, hit.end, False)], offset
        assert [r for r in found if isinstance(r, Record)] == [r for r in before if r is not hit]
        segment.write_bytes(whole)


def test_a_torn_end_is_a_note_at_every_length(sound):
    segment = sound.segments[-1]
    whole, last = segment.read_bytes(), list(Segment(segment))[-1]
    for end in range(last.start + 1, last.end):
        segment.write_bytes(whole[:end])
        found = list(Segment(segment))[-1]
        assert (found.start, found.end, found.torn) == (last.start, end, True)
    checks = check(sound)
    assert checks["log records"].holds
    assert checks["log records"].notes == 1
    assert checks["acknowledged is stored"].findings == 1  # it says what a torn end alone does not


def test_blocks_of_zeros_at_the_end_are_a_note(sound):
    with sound.segments[-1].open("ab") as file:
        file.write(bytes(4096))
    checks = check(sound)
    assert checks["log records"].holds
    assert checks["log records"].notes == 1


def test_bytes_of_no_record_at_the_end_are_a_finding(sound):
    with sound.segments[-1].open("ab") as file:
        file.write(random.Random(1).randbytes(4096))
    assert failed(sound) == {"log records"}


def test_a_missing_segment(sound):
    sound.segments[-1].rename(sound.root / "away")
    assert failed(sound) == {"acknowledged is stored"}
    (sound.root / "away").rename(sound.root / "log" / "otlp" / f"{99:020d}-{'0' * 32}-2.seg")
    assert "log order" in failed(sound)


@pytest.mark.parametrize("table", ["spans", "genai_calls"])
def test_a_changed_byte_anywhere_in_a_data_file(sound, table):
    chance = random.Random(1)
    for path in chance.sample(sorted((sound.root / "tables" / table).glob("receive_day=*/*.parquet")), 3):
        whole = path.read_bytes()
        flip(path, chance.randrange(len(whole)), chance.randrange(8))
        found = [f.file for f in check(sound)["table digests"].kept]
        assert found == [str(path.relative_to(sound.root))]
        path.write_bytes(whole)


def test_a_changed_byte_anywhere_in_a_commit(sound):
    commit, chance = sound.commits()[1], random.Random(1)
    whole = commit.read_bytes()
    for offset in chance.sample(range(len(whole)), 3):
        flip(commit, offset)
        assert "table digests" in failed(sound)
        commit.write_bytes(whole)


def test_files_of_an_older_version_have_no_digest_which_is_a_note(sound):
    for sums in sound.root.glob("tables/*/_SHA256SUMS"):
        sums.unlink()
    checks = check(sound)
    assert checks["table digests"].holds
    assert checks["table digests"].notes == len(list((sound.root / "tables").iterdir()))


@pytest.mark.parametrize("table", ["spans", "logs", "metric_points", "genai_calls", "costs"])
def test_a_missing_or_shorter_data_file(sound, table):
    path = sound.data_file(table)
    name = str(path.relative_to(sound.root))
    path.write_bytes(path.read_bytes()[:-1])
    assert [f.file for f in check(sound)["table files"].kept] == [name]
    path.unlink()
    checks = check(sound)
    assert [f.file for f in checks["table files"].kept] == [name]
    assert checks["sealed is stored"].holds == (table in ("genai_calls", "costs"))


def test_a_file_with_other_rows(sound):
    spans = sorted((sound.root / "tables" / "spans").glob("receive_day=*/*.parquet"))
    rows = parquet.ParquetFile(spans[0]).read()
    parquet.write_table(rows.slice(1), spans[0])
    assert "table files" in failed(sound)


@pytest.mark.parametrize("stated", ["numRecords", "minValues", "maxValues", "size"])
def test_a_changed_statement_in_a_commit(sound, stated):
    commit = sound.commits()[-1]
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    (add,) = (a["add"] for a in actions if "add" in a)
    stats = json.loads(add["stats"])
    if stated == "size":
        add["size"] += 1
    elif stated == "numRecords":
        stats["numRecords"] += 1
    else:
        stats[stated]["start_unix_ns"] += 1
    add["stats"] = json.dumps(stats)
    commit.write_text("\n".join(map(json.dumps, actions)))
    assert "table files" in failed(sound)


@pytest.mark.parametrize("how", ["removed", "empty", "cut", "changed"])
@pytest.mark.parametrize("which", [-1, -2])
def test_a_broken_commit(sound, which, how):
    commit = sound.commits("costs")[which]
    whole = commit.read_bytes()
    commit.unlink() if how == "removed" else commit.write_bytes(
        {"empty": b"", "cut": whole[: len(whole) // 2], "changed": whole.replace(b"{", b"[", 1)}[how]
    )
    found = check(sound)["table versions"].kept
    assert [f.file for f in found if not f.note] == [str(commit.relative_to(sound.root))]


def test_a_broken_checkpoint(sound):
    (checkpoint,) = (sound.root / "tables" / "spans" / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    found = check(sound)["table versions"].kept
    assert [f.file for f in found if not f.note] == [str(checkpoint.relative_to(sound.root))]


@pytest.mark.parametrize("how", ["empty", "missing file"])
def test_a_broken_commit_that_was_not_synced_yet_is_a_note(sound, how):
    commits = sound.commits()
    after = commits[-1].with_name(f"{len(commits):020d}.json")
    add = {"path": "receive_day=2026-01-01/none.parquet", "size": 1, "partitionValues": {"receive_day": "2026-01-01"}}
    after.write_text("" if how == "empty" else json.dumps({"add": add}))
    after.chmod(0o600)
    checks = check(sound)
    assert [c.name for c in checks.values() if not c.holds] == []
    assert checks["table versions"].notes + checks["table files"].notes == 1


def test_rows_stored_twice(sound):
    """A second commit adds the first one's file again, under another name."""
    commits, path = sound.commits(), sound.data_file()
    copy = path.with_name("part-again.parquet")
    shutil.copy(path, copy)
    add = next(
        a["add"] for c in commits for a in map(json.loads, c.read_text().splitlines())
        if a.get("add", {}).get("path", "").endswith(path.name)
    )  # fmt: skip
    again = commits[-1].with_name(f"{len(commits):020d}.json")
    again.write_text(json.dumps({"add": {**add, "path": add["path"].replace(path.name, copy.name)}}))
    again.chmod(0o600)
    assert failed(sound) == {"no row twice", "acknowledged is stored"}


def test_a_computed_row_without_its_span(sound):
    commit = sound.commits()[-1].with_name(f"{len(sound.commits()):020d}.json")
    last = json.loads(next(line for line in sound.commits()[-1].read_text().splitlines() if '"add"' in line))["add"]
    commit.write_text(json.dumps({"remove": {"path": last["path"], "dataChange": True}}))
    commit.chmod(0o600)
    newest = max((sound.root / "snapshots").iterdir(), key=lambda p: int(p.stem))
    content = json.loads(newest.read_text())
    content["tables"]["spans"] += 1
    newest.write_text(json.dumps(content))
    assert {"references", "sealed is stored"} <= failed(sound)


def test_markers_behind_rows_and_behind_what_is_sealed(sound):
    for table in ("spans", "logs", "metric_points"):
        for commit in sound.commits(table):
            lines = [line for line in commit.read_text().splitlines() if '"txn"' not in line]
            commit.write_text("\n".join(lines))
        for checkpoint in (sound.root / "tables" / table / "_delta_log").glob("*checkpoint*"):
            checkpoint.unlink()
    found = check(sound)["positions"].kept
    assert {f.file for f in found} == {"tables/spans", "tables/logs", "tables/metric_points", "state/sealed.json"}


def test_sealed_over_a_request_that_is_not_stored(sound):
    sealed = sound.root / "state" / "sealed.json"
    content = json.loads(sealed.read_text())
    content["receivers"]["otlp"] += 2
    sealed.write_text(json.dumps(content))
    checks = check(sound)
    assert checks["sealed is stored"].findings == 2
    assert not checks["positions"].holds


@pytest.mark.parametrize("file", ["state/sealed.json", "state/analysed.json", "snapshots", "pins"])
def test_a_truncated_state_file(sound, file):
    path = sound.root / file
    path = max(path.iterdir(), key=lambda p: int(p.stem)) if path.is_dir() else path
    path.write_bytes(path.read_bytes()[:-3])
    (found,) = (f for f in check(sound)["state"].kept)
    assert found.file == str(path.relative_to(sound.root))
    assert found.offset is not None
    path.write_bytes(b"")
    assert "state" in failed(sound)


def test_missing_progress(sound):
    (sound.root / "state" / "sealed.json").unlink()
    assert "state" in failed(sound)


def test_snapshots_that_go_backwards(sound):
    newest = max((sound.root / "snapshots").iterdir(), key=lambda p: int(p.stem))
    content = json.loads(newest.read_text())
    content["tables"]["spans"] -= 1
    content["created_unix_ns"] = 0
    newest.write_text(json.dumps(content))
    snapshots = check(sound)["snapshots"]
    assert (snapshots.findings, snapshots.notes) == (1, 1)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_access_for_others(sound, mode):
    sound.data_file().chmod(mode)
    assert [f.file for f in check(sound)["owner only"].kept] == [str(sound.data_file().relative_to(sound.root))]


def test_unknown_files_are_listed(sound):
    for name in ("core", "log/otlp/notes.txt", "tables/spans/x.parquet"):
        (sound.root / name).write_bytes(b"")
        (sound.root / name).chmod(0o600)
    assert {f.file for f in check(sound)["unknown files"].kept} == {
        "core",
        "log/otlp/notes.txt",
        "tables/spans/x.parquet",
    }


def test_a_finding_that_touches_much_is_counted_and_not_kept_whole():
    many = Check("x", "rows")
    for n in range(1000):
        many.fail("f", f"{n}", "")
    assert (many.findings, len(many.kept)) == (1000, 100)
