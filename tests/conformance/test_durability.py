"""What is acknowledged stays: points 72 to 86. Each test ends with the independent checker."""

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from structlog.testing import capture_logs

from otel_cert.otlp.requests import SIGNALS
from otel_cert.store.backlog import Backlog
from otel_cert.store.layout import Layout
from otel_cert.verify import verify
from otel_cert.verify.segments import Segment
from tests.cli.serving import DRAINED, ENVIRONMENT, cli, eventually
from tests.durability.clock import Clock
from tests.durability.running import Running
from tests.durability.test_kill import CONFIG, kill_at_random
from tests.power.cuts import Cuts, Sender
from tests.power.shim import shim

from .disks import MIB, full, seen_at, small_disk
from .messages import traces
from .served import Served, served

__all__ = ["shim"]


SEED = int(os.environ.get("OTEL_CERT_SEED", "1"))
CUTS = int(os.environ.get("OTEL_CERT_CUTS", "1"))
VARIANTS = int(os.environ.get("OTEL_CERT_CUT_VARIANTS", "3"))
STORE_V1 = Path(__file__).parents[1] / "data" / "store-v1"
ALL = "name LIKE 'point%'"


def lines(*bodies):
    """Return the lines for `verify --acknowledged` that name the spans of acknowledged requests."""
    spans = (
        span
        for body in bodies
        for resource_spans in SIGNALS["traces"].request.FromString(body).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    )
    return [f"{span.trace_id.hex()} {span.span_id.hex()}" for span in spans]


def findings(data, acknowledged):
    """Return what the independent checker finds, with the lines that have to be stored."""
    file = data.with_name("acknowledged")
    file.write_text("\n".join(acknowledged))
    return [(c.name, f.file, f.meaning) for c in verify(data, file) for f in c.kept if not f.note]


def sent(service, n, name="point", **fields):
    """Send requests until acknowledged and return them."""
    bodies = [traces(name, **fields) for _ in range(n)]
    assert [service.send(body).status_code for body in bodies] == [200] * n
    return bodies


def test_72_killed_at_random_moments(tmp_path):
    """After kill -9 of any process at random moments, everything acknowledged is stored."""
    running = Running(tmp_path, CONFIG)
    running.start()
    senders = [Sender(running.endpoints, f"s{i}", SEED + i) for i in range(2)]
    for sender in senders:
        sender.start()
    try:
        hits = kill_at_random(running, 1, random.Random(SEED))
    finally:
        for sender in senders:
            sender.stop()
        running.stop()
    assert sum(hits.values()) == 3
    acknowledged = [line for sender in senders for line in sender.acknowledged]
    assert acknowledged
    assert findings(running.data, acknowledged) == []


@contextmanager
def strace(pid, trace, *expressions):
    """Trace a process, all its threads, while the block runs."""
    if shutil.which("strace") is None and os.environ.get("OTEL_CERT_ALL_TOOLS") != "1":
        pytest.skip("strace makes system calls fail: install it to see this test")
    command = ["strace", "-f", "-p", str(pid), "-o", trace, *(word for e in expressions for word in ("-e", e))]
    said = trace.with_suffix(".said")
    with said.open("w") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        eventually(lambda: "attached" in said.read_text(), True)
        try:
            yield
        finally:
            if "killed by SIGKILL" in trace.read_text():
                process.kill()  # it would wait for threads of the process that it killed
            process.send_signal(signal.SIGINT)
            process.wait(300)


FAULTS = (("writer", "fsync", "error=EIO"), ("analysis", "fsync", "error=ENOSPC"), ("writer", "rename", "signal=KILL"))


def test_73_failing_system_calls(tmp_path):
    """A process whose system calls fail, or that dies in one, loses nothing; `tests/faults` tries every single call."""
    running = Running(tmp_path, CONFIG)
    running.start()
    sender = Sender(running.endpoints, "s", SEED)
    sender.start()
    try:
        for number, (role, call, fault) in enumerate(FAULTS):
            running.await_ready(role)
            trace = tmp_path / f"trace{number}"
            pid = running.pid(role)
            with strace(pid, trace, f"trace={call}", f"inject={call}:{fault}:when=1"):
                fired = re.compile(r"\(INJECTED\)|killed by SIGKILL")
                eventually(lambda trace=trace, fired=fired: bool(fired.search(trace.read_text())), True, timeout_s=300)
            eventually(lambda role=role, pid=pid: running.pid(role) != pid, True, timeout_s=300)  # it ended, or died
    finally:
        sender.stop()
        running.stop()
    assert findings(running.data, sender.acknowledged) == []


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory):
    """Return the data of a killed service that had sealed nothing, and what it had acknowledged."""
    folder = tmp_path_factory.mktemp("unsealed")
    with served(folder, DRAINED) as service:
        bodies = sent(service, 4)
    return folder / "data", bodies


def copied(unsealed, tmp_path):
    """Return a copy of the data, the segment, and its records."""
    shutil.copytree(unsealed[0], tmp_path / "data")
    (segment,) = (tmp_path / "data" / "log" / "otlp").glob("*.seg")
    return Layout(tmp_path / "data"), segment, list(Segment(segment))


def test_74_a_torn_last_record(unsealed, tmp_path):
    """A last record that is cut off at any byte costs that record alone, and nothing after it is taken for it."""
    layout, segment, records = copied(unsealed, tmp_path)
    whole, last = segment.read_bytes(), records[-1]
    for end in range(last.start, last.end):
        segment.write_bytes(whole[:end])
        assert [p.record.request.body for p in Backlog(layout).take({}, MIB)] == unsealed[1][:-1], end
    with served(tmp_path, DRAINED) as service:
        again = sent(service, 1)
        service.stop()
    assert service.query(f"SELECT count(*) FROM spans WHERE {ALL}") == [(4,)]
    assert findings(layout.root, lines(*unsealed[1][:-1], *again)) == []


def test_75_a_flipped_bit_in_the_log(unsealed, tmp_path):
    """A bit flipped anywhere in a record is detected and quarantined with an error in the log; later records are read."""
    layout, segment, records = copied(unsealed, tmp_path)
    whole, hit, chance = segment.read_bytes(), records[1], random.Random(SEED)
    rest = [body for body in unsealed[1] if body != hit.body]
    for offset in (*range(hit.start, hit.start + 96), *chance.sample(range(hit.start, hit.end), 50), hit.end - 1):
        segment.write_bytes(_flipped(whole, offset, chance.randrange(8)))
        with capture_logs() as logged:
            assert [p.record.request.body for p in Backlog(layout).take({}, MIB)] == rest, offset
        assert [(e["log_level"], e["reason"], e["start"]) for e in logged] == [("error", "damaged", hit.start)]
    shutil.rmtree(layout.quarantine("otlp"))
    with served(tmp_path, DRAINED) as service:
        service.stop()
    assert "ack log gap" in service.log.read_text()
    kept = layout.quarantine("otlp") / f"{segment.stem}-{hit.start}.damaged"
    assert len(kept.read_bytes()) == hit.end - hit.start
    assert service.query(f"SELECT count(*) FROM spans WHERE {ALL}") == [(3,)]
    assert findings(layout.root, lines(*rest)) == []


def _flipped(data, offset, bit):
    changed = bytearray(data)
    changed[offset] ^= 1 << bit
    return bytes(changed)


def test_76_a_failed_sync(tmp_path):
    """A failed sync refuses the request and ends the segment: the same file is never written or synced again."""
    with served(tmp_path, DRAINED) as service:
        before = sent(service, 1)
        calls = "trace=fdatasync,close,write,openat"
        with strace(service.process.pid, tmp_path / "trace", calls, "inject=fdatasync:error=EIO:when=1"):
            refused = traces("point, refused")
            answer = service.send(refused)
            while answer.status_code != 200:  # the first sync of each thread fails
                assert (answer.status_code, answer.headers["Retry-After"].isdigit()) == (503, True)
                answer = service.send(refused)
        after = sent(service, 1)
        service.stop()
    calls = [line.split(None, 1)[1] for line in (tmp_path / "trace").read_text().splitlines()]
    failed = [i for i, call in enumerate(calls) if "(INJECTED)" in call]
    assert failed
    for i in failed:
        descriptor = calls[i].removeprefix("fdatasync(").partition(")")[0]
        following = next(
            c for c in calls[i + 1 :] if c.partition("(")[2].startswith((f"{descriptor},", f"{descriptor})"))
        )
        assert following.startswith("close("), following
    assert findings(service.data, lines(*before, refused, *after)) == []


@pytest.mark.parametrize("min_free", ["8MiB", "0"])
def test_77_a_full_disk(tmp_path, min_free):
    """On a full disk requests are answered 503 and UNAVAILABLE, reading goes on, and all resumes when there is space."""
    config = f"store: {{seal_interval: 200ms, segment_bytes: 64KiB, min_free_bytes: {min_free}}}"
    with small_disk(tmp_path / "data", 48 * MIB) as disk, served(tmp_path, config) as service:
        acknowledged = sent(service, 3)
        service.stored(ALL, n=3)
        with full(disk, leave=0 if min_free == "0" else MIB):
            eventually(lambda: service.send(traces("point", 50)).status_code, 503)
            answer = service.send(traces("point", 50))
            assert int(answer.headers["Retry-After"]) > 0
            code, status = service.refused(traces("point", 50))
            assert code == grpc.StatusCode.UNAVAILABLE
            assert any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status.details)
            assert service.query(f"SELECT count(*) FROM spans WHERE {ALL}")[0][0] >= 3
            assert service.get("/healthz")[0] == 200
        eventually(lambda: service.send(acknowledged[0]).status_code, 200)
        acknowledged += sent(service, 3)
        service.ready_again()
        service.stop()
        assert findings(service.data, lines(*acknowledged)) == []


def test_77_a_disk_that_fills_up_while_sealing_and_computing(tmp_path):
    """Sealing, compaction and analysis fail on a full disk without harm, and go on when there is space."""
    config = "store: {seal_interval: 1s, hot_files: 2, min_free_bytes: 0}\nanalysis: {quiet: 100ms, interval: 100ms}"
    with small_disk(tmp_path / "data", 48 * MIB) as disk, served(tmp_path, config) as service:
        acknowledged = []
        for _ in range(2):
            acknowledged += sent(service, 5)
            with full(disk):
                eventually(lambda: "No space left on device" in service.log.read_text(), True)
        service.stored(ALL, n=10)
        service.ready_again()
        service.stop()
        assert findings(service.data, lines(*acknowledged)) == []


def test_77_a_limit_on_the_size_of_files(tmp_path):
    """A write beyond RLIMIT_FSIZE is answered 503; requests that fit are stored."""
    with served(tmp_path, DRAINED) as service:
        acknowledged = sent(service, 1)
        unlimited = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
        large = traces("point", 200)
        assert service.send(large).status_code == 503
        acknowledged += sent(service, 1)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert service.send(large).status_code == 200
        service.stop()
    assert findings(service.data, lines(*acknowledged, large)) == []


def test_78_a_read_only_folder(tmp_path):
    """On a read-only data directory `serve` says what is wrong and what to do; reading and verifying go on."""
    with served(tmp_path) as service:
        bodies = sent(service, 1)
        service.stored(ALL)
        service.stop()
    with seen_at(service.data, tmp_path / "seen", writable=False) as data:
        for verb in ("serve", "process"):
            refused = cli(verb, "--data-dir", data)
            assert refused.returncode == 1
            assert all(word in refused.stderr for word in ("Read-only file system", str(data), "hint: ", "--data-dir"))
        asked = cli("sql", f"SELECT count(*) AS n FROM spans WHERE {ALL}", "--data-dir", data, "--format", "json")
        assert json.loads(asked.stdout) == [{"n": 1}]
        assert cli("costs", "--data-dir", data).returncode == 0
        assert cli("verify", "--store", "--data-dir", data).returncode == 0
        assert findings(data, lines(*bodies)) == []


def test_78_a_lost_mount(tmp_path):
    """When the disk goes away at run time requests are refused; when it is back everything acknowledged is there."""
    config = "store: {seal_interval: 200ms, min_free_bytes: 0}"
    with small_disk(tmp_path / "disk", 48 * MIB) as disk:
        (disk / "home").mkdir(mode=0o700)
        place = tmp_path / "place"
        with seen_at(disk / "home", place):
            service = Served(place, config)
            service.ready_again()
            acknowledged = sent(service, 3)
        try:
            eventually(lambda: service.send(traces("point")).status_code, 503)
            assert service.send(traces("point")).headers["Retry-After"]
            with seen_at(disk / "home", place):
                eventually(lambda: service.send(acknowledged[0]).status_code, 200)
                acknowledged += sent(service, 3)
                service.ready_again()
                service.stop()
                assert findings(service.data, lines(*acknowledged)) == []
        finally:
            service.release()


def test_79_a_second_process_and_a_stale_lock(tmp_path):
    """A second service on the directory is refused with the holder's pid; the lock of a killed one stands in no way."""
    with served(tmp_path) as service:
        second = cli("serve", "--data-dir", service.data, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
        assert second.returncode == 1
        assert f"pid {service.process.pid}" in second.stderr
        assert "hint: " in second.stderr
        acknowledged = sent(service, 1)
        service.process.kill()
        service.process.wait()
    locks = {path.name: path.read_text() for path in (service.data / "locks").glob("receiver-*.lock")}
    assert locks == {"receiver-otlp.lock": str(service.process.pid)}
    with served(tmp_path) as successor:
        acknowledged += sent(successor, 1)
        successor.stored(ALL, n=2)
        successor.stop()
    assert findings(successor.data, lines(*acknowledged)) == []


STEPS = {"committing_spans", "syncing", "publishing", "releasing"}


def test_80_a_crash_between_the_steps_of_sealing(tmp_path):
    """A writer killed between writing rows, committing the table and releasing the log stores each request once."""
    running = Running(tmp_path, CONFIG)
    running.start()
    sender = Sender(running.endpoints, "s", SEED)
    sender.start()
    died = set()
    try:
        for _ in STEPS:
            running.await_ready("writer")
            pid = running.pid("writer")
            running.wait_for_stage(pid, STEPS - died, timeout_s=300)
            died.add(running.kill("writer", pid))
    finally:
        sender.stop()
        running.stop()
    assert died == STEPS
    assert findings(running.data, sender.acknowledged) == []


def test_81_power_cuts(tmp_path, shim):
    """What was acknowledged survives power cuts, on a disk that forgets whatever was not synced."""
    cuts = Cuts(tmp_path, shim, SEED)
    for _ in range(CUTS):
        before = len(cuts.acknowledged)
        assert cuts.cut(VARIANTS) == []
        assert len(cuts.acknowledged) > before, "nothing was acknowledged before the cut"
    assert any("dropped" in what for what in cuts.fates), "everything was synced at every cut"


def test_82_readers_during_compaction_and_cleaning(tmp_path):
    """Eight concurrent readers see the same count and sum at each read while files are compacted and deleted."""
    config = "store: {seal_interval: 100ms, hot_files: 2, grace: 3s, min_free_bytes: 0}"
    sql = "SELECT count(*), sum(end_unix_ns - start_unix_ns) FROM spans WHERE name = 'point 82'"
    with served(tmp_path, config) as service:
        acknowledged = sent(service, 5, "point 82")
        service.stored("name = 'point 82'", n=5)
        wanted, halt = service.query(sql), threading.Event()
        seen, reads = set(), []
        readers = [threading.Thread(target=_read, args=(service, sql, halt, seen, reads)) for _ in range(8)]
        for reader in readers:
            reader.start()
        root, before = service.data / "tables" / "spans", _files(service)
        try:
            deadline = time.monotonic() + 120
            while (before & _files(service) or len(reads) < 40) and time.monotonic() < deadline:
                acknowledged += sent(service, 1)
                time.sleep(0.1)
        finally:
            halt.set()
            for reader in readers:
                reader.join()
        assert not before & _files(service), f"nothing was compacted and deleted in {root}"
        service.stop()
    assert seen == {tuple(wanted)}
    assert findings(service.data, lines(*acknowledged)) == []


def _files(service):
    return {p.name for p in (service.data / "tables" / "spans").glob("receive_day=*/*.parquet")}


def _read(service, sql, halt, seen, reads):
    while not halt.is_set():
        seen.add(tuple(service.query(sql)))
        reads.append(1)


def test_84_clock_jumps(tmp_path):
    """When the clock jumps by a day either way, or a leap second, numbers keep rising and all is stored and computed."""
    clock = Clock(tmp_path)
    config = "store: {seal_interval: 100ms, min_free_bytes: 0}\nanalysis: {quiet: 100ms, interval: 100ms, max_age: 1s}"
    acknowledged, days = [], set()
    with served(tmp_path, config, environment=ENVIRONMENT | clock.environment) as service:
        for n, seconds in enumerate((0, 86400, 86401, 86400, -86400, 0), 1):
            clock.set(seconds)
            days.add(time.strftime("%Y-%m-%d", time.gmtime(time.time() + seconds)))
            acknowledged += sent(service, 1, f"point 84, {n}")
            service.stored("name LIKE 'point 84%'", n=n)
        numbers = service.query("SELECT sequence FROM spans WHERE name LIKE 'point 84%' ORDER BY name")
        eventually(lambda: _newest(service)["analysed"].get("otlp"), numbers[-1][0])
        service.stop()
    assert numbers == sorted(set(numbers))
    assert {p.name.removeprefix("receive_day=") for p in (service.data / "tables/spans").glob("receive_day=*")} == days
    assert findings(service.data, lines(*acknowledged)) == []


def _newest(service):
    """Return the newest snapshot."""
    newest = max((service.data / "snapshots").glob("*.json"), key=lambda path: int(path.stem))
    return json.loads(newest.read_text())


def test_85_a_store_of_the_previous_version(tmp_path):
    """The previous version's store is served and added to; what a newer version wrote is refused and left as it is."""
    shutil.copytree(STORE_V1, tmp_path / "data")
    with served(tmp_path) as service:
        before = service.query("SELECT count(*) FROM spans")[0][0]
        acknowledged = sent(service, 1)
        service.stored("true", n=before + 1)
        service.stop()
    subprocess.run(["chmod", "-R", "go=", service.data], check=True)
    assert findings(service.data, lines(*acknowledged)) == []
    newest = max((service.data / "tables/spans/_delta_log").glob("*.json"))
    _add_column(newest.with_name(f"{int(newest.stem) + 1:020d}.json"))
    left = {path: path.stat().st_mtime_ns for path in (service.data / "tables").rglob("*")}
    refused = cli("serve", "--data-dir", service.data, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert refused.returncode == 1
    assert "newer otel-cert" in refused.stderr
    assert "hint: " in refused.stderr
    assert {path: path.stat().st_mtime_ns for path in (service.data / "tables").rglob("*")} == left


def _add_column(commit):
    """Commit what a newer version would: the same table with one more column."""
    metadata = None
    for path in sorted(commit.parent.glob("*.json")):
        for action in map(json.loads, path.read_text().splitlines()):
            metadata = action.get("metaData", metadata)
    schema = json.loads(metadata["schemaString"])
    schema["fields"].append({"name": "from_the_future", "type": "string", "nullable": True, "metadata": {}})
    commit.write_text(json.dumps({"metaData": {**metadata, "schemaString": json.dumps(schema)}}))
