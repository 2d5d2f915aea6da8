"""Every block of SQL and Python of docs/entropy.md runs, and its heat map is what the command prints."""

import re
from math import log
from pathlib import Path

import pytest

from otel_cert.report import heat
from tests.stored import Store, body, chat

PAGE = (Path(__file__).parent.parent / "docs" / "entropy.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = Store(tmp_path_factory.mktemp("docs"))
    sent = {"otel_cert__logprobs__values": "[-0.5, -6.0, -5.0]", "otel_cert__logprobs__tokens": '["a", "b", "c"]'}
    found.take(body(chat(1, **sent)))
    return found


def test_the_sql(store):
    (page,) = blocks("sql")
    unlikely, first = (store.rows(sql) for sql in page.split(";\n") if sql.strip())
    assert unlikely == [(f"{1:016x}", "b", 6.0), (f"{1:016x}", "c", 5.0)]
    assert first == [("gpt-4o-mini", pytest.approx(11.5 / 3))]


def test_the_python(capsys):
    (code,) = blocks("python")
    exec(code, {})
    assert "1.105" in capsys.readouterr().out


def test_the_heat_map():
    (_, shown, *_) = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    surprisal = [0.1, -log(0.4), -log(0.05), 0.001, -log(0.005), None]
    lines = heat.marked(heat.cells(["Os", "lo", " is", "\n", "big", "?"], surprisal), 80)
    assert shown == "\n".join(f"{line}\n{marks}" for line, marks in lines) + f"\n\n{heat.legend()}\n"


def test_every_setting_and_reason_is_told():
    from otel_cert.processors.entropy import EntropySettings
    from otel_cert.questions.unmeasured import REASONS

    assert all(f"`{name}`" in PAGE or f"{name}:" in PAGE for name in EntropySettings.model_fields)
    assert all(f"`{reason}`" in PAGE for reason in REASONS)
