from otel_cert.costs import Scope
from otel_cert.questions import DUPLICATES, ask
from tests.calls import START_NS, call, connect


def test_the_duplicates_are_those_of_the_calls_asked_about():
    calls = [call(1, service_name="web"), call(2, at_s=5, service_name="bot"), call(3, at_s=6, service_name="web")]
    records = [
        {**call(number), "call_trace_id": f"{of:032x}", "call_span_id": f"{of:016x}"}
        for number, of in ((11, 1), (12, 1), (13, 2), (14, 99))
    ]
    con = connect(calls, duplicates=records)
    assert ask(con, DUPLICATES).rows == ((2, 3),)
    assert ask(con, DUPLICATES, **Scope(services=["bot"]).params()).rows == ((1, 1),)
    assert ask(con, DUPLICATES, **Scope(since_ns=START_NS + 5 * 10**9).params()).rows == ((1, 1),)
