"""The checker beside a running service, and on a directory that nobody may write to."""

import time

from otel_cert.verify import verify
from tests.durability.running import Running
from tests.durability.test_kill import CONFIG
from tests.power.cuts import Sender

LOAD_S = 4.0


def findings(data, acknowledged):
    return [(c.name, f.file, f.meaning) for c in verify(data, acknowledged) for f in c.kept if not f.note]


def test_while_a_service_seals_compacts_and_deletes(tmp_path):
    running = Running(tmp_path, CONFIG)
    running.start()
    senders = [Sender(running.endpoints, f"s{i}", i) for i in range(2)]
    for sender in senders:
        sender.start()
    acknowledged, found, versions = tmp_path / "acknowledged", [], set()
    try:
        running.await_ready("writer")
        deadline = time.monotonic() + LOAD_S
        while not found and (time.monotonic() < deadline or len(versions) < 3):
            acknowledged.write_text("\n".join(line for sender in senders for line in tuple(sender.acknowledged)))
            found = findings(running.data, acknowledged)
            versions.add(tuple(sorted(p.name for p in (running.data / "snapshots").iterdir())))
    finally:
        for sender in senders:
            sender.stop()
        running.stop()
    assert found == []
    assert sum(len(sender.acknowledged) for sender in senders) > 0
