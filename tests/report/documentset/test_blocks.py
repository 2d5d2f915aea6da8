"""AP-16, 24, 31, 35 and 40: the plan against the facts, clocks of incidents, cards of data sets, no texts of users."""

from datetime import date

import pytest

from otel_cert.report.blocks.datasets import datasets
from otel_cert.report.blocks.incidents import clock, due, incidents
from otel_cert.report.blocks.thresholds import Measured, comparison, thresholds
from otel_cert.report.build import build
from otel_cert.report.front import OTHER_SERVICES
from otel_cert.report.model import Box, Gap, Source, Statement, Table
from otel_cert.report.system import Dataset, Incident, Indicator
from tests.report.documentset.sets import context, example, small

RATE = Measured(0.03, 0.01, 0.06, Source(100, "0"))


@pytest.mark.parametrize(
    ("threshold", "direction", "said"),
    [
        (0.07, "below", "on the planned side"),
        (0.06, "below", "not decided: the interval holds the threshold"),
        (0.04, "below", "not decided: the interval holds the threshold"),
        (0.01, "below", "crossed"),
        (0.005, "above", "on the planned side"),
        (0.02, "above", "not decided: the interval holds the threshold"),
        (0.06, "above", "crossed"),
        (None, "below", "no threshold"),
    ],
)
def test_ap_16_the_bound_of_the_interval_decides_and_not_the_value(threshold, direction, said):
    assert comparison(Indicator(indicator="Failed", threshold=threshold, direction=direction), RATE) == said


def test_what_was_not_measured_is_compared_with_nothing():
    assert comparison(Indicator(indicator="Failed", threshold=1), None) == "not measured"
    assert (
        comparison(Indicator(indicator="Failed", threshold=1), Measured(None, None, None, RATE.source))
        == "not measured"
    )


def test_ap_35_the_plan_stands_beside_what_was_measured(layout):
    with context(layout, example("cv_screener")) as made:
        found = thresholds(made)
    plan = [b for b in found if isinstance(b, Table) and b.caption.startswith("Plan and fact")]
    first = dict(zip([column.header for column in plan[0].columns], plan[0].rows[0], strict=True))
    assert (first["Threshold"], first["Measured"], first["Comparison"]) == ("below 0.02", "0.1429", "crossed")
    assert (first["Frequency"], first["Owner"]) == ("weekly", "operations lead")
    assert plan[0].source is not None
    assert any(isinstance(b, Gap) and "support_rate" in b.why for b in found)


def test_ap_35_without_a_plan_there_is_an_open_field(layout):
    with context(layout, small()) as made:
        assert isinstance(thresholds(made)[0], Box)


def incident(**given):
    return Incident(**({"id": "I-1", "what": "Wrong advice.", "aware": date(2026, 11, 1)} | given))


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("serious", date(2026, 11, 16)),
        ("death", date(2026, 11, 11)),
        ("widespread_or_critical_infrastructure", date(2026, 11, 3)),
    ],
)
def test_ap_24_each_kind_of_incident_has_its_deadline(kind, day):
    assert due(incident(kind=kind)) == day


def test_ap_24_the_clock_says_what_is_left_and_what_is_late():
    assert clock(incident(), date(2026, 11, 10)) == "not reported, 6 days left"
    assert clock(incident(), date(2026, 11, 18)) == "not reported, 2 days late"
    assert clock(incident(first_report=date(2026, 11, 6)), date(2026, 12, 1)) == "reported after 5 days"
    assert clock(incident(first_report=date(2026, 11, 17)), date(2026, 12, 1)) == "reported after 16 days, 1 day late"


def test_ap_24_a_declared_incident_stands_in_the_incident_record(layout):
    system = example("cv_screener").model_copy(update={"incidents": (incident(),)})
    with context(layout, system) as of_system:
        record = build(of_system, "incident_record")
    captions = [block.caption for section in record.sections for block in section.blocks if isinstance(block, Table)]
    assert any(caption.endswith(f"Incident {incident().id}") for caption in captions)


def test_ap_24_an_incident_has_a_record_and_none_is_a_declaration(layout):
    with context(layout, small(incidents=(incident(causal_link="Under examination."),))) as made:
        [record] = [b for b in incidents(made) if isinstance(b, Table)]
    assert ("Causal link", "Under examination.") in record.rows
    assert ("Corrective action", "\N{EN DASH} (not declared)") in record.rows
    assert record.by == "B. Person, engineer"
    with context(layout, small()) as made:
        [none] = [b for b in incidents(made) if isinstance(b, Statement)]
    assert (none.text, none.by) == ("None is declared in system.yaml.", "B. Person, engineer")


def test_ap_31_each_data_set_has_a_card_and_what_is_not_declared_shows(layout):
    with context(layout, small(datasets=(Dataset(name="Tickets", use="test", size="600"),))) as made:
        card, unknown = datasets(made)
    assert ("Size", "600") in card.rows
    assert ("SHA-256", "\N{EN DASH} (not declared)") in card.rows
    assert "is unknown to us" in unknown.text
    with context(layout, small()) as made:
        assert isinstance(datasets(made)[0], Box)


def test_ap_40_texts_of_users_stand_in_no_document_unless_asked_for(layout):
    from otel_cert.exporters.report import DocumentSet, ReportSettings

    assert DocumentSet().quote is False
    assert ReportSettings(system_name="S", provider="P").quote_answers is False
    with context(layout, small()) as made:
        assert made.quote is False


def test_calls_of_other_services_are_warned_of(layout):
    about = small().system

    def warned(*services):
        with context(layout, small(system=about.model_copy(update={"services": services}))) as made:
            return OTHER_SERVICES in made.warnings

    assert not warned()
    assert warned("bot")  # two calls name no service
