"""Whether a report says that a threshold was registered before the answers that it judges."""

from otel_cert.report.registration import registrations
from otel_cert.store.layout import Layout
from otel_cert.store.thresholds import register
from tests.calls import START_NS


def row(**fields):
    known = {"evaluator": "otel-cert/accuracy:aligned", "threshold": 0.5, "first_answer_unix_ns": START_NS}
    return known | fields


def test_before_after_and_not_at_all(tmp_path):
    layout = Layout.create(tmp_path)
    told = registrations(layout)
    assert told(row()) == "not registered"
    register(
        layout, who="Ada", purpose="shop", method="aligned", threshold=0.5, chosen_on="labels",
        now_ns=START_NS - 10**9,
    )  # fmt: skip
    assert told(row()) == "registered 2025-12-31 23:59:59 UTC by Ada, before the first answer"
    assert told(row(first_answer_unix_ns=START_NS - 2 * 10**9)).endswith("by Ada, after the first answer")
    assert told(row(first_answer_unix_ns=None)).endswith("by Ada")
    assert told(row(threshold=0.6)) == "not registered"
    assert told(row(evaluator="otel-cert/accuracy:nli")) == "not registered"


def test_a_damaged_file_is_told_and_stops_no_report(tmp_path):
    layout = Layout.create(tmp_path)
    register(layout, who="Ada", purpose="shop", method="aligned", threshold=0.5, chosen_on="labels")
    layout.thresholds.write_bytes(layout.thresholds.read_bytes().replace(b"Ada", b"Eve"))
    assert registrations(layout)(row()).startswith("whether it was registered cannot be said: ")
