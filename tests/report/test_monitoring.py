from typing import Any

import pytest

from otel_cert.report.context import Context
from otel_cert.report.model import Chart, Figure, Figures, Paragraph, Section, Table, numbered
from tests.calls import START_NS, call, connect, some
from tests.report.measured_document import sections

Made = tuple[Context, dict[str, Section]]


def report(calls: Any = (), costs: Any = (), **window: int) -> Made:
    return sections(connect(calls, costs), **window)


@pytest.fixture(scope="module")
def usual() -> Made:
    return report(*some())


def blocks(made: Made) -> list[Any]:
    return [block for section in made[1].values() for block in section.blocks]


def figures(made: Made) -> dict[str, Figure]:
    return {
        f.label + f.unit: f for block in made[1]["Summary"].blocks if isinstance(block, Figures) for f in block.items
    }


def texts(made: Made) -> str:
    return " ".join(block.text for block in blocks(made) if isinstance(block, Paragraph))


def test_key_figures_are_the_answers_with_their_own_n(usual: Made):
    shown = figures(usual)
    assert {label: (f.value, f.source.n) for label, f in shown.items()} == {
        "Calls": ("14", 14),
        "CostUSD": ("0.020000", 10),
        "CostEUR": ("0.500000", 1),
        "Cost": ("–", 0),
        "Error rate": ("14.3 %", 14),
        "Latency, medians": ("1.350", 12),
        "Latency, p95s": ("1.845", 12),
        "Input tokens": ("1,200", 12),
        "Output tokens": ("120", 12),
    }
    note = "2 of 14 calls; 95 % interval 4.0 % to 39.9 %"  # Wilson: each call is of a trace of its own
    assert shown["Error rate"].note == note
    assert shown["Cost"].note == "3 of 3 calls unpriced: no_tokens 2, no_price 1"


def test_every_measured_block_names_evidence_of_an_answer(usual: Made):
    shown = {b.source.evidence_id for b in blocks(usual) if isinstance(b, Table | Chart) and b.source}
    shown |= {f.source.evidence_id for b in blocks(usual) if isinstance(b, Figures) for f in b.items}
    assert shown == set(usual[0].answers)


def test_captions_are_numbered_and_every_chart_has_words(usual: Made):
    shown = [block for section in numbered(tuple(usual[1].values())) for block in section.blocks]
    tables = [b.caption for b in shown if isinstance(b, Table)]
    charts = [b for b in shown if isinstance(b, Chart)]
    assert [c.split(".")[0] for c in tables] == [f"Table {i + 1}" for i in range(len(tables))]
    assert [c.caption for c in charts] == [
        "Figure 1. Calls per minute",
        "Figure 2. Cost by model, EUR",
        "Figure 3. Cost by model, USD",
        "Figure 4. Latency by model",
    ]
    assert charts[0].alt.startswith(
        "14 calls, of which 2 failed, started in 14 minutes between 2026-01-01 00:00:00 UTC"
    )
    assert charts[2].alt == "Cost in USD: gpt-4o 0.020000."


@pytest.mark.parametrize(
    ("calls", "window", "said"),
    [
        ([], {}, "The store holds no calls yet"),
        (
            [call(1), call(2, at_s=60)],
            {"since_ns": START_NS + 10**12},
            "no calls in this window. The store holds 2 calls, which started from 2026-01-01 00:00:00 UTC to"
            " 2026-01-01 00:01:00 UTC.",
        ),
    ],
)
def test_an_empty_window_says_what_the_store_holds(calls: Any, window: dict[str, int], said: str):
    made = report(calls, **window)
    assert said in texts(made)
    assert list(made[1]) == ["Summary", "Method and limits"]


def test_one_call_of_which_nothing_is_known_makes_a_report_without_zeros():
    made = report([call(1, seconds=None)])
    assert {label: f.value for label, f in figures(made).items()} == {
        "Calls": "1", "Cost": "–", "Error rate": "0.0 %", "Latency, medians": "–", "Latency, p95s": "–",
        "Input tokens": "–", "Output tokens": "–",
    }  # fmt: skip
    assert not any(isinstance(b, Chart) for b in blocks(made))


def test_calls_without_a_start_are_left_out_of_the_axis_and_counted():
    undated = [call(3) | {"start_unix_ns": 0}, call(4) | {"start_unix_ns": -(2**63)}]
    [chart] = report([call(1), call(2, at_s=60), *undated])[1]["Calls over time"].blocks
    assert isinstance(chart, Chart)
    assert chart.alt.startswith("2 calls, of which 0 failed")
    assert chart.alt.endswith("The start of 2 calls is unknown.")
    assert "No call has a known start (n = 2" in texts(report(undated))
