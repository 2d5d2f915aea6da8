"""AP-18: drift has baseline, statistic, alert level, correction and false-alarm rate, and a size that would be found."""

import numpy as np

from otel_cert.questions import DRIFT, ask
from otel_cert.report.measured import measured
from otel_cert.report.measured.drift import compare
from tests.calls import START_NS, call, connect
from tests.report.measured.blocks import cell, said, table
from tests.report.measured.conftest import DECLARED, context


def compared(calls, **params):
    return {one.name: one for one in compare(list(ask(connect(calls), DRIFT, **params).dicts()))}


def usual(number, random, **fields):
    return call(
        number, at_s=number, seconds=float(random.gamma(4, 0.5)), output_tokens_total=int(random.poisson(80)), **fields
    )


def test_a_change_is_found_and_the_others_say_what_would_have_been(system):
    blocks = measured(system, "drift")
    found = table(blocks, "Drift")
    assert cell(found, "duration", "Alert") == "changed"
    assert cell(found, "duration", "Typical value") == "about 2.26 s → about 3.73 s"
    assert {row[0] for row in found.rows if row[-1] == "none"} >= {"input tokens", "output tokens", "failed calls"}
    assert all(0 < float(row[-2]) <= 1 for row in found.rows)  # the detectable size of every indicator
    text = said(blocks)
    assert "Baseline: the calls of the window before 2026-01-02 23:52:48 UTC" in text
    assert "corrected for the number of indicators (Holm)" in text
    assert "another look" in text
    assert "or a single value: models." in text


def test_no_drift_found_is_said_with_what_could_have_been_missed():
    random = np.random.default_rng(5)
    calls = [usual(n, random, request_model="ab"[n % 2]) for n in range(600)]
    found = compared(calls)
    assert not [one.name for one in found.values() if one.alarm]
    assert found["duration"].found.detectable < 0.25
    assert found["models"].kind == "category"


def test_alarms_without_a_change_are_rare():
    """300 calls on each side and no change, forty times: at 5 % a report, seven or more alarms have a chance of 0.3 %."""
    random = np.random.default_rng(11)
    alarms = 0
    for _ in range(40):
        counts = [random.multinomial(300, np.full(20, 0.05)) for _ in range(4)]
        rows = [
            {"indicator": name, "kind": "number", "position": i, "bin": None, "baseline": int(a), "current": int(b)}
            for name, one, other in (("duration", counts[0], counts[1]), ("input tokens", counts[2], counts[3]))
            for i, (a, b) in enumerate(zip(one, other, strict=True))
        ]
        alarms += any(one.alarm for one in compare(rows))
    assert alarms <= 6


def test_calls_of_one_conversation_count_as_one():
    """A counter-example: as independent calls the same difference would be an alarm."""
    random = np.random.default_rng(2)
    lengths = random.normal(3, 0.4, 40)
    lengths[20:] += 0.3
    talks = [call(n, at_s=n, seconds=float(lengths[n // 20]), conversation_id=f"c{n // 20}") for n in range(800)]
    apart = [{**row, "conversation_id": None} for row in talks]
    assert not compared(talks)["duration"].alarm
    assert compared(apart)["duration"].alarm


def test_a_share_is_compared_and_the_split_can_be_given():
    calls = [call(n, at_s=n, error_type="x" if n >= 700 and n % 3 == 0 else None) for n in range(1000)]
    assert compared(calls)["failed calls"].alarm
    rows = list(ask(connect(calls), DRIFT, split_ns=START_NS + 700 * 10**9).dicts())
    assert {row["split_unix_ns"] for row in rows} == {START_NS + 700 * 10**9}
    found = compared(calls, split_ns=START_NS + 700 * 10**9)["failed calls"]
    assert (found.before, found.after, round(found.found.statistic, 2)) == (700, 300, 0.33)


def test_the_baseline_ends_on_the_declared_day(full):
    def of(**declared):
        return measured(context(full, DECLARED | declared), "drift")

    given, half = of(baseline_until="2026-01-03"), of()
    assert said(given).startswith("Baseline: the calls of the window before 2026-01-03 00:00:00 UTC")
    assert cell(table(given, "Drift"), "failed calls", "Baseline n") == "200"
    assert table(given, "Drift").source.evidence_id != table(half, "Drift").source.evidence_id
    [gap] = of(baseline_until="2020-01-01")  # nothing is before it
    assert "`baseline_until`" in gap.why


def test_few_calls_are_not_compared():
    assert compared([call(n, at_s=n) for n in range(100)]) == {}
    assert compared([]) == {}
