"""Reads a Delta table's live files by the protocol alone: commits and checkpoint, json and pyarrow; no code of ours."""

import json
from pathlib import Path

from pyarrow import parquet


def live_files(table: Path) -> list[str]:
    """Return the paths of the files of the newest version."""
    log = table / "_delta_log"
    checkpoint = max((int(p.name.partition(".")[0]) for p in log.glob("*.checkpoint.parquet")), default=-1)
    live = set(_checkpointed(log / f"{checkpoint:020d}.checkpoint.parquet")) if checkpoint >= 0 else set()
    commits = sorted(p for p in log.glob("*.json") if p.stem.isdigit() and int(p.stem) > checkpoint)
    versions = [int(p.stem) for p in commits]
    assert versions == list(range(checkpoint + 1, checkpoint + 1 + len(commits))), "a commit is missing"
    for commit in commits:
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        live -= {a["remove"]["path"] for a in actions if "remove" in a}
        live |= {a["add"]["path"] for a in actions if "add" in a}
    return [str(table / path) for path in sorted(live)]


def _checkpointed(path: Path) -> list[str]:
    return [add["path"] for add in parquet.read_table(path, columns=["add"])["add"].to_pylist() if add and add["path"]]
