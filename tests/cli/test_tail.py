"""`otel-cert tail`: calls on the terminal as they arrive."""

import json
import subprocess
from contextlib import contextmanager

import pytest

from tests.stored import START_NS, body, chat, plain

from .serving import COMMAND, DRAINED, ENVIRONMENT, cli, serving


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("tail"), DRAINED) as running:
        assert running.post(body(chat(1, gen_ai__request__model="before"))) == 200
        yield running


@contextmanager
def tailing(running, *arguments):
    """Run `tail` until the block ends; it has begun to watch."""
    command = [*COMMAND, "tail", "--data-dir", running.data, "--interval", "0.1", "--for", "60", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stderr.readline() == "waiting for calls; Ctrl-C stops\n"
            yield process.stdout
        finally:
            process.kill()


def test_a_call_is_one_line_where_unknown_is_a_question_mark(running):
    unknown = {"gen_ai__usage__input_tokens": None, "gen_ai__response__model": "\x1b[2Jnew"}
    odd = chat(3, 33, **unknown) | {"start_time_unix_nano": START_NS + 4 * 10**9, "end_time_unix_nano": 1}
    with tailing(running) as lines:
        assert running.post(body(plain(2), chat(3, 31), chat(3, 32, error__type="429"), odd)) == 200
        shown = [lines.readline().rstrip("\n").split("  ") for _ in range(3)]
    assert shown == [
        ["00:00:03.000", "shop", "chat openai/gpt-4o-mini-2024-07-18", "1.00 s", "100 -> 10 tokens", "0.000021 USD"],
        ["00:00:03.000", "shop", "chat openai/gpt-4o-mini", "1.00 s", "error 429"],
        ["00:00:04.000", "shop", "chat openai/[2Jnew", "? s", "? -> 10 tokens", "cost ?"],
    ]


def test_json_is_one_object_per_line(running):
    exact = {"start_time_unix_nano": START_NS + 123_456_001, "end_time_unix_nano": START_NS + 10**9}
    with tailing(running, "--format", "json") as lines:
        assert running.post(body(chat(5) | exact, chat(6))) == 200
        calls = [json.loads(lines.readline()) for _ in range(2)]
    assert [call["trace_id"] for call in calls] == [f"{n:032x}" for n in (5, 6)]
    assert calls[0].items() >= {
        "start_time": "2026-01-01T00:00:00.123456Z", "model": "gpt-4o-mini-2024-07-18", "input_tokens": 100,
        "output_tokens": 10, "cost": 2.1e-05, "currency": "USD", "error": None,
    }.items()  # fmt: skip


def test_it_stops_after_the_time_given(running):
    done = cli("tail", "--data-dir", running.data, "--for", "0.1", "--interval", "0.05")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_wrong_configuration_is_told_before_missing_data(tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text("store: {grace: '${env:MISSING}'}\n")
    done = cli("tail", "--config", config, "--data-dir", tmp_path / "none")
    assert (done.returncode, done.stdout) == (4, "")
    assert "environment variable MISSING is not set" in done.stderr
