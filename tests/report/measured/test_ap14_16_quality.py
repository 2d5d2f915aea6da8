"""AP-14 to AP-16: accuracy only with people's labels, with raters, agreement and sample; else the word proxy."""

import json

import pytest

from otel_cert.questions import JUDGED, ask
from otel_cert.report.measured import measured
from otel_cert.report.measured.labelled import sampling
from otel_cert.report.model import Gap
from otel_cert.store.thresholds import register
from tests.calls import call, connect, store
from tests.report.measured.blocks import cell, figures, gaps, said, table, tables
from tests.report.measured.conftest import at, context


def words(blocks):
    """Return all that the blocks say."""
    return repr(blocks).lower()


def test_ap14_accuracy_names_raters_guideline_agreement_and_what_it_is_of(system):
    blocks = measured(system, "accuracy")
    [rate] = figures(blocks).values()
    # 54 answers were labelled; of two the raters are split. 4 of the first 20 are in the set by weight 2.
    assert (rate.label, rate.source.n) == ("Accuracy by people's labels", 52)
    assert rate.note.startswith("38 of 52 labelled answers; 95 % interval ")
    raters = table(blocks, "labels")
    assert [row[1] for row in raters.rows] == ["r1", "r2"]
    assert "2 raters; 54 answers labelled by more than one. Krippendorff’s alpha 0.91" in raters.note
    assert raters.rows[0][2] == "Everything said is in the context?"


def test_ap14_without_labels_the_word_is_proxy_and_there_is_no_accuracy(bare):
    [gap] = measured(bare, "accuracy")
    assert isinstance(gap, Gap)
    assert "accuracy is not known" in gap.why


def test_ap14_a_proxy_is_never_called_accuracy(system):
    for kind in ("quality_proxy", "eval_runs"):
        blocks = measured(system, kind)
        assert all("proxy" in words((block,)) for block in blocks if getattr(block, "source", None))
        assert not [label for label in figures(blocks) if "accuracy" in label.lower()]


def test_ap14_agreement_of_the_score_with_people_has_sensitivity_specificity_and_kappa(system):
    blocks = measured(system, "judge_agreement")
    shown = figures(blocks)
    # All agree: then it is the conversations that count, of which there are fewer than answers.
    assert shown["Sensitivity of the score"].note == "38 of 38 answers; 95 % interval 83.2 % to 100.0 %"
    assert shown["Specificity of the score"].note == "14 of 14 answers; 95 % interval 78.5 % to 100.0 %"
    assert (shown["Cohen’s kappa"].value, shown["Cohen’s kappa"].source.n) == ("1.00", 52)
    assert "no spread" in shown["Cohen’s kappa"].note


def test_ap15_a_sample_says_its_strata_weights_and_what_is_not_covered(system):
    blocks = measured(system, "accuracy")
    strata = table(blocks, "stratum")
    assert cell(strata, "high", "n") == "46"
    assert cell(strata, "low", "Share") == "–"  # 6 answers: suppressed
    assert "52 answers of 400 calls of the window are labelled. 16 of the labelled answers have a weight" in said(
        blocks
    )
    assert "Answers without a label are not covered." in said(blocks)


def judged(labels, calls=None, **params):
    rows = [
        {"trace_id": f"{n:032x}", "span_id": f"{n:016x}", "label": label, "weight": weight}
        for n, label, weight in labels
    ]
    calls = calls or [call(n, conversation_id=f"c{n}") for n in range(20)]
    return list(ask(connect(calls), JUDGED, labels=json.dumps(rows), **params).dicts())


def test_ap15_weights_are_used_and_a_plain_mean_would_be_wrong():
    [row] = judged([(n, int(n < 5), 9.0 if n < 5 else 1.0) for n in range(10)])
    assert row["share"] == pytest.approx(45 / 50)
    assert row["share"] != row["positive"] / row["n"]
    assert row["weighted"] == 5


def test_ap15_without_weights_nothing_is_claimed_of_other_answers():
    [row] = judged([(n, 1, None) for n in range(10)])
    assert row["weighted"] == 0
    assert "whether the labelled answers were drawn at random is not known" in sampling([], row, 20)


def test_labels_of_calls_that_are_not_stored_count_for_nothing():
    assert judged([(999, 1, None)]) == []


def test_ap15_feedback_of_users_is_never_an_estimate_of_accuracy(system):
    assert "feedback" not in words(measured(system, "accuracy"))


def test_ap16_a_threshold_shows_when_it_was_registered_and_whether_before_the_answers(tmp_path):
    layout = store(tmp_path, [call(1)])
    assert gaps(measured(context(layout), "thresholds_registered"))
    register(
        layout,
        who="Head of quality",
        purpose="release",
        method="aligned",
        threshold=0.5,
        chosen_on="labels",
        now_ns=at(-1),
    )
    shown = table(measured(context(layout), "thresholds_registered"), "Registered")
    assert shown.rows[0][:5] == ("2025-12-31 23:45:36 UTC", "Head of quality", "release", "aligned", "0.5")
    line = layout.thresholds.read_text().replace("0.5", "0.4")
    layout.thresholds.write_text(line)
    [gap] = measured(context(layout), "thresholds_registered")
    assert "its hash does not fit" in gap.why


def test_ap16_the_report_of_the_score_says_that_its_threshold_was_not_registered(system):
    assert "not registered" in said(measured(system, "quality_proxy"))
    assert "Support rate (proxy)" in figures(measured(system, "quality_proxy"))
    assert "Automatic scores (proxy)" in tables(measured(system, "quality_proxy"))
