"""The benchmark runs, finds both sides' answers alike and reports every figure."""

import json
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).parents[2]


def test_it_compares_with_bare_duckdb(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    from entropy_queries import main

    options = "--calls 300 --tokens 12 --rounds 1 --format json --folder"
    done = CliRunner().invoke(main, [*options.split(), str(tmp_path)])
    assert done.exit_code == 0, done.output
    figures = {row["figure"]: row["median"] for row in json.loads(done.stdout)["figures"]}
    assert all(value > 0 for value in figures.values())
    for what in ("entropy by model", "list functions"):
        assert f"goal: {what}, times bare DuckDB, times the limit 1.7" in figures
    assert not list(tmp_path.iterdir())
