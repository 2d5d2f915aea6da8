"""AP-16, 24, 31, 35 and 40: the plan against the facts, clocks of incidents, cards of data sets, no texts of users."""

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest

from otel_cert.questions import SUMMARY
from otel_cert.report import evidence
from otel_cert.report.blocks.datasets import datasets
from otel_cert.report.blocks.incidents import CLOCKS, incidents
from otel_cert.report.blocks.thresholds import UNNAMED, Measured, comparison, thresholds
from otel_cert.report.build import build
from otel_cert.report.clocks import clock, due
from otel_cert.report.evidenced import evidenced, shown
from otel_cert.report.freeze.write import freeze
from otel_cert.report.front import NO_SUCH_SERVICE, OTHER_SERVICES
from otel_cert.report.measured import declared_observed
from otel_cert.report.model import Box, Gap, Paragraph, Source, Statement, Table
from otel_cert.report.system import Dataset, Incident, Indicator
from otel_cert.report.text import UNKNOWN
from tests.calls import some, store
from tests.report.documentset.sets import blocks, context, example, small
from tests.report.measured.blocks import table

RATE = Measured(0.03, 0.01, 0.06, Source(100, "0"), str, str)


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
        comparison(Indicator(indicator="Failed", threshold=1), Measured(None, None, None, RATE.source, str, str))
        == "not measured"
    )


def test_ap_35_the_plan_stands_beside_what_was_measured(layout):
    with context(layout, example("cv_screener")) as made:
        found = thresholds(made)
    plan, fact = (
        next(b for b in found if isinstance(b, Table) and b.caption.startswith(one)) for one in ("Ind", "Plan")
    )
    assert plan.rows[0][:5] == ("Failed calls", "error_rate", "below 2 %", "weekly", "operations lead")
    assert (plan.by, plan.source) == ("responsible person, head of compliance", None)
    assert fact.caption == "Plan and fact: Failed calls"
    first = dict(zip([column.header for column in fact.columns], fact.rows[0], strict=True))
    assert (first["Threshold"], first["Measured"], first["Comparison"]) == ("below 2 %", "14.3 %", "crossed")
    assert (fact.by, fact.source is not None) == ("", True), "what was planned is declared, what was found is measured"
    [timed] = [b for b in found if isinstance(b, Table) and b.caption == "Plan and fact: Time to a rank"]
    assert timed.rows[0][:2] == ("below 20 s", "1.845 s")  # as the summary of the monitoring report shows it
    gaps = {b.what: b.why for b in found if isinstance(b, Gap)}
    assert "support_rate" in gaps["Support of the quoted reasons (proxy)"]
    assert gaps["Eligibility decisions that are correct, by labels"] == UNNAMED


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


def test_ap_24_a_deployers_record_says_when_it_told_the_provider(layout):
    def told(answers):
        with context(layout, small(incidents=(incident(provider_told=date(2026, 11, 2)),)), answers) as made:
            [record] = [b for b in incidents(made) if isinstance(b, Table)]
        return dict(record.rows).get("Provider told")

    assert told({"default": "no", "answers": {"role.deployer": "yes"}}) == "2026-11-02"
    assert told({"default": "no", "answers": {"role.provider": "yes"}}) is None


def test_ap_24_the_record_shows_the_hash_of_what_was_frozen_or_how_to_freeze_it(tmp_path):
    layout = store(tmp_path / "data", *some())
    declared = small(incidents=(incident(traces=(f"{1:032x}",)), incident(id="I-2")))

    def states():
        with context(layout, declared) as made:
            return [dict(b.rows)["Frozen records"] for b in incidents(made) if isinstance(b, Table)], made

    first, made = states()
    assert first == [f"not yet frozen: otel-cert report freeze {one}" for one in ("I-1", "I-2")]
    assert not evidenced(made, "evidence_freeze")
    freeze(layout, declared, declared.incident("I-1"), tmp_path / "copy")
    digest = sha256((tmp_path / "copy" / "manifest.json").read_bytes()).hexdigest()
    (found, other), made = states()
    assert found.endswith(f": 2 rows of 1 trace, snapshot 1, SHA-256 {digest}")
    assert other == first[1]
    [listed] = shown(made, "evidence_freeze")
    assert [row[0] for row in listed.rows] == ["I-1"]


def test_ap_24_the_record_of_a_set_has_the_clocks_whatever_documents_were_made_before_it(layout):
    with context(layout, small(incidents=(incident(),)), None) as made:
        shown(made, "incidents")
        found = build(made, "incident_record")
    assert [b.rows[0][1] for b in blocks(found, Table) if "Incident I-1" in b.caption] == ["Wrong advice."]
    assert CLOCKS in {b.text for b in blocks(found, Paragraph)}


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


def of(*services):
    """Return a system that names its services."""
    return small(system=small().system.model_copy(update={"services": services}))


def test_calls_of_other_services_are_warned_of(layout):
    def warned(*services):
        with context(layout, of(*services)) as made:
            return {OTHER_SERVICES, NO_SUCH_SERVICE} & set(made.warnings)

    assert not warned()
    assert warned("bot") == {OTHER_SERVICES}  # two calls name no service
    assert warned("bto") == {NO_SUCH_SERVICE}


def test_figures_are_of_the_services_of_the_system_and_their_evidence_is_asked_of_the_same(layout):
    with context(layout, of("bot")) as made, context(layout, small()) as everything:
        own, whole = made.ask(SUMMARY), everything.ask(SUMMARY)
        assert (own.n, whole.n) == (12, 14)
        assert own.evidence_id != whole.evidence_id
        assert made.ask_everywhere(SUMMARY).evidence_id == whole.evidence_id
        record = evidence.record(layout, own, made.created)
    assert record.services == ["bot"]
    assert not evidence.differences(record, evidence.ask_again(layout, record))
    forged = replace(record, services=["bot", "kiosk"])
    assert any("was changed" in found for found in evidence.differences(forged, evidence.ask_again(layout, forged)))
    assert "n: 12 recorded, 14 now" in evidence.differences(
        record, evidence.ask_again(layout, replace(record, services=[]))
    )


def test_services_that_are_not_of_the_system_are_seen_beside_it(layout):
    with context(layout, of("kiosk")) as made:
        services = table(declared_observed(made), "services")
        assert {row[0]: row[1] for row in services.rows} == {
            "kiosk": "declared, not observed", "bot": "observed, not declared", UNKNOWN: "not recorded",
        }  # fmt: skip
