"""The section of the report on support: figures with n and interval, how they were made, marked examples."""

import json

import pytest

from otel_cert.report import support
from otel_cert.report.model import Figures, Paragraph, Table
from otel_cert.report.support import TITLE, marked
from tests.calls import connect
from tests.questions.test_support import answer, scored
from tests.report.measured_document import sections

PLAN = '{"share": 0.5, "seed": 7}'


def section(con, **options):
    context, found = sections(con, **options)
    return found.get(TITLE), context


def store():
    claim = {
        "trace_id": f"{1:032x}", "span_id": f"{1:016x}", "evaluation_name": "support", "evaluator": "e", "ordinal": 0,
        "text": "It costs 12 euros.", "answer_start": 10, "score": 0.0, "evidence_text": "It costs 21 euros.",
        "reasons": json.dumps([{"kind": "number", "start": 19, "end": 21, "message": "number: 12, context has 21"}]),
    }  # fmt: skip
    support = [scored(n, 0.0 if n == 1 else 1.0, sample_plan=PLAN) for n in range(4)]
    support.append(scored(4, error="no_context", sample_plan=PLAN))
    return connect([answer(n) for n in range(7)], support=support, claims=[claim])


def test_figures_say_n_interval_and_what_is_missing():
    made, context = section(store())
    figures = next(block for block in made.blocks if isinstance(block, Figures)).items
    rate, unscored, others = figures
    assert (rate.label, rate.value, rate.source.n) == ("Support rate (proxy)", "75.0 %", 4)
    assert rate.note.startswith("3 of 4 answers; 95 % interval ")
    assert (unscored.value, unscored.note, others.value) == ("1", "no_context 1", "2")
    assert {answer.question.name for answer in context.answers.values()} >= {"support", "unsupported"}
    assert not [b for b in made.blocks if isinstance(b, Paragraph) and "accuracy of" in b.text]


def test_it_says_how_it_was_judged_and_what_is_known_of_the_threshold():
    text = " ".join(block.text for block in section(store())[0].blocks if isinstance(block, Paragraph))
    assert "Threshold 0.5, given; not registered." in text
    assert "Sampling plan: share 0.5, seed 7." in text
    assert "Context found by: retrieval 4." in text
    _, context = section(store())
    told = support.section(context.ask, quote=False, registered=lambda row: f"{row['threshold']} registered by Ada")
    assert "given; 0.5 registered by Ada." in told.blocks[2].text


def test_examples_are_marked_and_can_be_left_out():
    *_, examples = section(store())[0].blocks
    assert isinstance(examples, Table)
    (row,) = examples.rows
    assert row[:3] == ("0.00", "It costs [12] euros.", "It costs 21 euros.")
    assert not [b for b in section(store(), quote=False)[0].blocks if isinstance(b, Table) and "Least" in b.caption]


def test_no_section_when_nothing_was_scored():
    assert section(connect([answer(1)]))[0] is None


@pytest.mark.parametrize(
    ("claim", "spans", "shown"),
    [
        ("It is in France.", [(6, 8), (9, 15)], "It is [in France]."),
        ("abc", [(0, 2), (1, 3)], "[abc]"),
        ("abc", [(-5, 1), (2, 99), (7, 9)], "[a]b[c]"),
        ("abc", [], "[abc]"),
        (None, [], "–"),
        ("x" * 400, [], "[" + "x" * 299 + "…"),
    ],
)
def test_marked_words(claim, spans, shown):
    reasons = json.dumps([{"kind": "entity", "start": 10 + start, "end": 10 + end} for start, end in spans])
    assert marked(claim, 10, reasons) == shown
