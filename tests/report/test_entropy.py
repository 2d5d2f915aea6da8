"""The section of the report on token entropy: figures with n and interval, by day, and why others have none."""

import datetime as dt

from otel_cert.report import monitoring
from otel_cert.report.entropy import TITLE
from otel_cert.report.model import Figures, Paragraph, Table
from tests.calls import connect
from tests.questions.test_entropy import asked, told

CREATED = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def section(con, **options):
    report = monitoring.build(con, monitoring.Subject("Shop", "Acme"), created=CREATED, **options)
    return next((s for s in report.document.sections if s.title == TITLE), None), report


def store():
    entropy = [
        told(1, 1.0, 2.0),
        told(2, 3.0, window_text="a secret", window_mean=3.0),
        told(3, 0.0, 0.0),
        told(4, reason="failed_call"),
    ]
    return connect([asked(1, "a"), asked(2, "a"), asked(3, "b"), asked(4)], entropy=entropy)


def test_figures_have_n_and_interval():
    made, report = section(store())
    calls, surprisal, perplexity = next(block for block in made.blocks if isinstance(block, Figures)).items
    assert (calls.value, calls.note, calls.source.n) == ("3", "of 4 calls", 4)
    assert (surprisal.value, surprisal.unit, surprisal.source.n) == ("1.200", "nats", 5)
    assert surprisal.note.startswith("95 % interval 0.000 to ")
    assert (perplexity.value, perplexity.source.n) == ("3.320", 5)
    assert {answer.question.name for answer in report.answers} >= {"entropy", "unmeasured", "uncertain"}


def test_tables_and_why_others_have_none():
    made, _ = section(store())
    captions = [block.caption.partition(". ")[2] for block in made.blocks if isinstance(block, Table)]
    assert captions == ["Surprisal by model", "Surprisal by day", "Least certain answers"]
    said = " ".join(block.text for block in made.blocks if isinstance(block, Paragraph))
    assert "It is no accuracy" in said
    assert "1: the call failed" in said


def test_answers_are_quoted_only_when_they_may_be():
    assert "a secret" in str(section(store())[0])
    assert "a secret" not in str(section(store(), quote=False)[0])


def test_without_any_figure_there_is_no_section():
    assert section(connect([asked(1)], entropy=[told(1, reason="failed_call")]))[0] is None
    assert section(connect([asked(1)]))[0] is None
