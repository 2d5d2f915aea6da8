"""AP-33, AP-34, AP-37: reviews, security events and notices, as applications tell of them; nothing is made of silence."""

import pytest

from otel_cert.questions import REACHED, RETRIES, ask
from otel_cert.report.measured import measured
from otel_cert.statistics.intervals import wilson
from tests.calls import call, connect
from tests.report.measured.blocks import cell, figures, gaps, said, table
from tests.report.measured.conftest import event


def test_ap33_oversight_has_share_overrides_time_and_a_word_on_automation_bias(system):
    blocks = measured(system, "human_oversight")
    # 40 traces have a review; of these, 40 are among the 360 that were answered.
    share = figures(blocks)["Traces reviewed"]
    assert share.note.startswith("40 of 360 traces; 95 % interval ")
    reviews = table(blocks, "Reviews")
    assert (cell(reviews, "approved", "Events"), cell(reviews, "overridden", "Events")) == ("39", "1")
    who = table(blocks, "Who reviewed")
    assert (cell(who, "approved", "Reviewers"), cell(who, "approved", "Median s")) == ("1", "4.000")
    assert "automation bias" in said(blocks)


def test_ap33_a_test_of_the_stop_control_has_its_day(system):
    assert cell(table(measured(system, "stop_events"), "stop"), "tested", "Last, UTC") == "2026-01-01 00:57"


def test_ap34_detections_are_told_by_category_with_what_they_do_not_say(system):
    found = table(measured(system, "security_events"), "Detections")
    assert cell(found, "prompt_injection", "Events") == "1"
    assert "how much it misses is known only from tests" in found.note
    assert "Not yet measured" in gaps(measured(system, "red_team_results"))[0].why


def test_ap37_a_notice_after_the_first_reply_does_not_count(system):
    blocks = measured(system, "disclosure_events")
    share = figures(blocks)["Conversations with the notice before their first answer"]
    # 150 conversations have the notice, 50 of them an hour too late.
    assert (share.value, share.note) == ("50.0 %", "100 of 200 conversations; 95 % interval 43.1 % to 56.9 %")
    row, _ = share.cell
    answer = system.answers[share.source.evidence_id]
    assert dict(zip(answer.columns, answer.rows[row], strict=True))["with_event"] == 150


@pytest.mark.parametrize(
    "kind",
    ["human_oversight", "stop_events", "human_feedback", "disclosure_events", "marking_events", "explanation_fields"],
)
def test_without_events_nothing_is_claimed_and_the_event_is_named(bare, kind):
    [gap] = measured(bare, kind)
    assert "No such event was sent" in gap.why
    assert "`otel_cert." in gap.why


def reached(calls, logs, **params):
    [row] = ask(connect(calls, logs=logs), REACHED, **params).dicts()
    return row


def chat(number, **fields):
    return call(number, at_s=number * 864, operation="chat", **fields)


def test_an_event_names_its_conversation_before_the_first_trace_begins():
    notice = event(99, "disclosure", "shown", before_s=99 * 864 + 5) | {"trace_id": "", "span_id": ""}
    notice["attributes"] = notice["attributes"] | {"gen_ai.conversation.id": "c"}
    row = reached([chat(1, conversation_id="c"), chat(2, conversation_id="d")], [notice], outcomes='["shown"]')
    assert (row["n"], row["with_event"], row["before_reply"]) == (2, 1, 1)
    assert (row["before_low"], row["before_high"]) == pytest.approx(wilson(1, 2))


def test_a_notice_that_was_not_shown_is_none_and_a_mark_is_of_one_call():
    calls = [chat(1), chat(2), chat(3, error_type="x")]
    row = reached(calls, [event(1, "disclosure", "not_shown")], outcomes='["shown"]')
    assert (row["n"], row["with_event"]) == (2, 0)
    marks = [event(1, "marking", "watermark"), event(2, "marking", "watermark") | {"span_id": "f" * 16}]
    row = reached(calls, marks, event="marking", unit="call")
    assert (row["n"], row["with_event"]) == (2, 1)


def test_what_followed_a_failure_is_called_a_proxy(system):
    trace = {"trace_id": "a" * 32, "provider": "p", "request_model": "m"}
    calls = [
        call(1, at_s=0, error_type="x", error_class="server") | trace, call(2, at_s=1) | trace | {"request_model": "n"},
        call(3, at_s=2, error_type="x", error_class="server") | trace, call(4, at_s=9, error_type="x", error_class="server"),
    ]  # fmt: skip
    [row] = ask(connect(calls), RETRIES).dicts()
    assert (row["failed"], row["followed"], row["other_model"], row["same_model"], row["recovered"]) == (3, 1, 1, 0, 1)
    assert "proxy" in table(measured(system, "fallbacks"), "followed").caption
