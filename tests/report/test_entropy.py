"""The section of the report on token entropy: figures with n and interval, by day, and why others have none."""

from otel_cert.report.entropy import TITLE, TITLE_UNDER_A_MODEL
from otel_cert.report.model import Chart, Figures, Paragraph, Table
from tests.calls import call, connect
from tests.questions.test_entropy import asked, told
from tests.report.measured_document import sections

DAY_S = 86_400


def section(con, title=TITLE, **options):
    context, found = sections(con, **options)
    return found.get(title), context


def store():
    entropy = [
        told(1, 1.0, 2.0),
        told(2, 3.0, window_text="a secret", window_mean=3.0),
        told(3, 0.0, 0.0),
        told(4, reason="failed_call"),
    ]
    return connect([asked(1, "a"), asked(2, "a"), asked(3, "b"), asked(4)], entropy=entropy)


def test_figures_have_n_and_interval():
    made, context = section(store())
    calls, surprisal, perplexity = next(block for block in made.blocks if isinstance(block, Figures)).items
    assert (calls.value, calls.note, calls.source.n) == ("3", "of 4 calls", 4)
    assert (surprisal.value, surprisal.unit, surprisal.source.n) == ("1.200", "nats", 5)
    assert surprisal.note.startswith("95 % interval 0.000 to ")
    assert (perplexity.value, perplexity.source.n) == ("3.320", 5)
    assert {answer.question.name for answer in context.answers.values()} >= {"entropy", "unmeasured", "uncertain"}


def test_tables_and_why_others_have_none():
    made, _ = section(store())
    captions = [block.caption for block in made.blocks if isinstance(block, Table)]
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


def test_the_course_by_day_has_intervals_and_gaps_where_there_is_nothing():
    calls = [
        call(n, at_s=DAY_S * day, operation="chat", request_model="m") for n, day in ((1, 0), (2, 0), (3, 1), (4, 3))
    ]
    con = connect(calls, entropy=[told(1, 1.0), told(2, 3.0), told(3, 4.0), told(4, 0.5)])
    made, context = section(con)
    (chart,) = (block for block in made.blocks if isinstance(block, Chart))
    values = chart.spec["data"]["values"]
    assert [(v["day"][-2:], v["mean"]) for v in values] == [("01", 2.0), ("02", 4.0), ("03", None), ("04", 0.5)]
    assert values[0]["low"] < 2.0 < values[0]["high"]
    assert (values[1]["low"], values[1]["high"]) == (None, None), "one conversation has no interval"
    assert "lowest 0.500 on 2026-01-04, highest 4.000 on 2026-01-02" in chart.alt
    assert chart.source.evidence_id in context.answers
    assert not [block for block in section(store())[0].blocks if isinstance(block, Chart)], "one day has no course"


def test_figures_under_a_language_model_stand_apart():
    entropy = [
        told(1, 1.0),
        told(1, 3.0, source="lm", scoring_model="tiny sha256:1"),
        told(2, 5.0, source="lm", scoring_model="tiny sha256:1", upper=[5.0]),
        told(3, source="lm", scoring_model="tiny sha256:1", reason="no_prompt"),
    ]
    con = connect([asked(1, "a"), asked(2, "b"), asked(3)], entropy=entropy)
    recorded, _ = section(con)
    scored, _ = section(con, TITLE_UNDER_A_MODEL)
    (_, mean, _), (calls, under, _) = (
        next(block for block in each.blocks if isinstance(block, Figures)).items for each in (recorded, scored)
    )
    assert (mean.value, mean.source.n) == ("1.000", 1)
    assert (under.value, under.source.n) == ("4.000", 2)
    assert (calls.value, calls.note) == ("2", "of 3 calls, under tiny sha256:1")
    said = " ".join(block.text for block in scored.blocks if isinstance(block, Paragraph))
    assert "They say neither how sure the model was that answered" in said
    assert "1: its prompt was not recorded" in said
    table = next(block for block in scored.blocks if isinstance(block, Table))
    assert table.caption.endswith("Surprisal by model, under tiny sha256:1")
