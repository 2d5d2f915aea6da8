"""The calculation by hand of docs/optimize.md, on the recorded requests that it names."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from otel_cert.cli import cli

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "optimize.md").read_text()


@pytest.fixture(scope="module")
def advice(tmp_path_factory):
    """Run the page's commands; return what the second prints as JSON, and for people."""
    folder = tmp_path_factory.mktemp("docs")
    commands = re.findall(r"^otel-cert (\w+) (.*captures.*)$", PAGE, re.MULTILINE)
    assert [verb for verb, _ in commands] == ["import", "optimize"]
    for verb, arguments in commands:
        paths = arguments.replace("captures", str(folder / "captures")).replace("tests/", f"{ROOT}/tests/")
        more = ["--format", "json"] if verb == "optimize" else []
        result = CliRunner().invoke(cli, [verb, *paths.split(), *more])
        assert result.exit_code == 0, result.output
    return json.loads(result.stdout, parse_float=Decimal)


def test_the_first_row_is_what_the_page_calculates(advice):
    first = advice["savings"][0]
    assert (first["task"]["model"], first["variant"]) == ("o4-mini", "openai/gpt-4o-mini")
    millionths = Decimal(first["amount"]) * 1_000_000
    assert millionths == 13 * (Decimal("1.10") - Decimal("0.15")) + 212 * (Decimal("4.40") - Decimal("0.60"))
    assert f"**{millionths.normalize()} millionths: {round(Decimal(first['amount']), 6)} USD**" in PAGE
    assert (first["low"], first["check"][0]) == (
        0,
        "Measure before switching: evaluate both models on the same requests.",
    )


def test_every_option_of_the_command_is_explained():
    options = {option for p in cli.get_command(None, "optimize").params for option in p.opts}
    unexplained = {o for o in options if o.startswith("--") and o not in PAGE}
    assert unexplained <= {"--until", "--model", "--user", "--tag", "--limit", "--data-dir", "--help"}
