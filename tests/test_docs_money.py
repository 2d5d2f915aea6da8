"""What docs/roi.md and docs/budgets.md show is what the commands print, and their configuration is one."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from otel_cert.config.loader import check
from otel_cert.exporters.budget import BudgetSettings
from otel_cert.registry import Registry

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", ["roi", "budgets"])
def test_the_calculation_by_hand_is_of_what_is_printed(page, tmp_path):
    section = (ROOT / "docs" / f"{page}.md").read_text().partition("## By hand")[2]
    [commands, shown] = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)
    printed = ""
    for line in commands.splitlines()[1:]:
        command = [sys.executable, "-m", "otel_cert", *shlex.split(line)[1:]]
        env = os.environ | {"OTEL_CERT_DATA_DIR": str(tmp_path)}
        printed = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()


def test_the_budgets_of_the_page_are_a_configuration():
    [text] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "budgets.md").read_text(), re.DOTALL)
    checked = check(text, Registry.installed(), {})
    assert (checked.problems, checked.warnings) == ((), ())
    settings = checked.config.exporters["budget"]
    assert isinstance(settings, BudgetSettings)
    assert list(settings.budgets) == ["everything", "search", "each user"]
