from otel_cert.questions import EXTENT, ask
from tests.calls import START_NS, call, connect


def test_the_extent_is_from_the_first_to_the_last_call_that_has_a_time():
    calls = [call(1, at_s=5), call(2, at_s=60), call(3, at_s=30), call(4) | {"start_unix_ns": 0}]
    con = connect([*calls, call(5) | {"start_unix_ns": 2**63 - 1}])
    assert ask(con, EXTENT, until_ns=START_NS + 10**12).rows == ((START_NS + 5 * 10**9, START_NS + 60 * 10**9),)
    assert ask(con, EXTENT).rows == ((START_NS + 5 * 10**9, 2**63 - 1),)
    assert ask(con, EXTENT, until_ns=START_NS).rows == ((None, None),)
