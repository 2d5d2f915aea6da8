"""Reads a Delta table's live files by the protocol alone: commits and checkpoint, json and pyarrow; no code of ours."""

import json
from pathlib import Path

from pyarrow import parquet


def live_files(table: Path, version: int | None = None) -> list[str]:
    """Return the paths of the files of a version, or of the newest."""
    log = table / "_delta_log"
    upto = float("inf") if version is None else version
    checkpoints = (int(p.name.partition(".")[0]) for p in log.glob("*.checkpoint.parquet"))
    checkpoint = max((c for c in checkpoints if c <= upto), default=-1)
    live = set(_checkpointed(log / f"{checkpoint:020d}.checkpoint.parquet")) if checkpoint >= 0 else set()
    commits = sorted(p for p in log.glob("*.json") if p.stem.isdigit() and checkpoint < int(p.stem) <= upto)
    versions = [int(p.stem) for p in commits]
    assert versions == list(range(checkpoint + 1, checkpoint + 1 + len(commits))), "a commit is missing"
    for commit in commits:
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        live -= {a["remove"]["path"] for a in actions if "remove" in a}
        live |= {a["add"]["path"] for a in actions if "add" in a}
    return [str(table / path) for path in sorted(live)]


def _checkpointed(path: Path) -> list[str]:
    return [add["path"] for add in parquet.read_table(path, columns=["add"])["add"].to_pylist() if add and add["path"]]
