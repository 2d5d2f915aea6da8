import pytest

from otel_cert.store import checkpoints
from tests.stored import Store, body, chat


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "data")
    for trace in (1, 2, 3):
        made.take(body(chat(trace)))
        if trace < 3:
            made.sealer.delta.checkpoint("spans")
    return made


def newest(store):
    log = store.layout.table("spans") / "_delta_log"
    return log, checkpoints.files(log, checkpoints.versions(log)[-1])[0]


@pytest.mark.parametrize("left", ["nothing", "empty", "torn", "zeros", "empty pointer"])
def test_a_checkpoint_that_a_power_cut_broke_is_replaced_by_the_commits(store, left):
    log, path = newest(store)
    whole = path.read_bytes()
    if left == "nothing":
        path.unlink()
    elif left == "empty pointer":
        (log / checkpoints.POINTER).write_bytes(b"")
    else:
        path.write_bytes({"empty": b"", "torn": whole[:100], "zeros": bytes(len(whole))}[left])
    store.reopen()
    store.take(body(chat(4)))
    assert store.rows("SELECT count(*), count(DISTINCT span_id) FROM spans") == [(4, 4)]
    assert len(checkpoints.versions(log)) == (2 if left == "empty pointer" else 1)
    assert not (log / checkpoints.POINTER).exists()


def test_a_whole_checkpoint_stays(store):
    log, _ = newest(store)
    before = checkpoints.versions(log)
    store.reopen()
    assert checkpoints.versions(log) == before
    assert (log / checkpoints.POINTER).exists()


def test_a_broken_checkpoint_that_nothing_stands_in_for_stays(store):
    log, path = newest(store)
    path.write_bytes(b"")
    for commit in sorted(log.glob("*.json"))[:2]:
        commit.unlink()
    for version in checkpoints.versions(log)[:-1]:
        for other in checkpoints.files(log, version):
            other.unlink()
    checkpoints.repair(log)
    assert path.exists()
