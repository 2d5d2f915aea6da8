import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner

from otel_cert.cli import VERBS
from otel_cert.schema import BUILTIN

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_parts_are_current(generate):
    result = CliRunner().invoke(generate.main, ["--check"])
    assert result.exit_code == 0, result.output


def test_every_verb_is_documented():
    page = (DOCS / "cli.md").read_text()
    assert [verb for verb in VERBS if f"## `{verb}`" not in page] == []


def test_every_table_and_column_is_documented():
    page = (DOCS / "schema.md").read_text()
    missing = [
        f"{table.name}.{column}"
        for table in BUILTIN
        for column in (*table.names, *(name for name, _, _ in table.view_columns()))
        if f"| `{column}` |" not in page.partition(f"## `{table.name}`\n")[2].partition("\n## ")[0]
    ]
    assert missing == []


def test_a_stale_page_is_found_and_written_anew(generate, tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "collector-config").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("before\n<!-- generated: letters -->\nold\n<!-- end -->\nafter\n")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "SECTIONS", {"letters": lambda: iter(["a", "b"])})
    monkeypatch.setattr(generate, "load", lambda *_: None)
    monkeypatch.setattr(generate, "commented_yaml", lambda *_: "full\n")
    run = CliRunner().invoke
    assert run(generate.main, ["--check"]).exit_code == 1
    assert "old" in page.read_text(), "a check changes nothing"
    assert run(generate.main, ["--write"]).exit_code == 0
    assert page.read_text() == "before\n<!-- generated: letters -->\n\na\nb\n\n<!-- end -->\nafter\n"
    assert (tmp_path / "collector-config" / "full.yaml").read_text() == "full\n"
    assert run(generate.main, ["--check"]).exit_code == 0
