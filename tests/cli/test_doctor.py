"""`otel-cert doctor` names what is wrong with the machine and with what was sent, and what to do."""

import json
import os
import socket
import time
from datetime import date, timedelta

import pytest

from otel_cert.doctor import machine, prices
from otel_cert.doctor.finding import State
from otel_cert.processors.listed_prices import newest as newest_price
from otel_cert.semconv.dialect import installed
from otel_cert.store import snapshots
from otel_cert.store.files import lock, write_json
from tests.stored import Store, body, chat

CONFIG = """receivers:
  otlp:
    protocols:
      grpc: {{endpoint: "127.0.0.1:{grpc}"}}
      http: {{endpoint: "127.0.0.1:{http}"}}
"""


@pytest.fixture
def config(tmp_path):
    """A configuration whose gRPC port another program has, and whose HTTP port is free."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        ports = {"grpc": taken.getsockname()[1], "http": free.getsockname()[1]}
        free.close()
        path = tmp_path / "config.yaml"
        path.write_text(CONFIG.format(**ports))
        yield path


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


def findings(run, *arguments, exit_code=0):
    done = run("doctor", "--format", "json", *arguments)
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout)


def of(found, area):
    return [f for f in found if f["area"] == area]


def test_a_taken_port_is_a_problem_with_the_command_that_names_its_holder(run, store, config):
    found = findings(run, "--config", config, "--data-dir", store.layout.root, exit_code=3)
    grpc, http = of(found, "ports")
    assert (grpc["state"], http["state"]) == ("problem", "ok")
    assert "ss -ltnp" in grpc["next_step"]


def test_a_port_that_a_service_over_this_directory_holds_is_fine(store, config):
    from otel_cert.config.loader import load
    from otel_cert.registry import Registry

    settings = load(config, Registry.installed())
    with lock(store.layout.lock("writer"), "writer"):
        grpc, http = machine.ports(settings, store.layout)
    assert (grpc.state, http.state) == (State.OK, State.NOTE)


def test_traffic_says_who_leaves_out_what(run, store):
    silent = {"gen_ai__usage__input_tokens": None, "gen_ai__usage__output_tokens": None}
    store.take(body(chat(1), chat(2, **silent), chat(3, gen_ai__input__messages="[{")))
    store.take(body(chat(4, gen_ai__response__model=None), scope_name="com.example.own"))
    found = of(findings(run, "--data-dir", store.layout.root), "traffic")
    told = {(f["subject"].rpartition(".")[2], f["finding"].partition(" in dialect")[0]): f for f in found}
    assert told["openai", "3 calls"]["finding"] == "3 calls in dialect otel-latest"
    tokens = told["openai", "1 of 3 calls (33%) without tokens"]
    assert (tokens["state"], "gen_ai.usage.input_tokens" in tokens["next_step"]) == ("warning", True)
    assert told["own", "1 of 1 call (100%) without a response model"]["next_step"] == "missing: gen_ai.response.model"
    assert ("openai", "sent in a form that could not be read: input_messages (1)") in told


def test_a_person_is_told_line_by_line(run, store):
    store.take(body(chat(1, gen_ai__response__model=None)))
    lines = run("doctor", "--data-dir", store.layout.root).output.splitlines()
    at = next(n for n, line in enumerate(lines) if "without a response model" in line)
    assert lines[at].startswith("warning")
    assert lines[at + 1].split() == ["next:", "missing:", "gen_ai.response.model"]


def test_without_a_store_it_says_how_to_get_one(run, tmp_path):
    (traffic,) = of(findings(run, "--data-dir", tmp_path / "none"), "traffic")
    assert (traffic["state"], "otel-cert demo" in traffic["next_step"]) == ("note", True)


def test_a_store_that_cannot_be_read_is_a_problem_with_what_finds_out_more(run, store):
    store.take(body(chat(1)))
    store.layout.snapshot(snapshots.latest(store.layout).number).write_text("{")
    (broken,) = of(findings(run, "--data-dir", store.layout.root, exit_code=3), "store")
    assert (broken["state"], "otel-cert verify" in broken["next_step"]) == ("problem", True)


@pytest.mark.parametrize("host", ["a..b", "a" * 64, "no-such-host.invalid"])
def test_a_host_that_does_not_exist_is_a_problem(run, tmp_path, host):
    path = tmp_path / "config.yaml"
    path.write_text(
        f'receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "{host}:4317"}}, http: {{endpoint: null}}}}}}}}'
    )
    (port,) = of(findings(run, "--config", path, "--data-dir", tmp_path / "none", exit_code=3), "ports")
    assert (port["state"], port["next_step"]) == ("problem", "correct the endpoint")


def test_a_clock_that_was_set_back_is_a_problem(store):
    store.take(body(chat(1)))
    assert machine.clock(store.layout).state is State.OK
    newest = snapshots.latest(store.layout)
    ahead = {**json.loads(store.layout.snapshot(newest.number).read_text()), "created_unix_ns": time.time_ns() + 10**12}
    write_json(store.layout.snapshot(newest.number), ahead)
    assert machine.clock(store.layout).state is State.PROBLEM


def test_disk_without_room_or_right_to_write(tmp_path):
    (full,) = machine.disk(tmp_path / "data", 1 << 60)
    (close,) = machine.disk(tmp_path, int(os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize * 0.5))
    assert (full.state, close.state) == (State.PROBLEM, State.WARNING)
    (tmp_path / "file").touch()
    (file,) = machine.disk(tmp_path / "file" / "data", 0)
    assert (file.state, file.finding) == (State.PROBLEM, "is no folder")


def test_old_prices_are_a_warning():
    newest = newest_price()
    assert prices.age(newest).state is State.OK
    assert prices.age(newest + timedelta(days=1)).finding.endswith(", 1 day ago")
    assert prices.age(date(newest.year + 1, newest.month, 1)).state is State.WARNING


def test_advice_is_about_fields_that_a_dialect_reads():
    for dialect in installed():
        assert dialect.advice.keys() <= dialect.fields.keys(), dialect.name
