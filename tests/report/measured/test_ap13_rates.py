"""AP-13: each rate has numerator, denominator, period, population and a 95 % interval that knows of conversations."""

from dataclasses import replace

import numpy as np
import pytest

from otel_cert.evaluation.estimate import share
from otel_cert.law import load_pack
from otel_cert.questions import RATES, ask
from otel_cert.report.evidence import ask_again, differences, record
from otel_cert.report.measured import HOW, MEASURES, measured
from otel_cert.report.model import Chart, Figures, Table
from otel_cert.statistics.intervals import wilson
from tests.calls import START_NS, call, connect
from tests.report.measured.blocks import figures, gaps
from tests.report.measured.conftest import context

KINDS = [kind.id for kind in load_pack().evidence]


def rate(calls, **params):
    return {(row["key"], row["rate"]): row for row in ask(connect(calls), RATES, **params).dicts()}


def test_a_rate_says_of_how_many_it_is_in_which_period_and_how_sure(system):
    [rate_, *_] = figures(measured(system, "error_rate")).values()
    assert (rate_.value, rate_.source.n, rate_.source.window) == ("10.0 %", 400, "all stored calls")
    assert rate_.note.startswith("40 of 400 calls; 95 % interval ")
    assert "Wilson" in rate_.source.method
    assert "conversations" in rate_.source.method
    column = system.answers[rate_.source.evidence_id]
    row, name = rate_.cell
    assert column.rows[row][column.columns.index(name)] == 0.1


def test_calls_without_conversations_have_wilsons_own_interval():
    row = rate([call(n, error_type="x" if n < 3 else None) for n in range(50)])[None, "failed"]
    assert (row["n"], row["hits"], row["units"], row["share"]) == (50, 3, 50, 0.06)
    low, high = wilson(3, 50)
    assert (row["share_low"], row["share_high"]) == pytest.approx((low, high), abs=1e-12)


def test_failures_that_come_together_widen_the_interval():
    """A counter-example: who takes the calls of a conversation for independent claims to know more than he does."""
    alike = [call(n, conversation_id=f"c{n // 10}", error_type="x" if n < 30 else None) for n in range(200)]
    apart = [
        call(n, conversation_id=f"c{n // 10}", error_type="x" if n % 10 < 2 and n < 150 else None) for n in range(200)
    ]
    grouped, spread = rate(alike)[None, "failed"], rate(apart)[None, "failed"]
    assert grouped["hits"] == spread["hits"] == 30
    low, high = wilson(30, 200)
    assert grouped["share_high"] - grouped["share_low"] > 2 * (high - low)
    assert spread["share_high"] - spread["share_low"] == pytest.approx(high - low, rel=0.05)


def test_conversations_of_a_user_are_not_independent_either():
    def failing(**names):
        calls = [call(n, conversation_id=f"c{n // 5}", error_type="x" if n < 30 else None, **names) for n in range(200)]
        return [row | {"user_id": f"u{n // 20}"} if names else row for n, row in enumerate(calls)]

    apart, of_users = rate(failing())[None, "failed"], rate(failing(user_id="some"))[None, "failed"]
    assert (apart["units"], of_users["units"]) == (40, 10)
    assert of_users["share_high"] - of_users["share_low"] > apart["share_high"] - apart["share_low"]


def test_the_interval_is_about_that_of_the_bootstrap_over_conversations():
    random = np.random.default_rng(3)
    chance = random.beta(0.4, 1.6, 60)
    calls = [
        call(n, conversation_id=f"c{n // 5}", error_type="x" if random.random() < chance[n // 5] else None)
        for n in range(300)
    ]
    row = rate(calls)[None, "failed"]
    drawn = share([one["error_type"] is not None for one in calls], [one["conversation_id"] for one in calls])
    assert (row["share_low"], row["share_high"]) == pytest.approx((drawn.low, drawn.high), abs=0.015)
    low, high = wilson(row["hits"], row["n"])
    assert row["share_high"] - row["share_low"] > 1.2 * (high - low)


def test_one_conversation_gives_no_interval_and_unknown_is_in_no_denominator():
    rows = rate([call(n, conversation_id="c", streaming=None if n else True) for n in range(20)])
    assert (rows[None, "failed"]["share_low"], rows[None, "streamed"]["n"]) == (None, 1)
    assert (None, "cut_off") not in rows  # no finish reason is known


def test_the_window_bounds_the_rate():
    calls = [call(n, at_s=n, error_type="x") for n in range(5)]
    [row] = ask(connect(calls), RATES, since_ns=START_NS + 10**9, until_ns=START_NS + 3 * 10**9).dicts()
    assert (row["n"], row["hits"]) == (2, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_evidence_is_measured_with_its_source_or_says_what_is_missing(system, bare, kind):
    for asked in (system, bare):
        blocks = measured(asked, kind)
        assert blocks
        for block in blocks:
            sources = [item.source for item in block.items] if isinstance(block, Figures) else []
            if isinstance(block, Table | Chart) and block.source is not None:
                sources.append(block.source)
            for source in sources:
                assert source.evidence_id in asked.answers
                assert source.window
                assert source.method
        assert all(gap.why for gap in gaps(blocks))


def test_every_kind_says_how_it_would_be_measured_and_nothing_is_measured_twice():
    assert set(MEASURES) | set(HOW) == set(KINDS) == set(HOW)


def test_every_figure_is_the_cell_that_it_names(system):
    for kind in MEASURES:
        for figure in figures(measured(system, kind)).values():
            if figure.cell is not None:
                answer, (row, column) = system.answers[figure.source.evidence_id], figure.cell
                value = answer.rows[row][answer.columns.index(column)]
                assert value is not None
                digits = (
                    f"{value:,.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
                )
                shown = figure.value.split()[0]
                # Shown as a percentage, rounded, or as it is.
                forms = (
                    {f"{value * 100:.1f}", f"{value * 100:.4f}", f"{value:,.0f}", f"{value:,.1f}", f"{value:.2f}"}
                    if isinstance(value, float)
                    else {str(value)[:10]}
                )
                assert shown in {digits, *forms}, (kind, figure)


def test_every_answer_is_the_same_when_it_is_asked_again(full, system):
    for kind in MEASURES:
        measured(system, kind)
    assert len(system.answers) > 25
    for answer in system.answers.values():
        evidence = record(full, answer, system.created)
        assert differences(evidence, ask_again(full, evidence)) == [], answer.question.name


@pytest.mark.parametrize(("factor", "found"), [(1 + 1e-12, 0), (1 + 1e-6, 1)])
def test_the_order_of_a_sum_is_no_difference_and_another_figure_is(full, system, factor, found):
    evidence = record(full, system.ask(RATES, by="total"), system.created)
    again = ask_again(full, evidence)
    place = again.columns.index("share")
    rows = [[value * factor if i == place else value for i, value in enumerate(row)] for row in again.rows[:1]]
    assert len(differences(evidence, replace(again, rows=[*rows, *again.rows[1:]]))) == found


def test_a_question_is_asked_once_for_all_blocks(full, monkeypatch):
    from otel_cert.report import context as module

    asked = []
    monkeypatch.setattr(
        module, "ask", lambda con, question, **p: (asked.append(question.name), ask(con, question, **p))[1]
    )
    made = context(full)
    measured(made, "error_rate")
    measured(made, "guardrail_activity")
    measured(made, "error_rate")
    assert len(asked) == len(set(asked))
