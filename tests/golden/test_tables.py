"""The tables hold the facts: each call once, with its cost to the last digit, whichever instrumentations recorded it."""

from pathlib import Path

from otel_cert.store.query import connect

from . import answers, traffic


def test_every_call_is_there_once_with_its_cost(data_dir: Path):
    with connect(data_dir) as con:
        rows = con.execute("SELECT trace_id, total_cost, reason FROM costs").fetchall()
        duplicates = con.execute("SELECT count(*) FROM genai_duplicates").fetchall()[0][0]
    made = traffic.calls()
    stored = {int(trace_id, 16) - 1: (amount, reason) for trace_id, amount, reason in rows}
    assert len(rows) == len(made)
    assert duplicates == answers.recorded_twice(made)
    for call in made:
        amount, reason = stored[call.number]
        assert amount == answers.cost(call), call
        assert reason == (None if amount is not None else "no_tokens" if call.answered is None else "no_price")
