"""Exactly once: processes are killed with -9 under load, and what was acknowledged is what is stored, each once."""

import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from otel_cert.store.stage import STAGES

from .delta import live_files
from .load import Sender, content
from .running import ROLES, Running

KILLS = int(os.environ.get("OTEL_CERT_KILLS", "4"))
"""Per process."""
SEED = int(os.environ.get("OTEL_CERT_SEED", "1"))

# Everything happens often: seals, compaction, cleaning, new segments, rounds.
CONFIG = """
store: {seal_interval: 0.2s, hot_files: 2, segment_bytes: 64KiB, grace: 1s}
analysis: {interval: 0.1s, quiet: 0.2s, max_age: 1s}
"""
RECEIVING, COMPUTING = {"queueing", "log_write", "log_sync"}, {"observing", "evaluating", "replacing"}
KEEPING = {"recovering", "compacting", "checkpointing", "cleaning", "syncing", "recording", "publishing"}
STAGES_OF = {"receiver": RECEIVING, "writer": {*STAGES} - RECEIVING - COMPUTING, "analysis": COMPUTING | KEEPING}
TABLES = {"traces": "spans", "logs": "logs", "metrics": "metric_points"}
COUNTS = "SELECT (SELECT count(*) FROM spans) AS spans, count(*) AS calls FROM genai_calls"


@pytest.fixture
def running(tmp_path):
    service = Running(tmp_path, CONFIG)
    service.start()
    yield service
    service.abandon()


def test_acknowledged_is_stored_once_whatever_is_killed(running, capsys):
    protocols = ("http", "grpc", "http")
    senders = [Sender(f"s{i}", p, running.endpoints, SEED + i, pause_s=0.03) for i, p in enumerate(protocols)]
    for sender in senders:
        sender.start()
    try:
        hits = kill_at_random(running, KILLS, random.Random(SEED))
    finally:
        for sender in senders:
            sender.stop()
    running.stop()
    running.cli("process")
    with capsys.disabled():
        sys.stderr.write(f"\n{table(hits)}\n")  # a pytest-xdist worker has no other way out
    assert {role: sum(n for (r, _), n in hits.items() if r == role) for role in ROLES} == dict.fromkeys(ROLES, KILLS)
    assert len({stage for _, stage in hits if stage != "idle"}) >= min(8, KILLS // 2), "too few stages were hit"
    rounds = hits["analysis", "evaluating"] + hits["analysis", "replacing"]
    assert rounds or KILLS < 20, "no round was hit"  # of few kills all may miss
    assert sum(s.repeats for s in senders) > 0, "no sender ever noticed a kill"
    acknowledged = {signal: sorted(i for s in senders for i in s.acknowledged[signal]) for signal in TABLES}
    verify_raw(running.data, acknowledged)
    verify_derived(running, acknowledged["traces"])


def kill_at_random(running: Running, kills: int, chance: random.Random) -> Counter[tuple[str, str]]:
    """Kill every process `kills` times, in mixed order: while it starts, at a chosen stage, or at any moment."""
    hits: Counter[tuple[str, str]] = Counter()
    tried: Counter[tuple[str, str]] = Counter()
    for _ in range(kills):
        for role in chance.sample(ROLES, len(ROLES)):
            way = chance.choices(("starting", "chosen", "any"), (1, 3, 2))[0]
            if way != "starting":
                running.await_ready(role)
            pid = running.pid(role)
            if way == "chosen":
                running.wait_for_stage(pid, {least_tried(role, tried, chance)}, timeout_s=10)
            else:
                running.wait_for_stage(pid, {"recovering"} if way == "starting" else (), chance.uniform(0, 0.4))
            hits[role, running.kill(role, pid)] += 1
    return hits


def least_tried(role: str, tried: Counter[tuple[str, str]], chance: random.Random) -> str:
    """Return one of the stages that a running process was least often to be killed in; its own work before housekeeping."""
    stages = sorted(STAGES_OF[role] - {"recovering"})
    chosen = min(stages, key=lambda stage: (tried[role, stage], stage in KEEPING, chance.random()))
    tried[role, chosen] += 1
    return chosen


def table(hits: Counter[tuple[str, str]]) -> str:
    """Return the kills per process and stage as text."""
    counts = [(stage, [hits[role, stage] for role in ROLES]) for stage in (*STAGES, "idle")]
    rows = [("killed while", ROLES), *((stage, numbers) for stage, numbers in counts if any(numbers))]
    return "\n".join(f"{name:<26}" + "".join(f"{cell:>10}" for cell in cells) for name, cells in rows)


def verify_raw(data: Path, acknowledged: dict[str, list[str]]) -> None:
    for signal, name in TABLES.items():
        rows = duckdb.sql(
            "SELECT attributes['test.id'], attributes['test.content'], flags "
            f"FROM read_parquet({live_files(data / 'tables' / name)!r}, hive_partitioning = true)"
        ).fetchall()
        stored = Counter(id_ for id_, _, _ in rows)
        assert [i for i, n in stored.items() if n > 1] == [], f"{name}: stored twice"
        assert sorted(stored) == acknowledged[signal], f"{name}: acknowledged and stored differ"
        assert all(text == content(id_) and not flags for id_, text, flags in rows), f"{name}: other content"


def verify_derived(running: Running, spans: list[str]) -> None:
    calls, costs = (live_files(running.data / "tables" / name) for name in ("genai_calls", "costs"))
    ids = duckdb.sql(f"SELECT response_id FROM read_parquet({calls!r}, hive_partitioning = true)").fetchall()
    assert sorted(id_ for (id_,) in ids) == sorted(f"chatcmpl-{id_}" for id_ in spans)
    assert duckdb.sql(
        f"SELECT count(*), count(DISTINCT (k.trace_id, k.span_id)), count(total_cost) FROM read_parquet({costs!r}) k "
        f"SEMI JOIN read_parquet({calls!r}) c USING (trace_id, span_id)"
    ).fetchall() == [(len(spans), len(spans), len(spans))]
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet({costs!r})").fetchall() == [(len(spans),)]
    counted = json.loads(running.cli("sql", COUNTS, "--format", "json"))
    assert counted == [{"spans": len(spans), "calls": len(spans)}]
