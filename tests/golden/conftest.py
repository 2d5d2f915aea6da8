"""The store of the made traffic, imported and computed as a user does it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli

from . import traffic


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    traffic.write(folder / "traces.jsonl")
    done = CliRunner().invoke(cli, ["import", "--data-dir", str(folder / "data"), str(folder / "traces.jsonl")])
    assert done.exit_code == 0, done.output
    return folder / "data"
