import pytest

from otel_cert.store.recent import Recent
from tests.stored import Store, body, chat, log_body, plain


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("apart", [True, False], ids=["in another seal", "in the same seal"])
def test_a_repeated_request_is_stored_once(store, apart):
    for _ in range(2):
        store.send(body(chat(1), chat(2)))
        store.send(log_body(1, "hello"), signal="logs")
        if apart:
            store.seal()
    store.seal()
    assert store.rows("SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM logs)") == [(2, 1)]


def test_the_same_span_in_another_request_is_one_row(store):
    store.send(body(chat(1)), body(chat(2), chat(1)))
    store.seal()
    assert store.rows("SELECT span_id, flags FROM spans ORDER BY 1") == [(f"{n:016x}", None) for n in (1, 2)]


@pytest.mark.parametrize("apart", [True, False], ids=["in another seal", "in the same seal"])
def test_equal_ids_with_other_content_are_both_kept_and_flagged(store, apart):
    store.send(body(chat(1), chat(2)))
    if apart:
        store.seal()
    store.send(body(chat(1, gen_ai__usage__input_tokens=7)))
    store.seal()
    rows = store.rows("SELECT span_id, flags FROM spans ORDER BY 1")
    assert rows == [(f"{1:016x}", ["id_conflict"])] * 2 + [(f"{2:016x}", None)]


def test_spans_without_ids_do_not_conflict(store):
    nothing = {"trace_id": bytes(16), "span_id": bytes(8)}
    store.send(body(plain(1, **nothing), plain(2, **nothing)), body(plain(3, trace_id=b"", span_id=b"")))
    store.seal()
    flags = [flag for (found,) in store.rows("SELECT flags FROM spans") for flag in found or ()]
    assert len(store.rows("FROM spans")) == 3
    assert "id_conflict" not in flags


def test_two_log_records_alike_in_different_requests_are_two(store):
    store.send(log_body(1, "hello"), log_body(1, "hello", severity_text="INFO"), signal="logs")
    store.seal()
    assert store.rows("SELECT body FROM logs") == [("hello",), ("hello",)]


def test_odd_times_are_looked_up_too(store):
    """Zero and far-future times stand at the ends of a file's minimum and maximum."""
    odd = [plain(n, start_time_unix_nano=t, end_time_unix_nano=t) for n, t in enumerate((0, 2**63 - 1, 2**64 - 1), 1)]
    for _ in range(2):
        store.send(body(*odd))
        store.seal()
    assert len(store.rows("FROM spans")) == 3


def test_a_conflict_is_found_whatever_the_times(store):
    store.send(body(chat(1), chat(2)))
    store.seal()
    store.send(body(chat(3) | {"start_time_unix_nano": 10**9}))
    store.seal()
    again = Store(store.layout.root)  # another process: what was stored is known to it too
    again.send(body(chat(1) | {"start_time_unix_nano": 10**18}))
    again.seal()
    rows = again.rows("SELECT span_id, flags FROM spans ORDER BY 1")
    assert rows == [(f"{1:016x}", ["id_conflict"])] * 2 + [(f"{2:016x}", None), (f"{3:016x}", ["before_2000"])]


def test_a_repeat_of_a_span_whose_id_was_forgotten_is_found_by_its_time(store):
    store.send(body(chat(1), chat(2)))
    store.seal()
    store.sealer._recent = Recent(capacity=1)
    store.sealer._recent.complete = False
    store.send(body(chat(2), chat(3)))
    assert store.seal().repeated == 1
    assert store.rows("SELECT span_id FROM spans ORDER BY 1") == [(f"{n:016x}",) for n in (1, 2, 3)]
