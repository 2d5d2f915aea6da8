"""The three examples: complete, valid, and classified as they should be."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from otel_cert.cli import cli
from otel_cert.report.build import build
from otel_cert.report.declarations import classified, read_system
from otel_cert.report.facts import FACTS
from otel_cert.report.membership import members
from otel_cert.report.model import Box
from otel_cert.report.opening import opened
from otel_cert.report.requirements import Status, status
from otel_cert.report.system import System
from tests.calls import some, store

from .data import PACK

EXAMPLES = Path(__file__).parents[3] / "examples"
OUTCOMES = {
    "support_assistant": ("limited", ["art50.1", "art50.2", "gpai.downstream"]),
    "cv_screener": (
        "high_risk",
        ["art50.2", "gpai.downstream", "registration.provider.art49_1", "conformity.internal_control.annex_vi"],
    ),
    "benefit_office": (
        "high_risk",
        ["art50.2", "fria.art27", "inform_persons.art26_11", "inform_workers.art26_7", "registration.deployer.art49_3"],
    ),
}
PREFIXES = {
    "support_assistant": ("art-4.1", "art-4a.1", "art-50.1", "art-50.2", "art-50.5", "annex-xii."),
    "cv_screener": ("art-4.1", "art-4a.1", "art-6.1", "art-6.2", "art-8.", "art-9.", "art-10", "art-11", "art-12.1",
                    "art-12.2", "art-13", "art-14.1", "art-14.4", "art-15", "art-16", "art-17", "art-18", "art-19",
                    "art-20", "art-21", "art-25.4", "art-42", "art-43", "art-47", "art-48", "art-49.1", "art-50.2",
                    "art-50.5", "art-72", "art-73", "annex-iv.",
                    "annex-v.", "annex-vi.", "annex-viii.a.", "annex-xii."),
    "benefit_office": ("art-4.1", "art-4a.1", "art-25.1", "art-26.1", "art-26.2", "art-26.4", "art-26.5", "art-26.6",
                       "art-26.7", "art-26.8", "art-26.9", "art-27.", "art-49.3", "annex-viii.c.", "art-86"),
}  # fmt: skip
"""Requirements that apply to such a system, read off the Act by hand."""
SIGNED = {"annex-v.3", "annex-v.4", "annex-v.8", "art-48", "art-49.1", "annex-viii.a.11", "annex-iv.8"}
REGISTERED = {"art-26.8", "art-49.3", "annex-viii.c.3"}
"""Come with the signature or the registration; nobody fills them in beforehand."""


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    return store(tmp_path_factory.mktemp("examples") / "data", *some())


def system(name):
    return System.model_validate(yaml.safe_load((EXAMPLES / name / "system.yaml").read_text()))


def duties(name):
    """Return the requirements that apply to an example, but for those of post-remote biometric identification."""
    return [r.id for r in PACK.requirements if r.id.startswith(PREFIXES[name]) and r.id != "art-26.10"]


def missing(one, name):
    """Return the requirements that apply and are neither filled nor open with an owner and a day."""
    applying = duties(name)
    fields = one.fields
    return [id_ for id_ in applying if not _answered(fields.get(id_), id_)]


def _answered(field, id_):
    if field is None:
        return False
    if id_ in SIGNED | REGISTERED and field.text is None:
        return bool(field.owner and field.due)
    return bool((field.text or field.not_applicable) and field.by and field.on)


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_example_is_complete(name):
    one = system(name)
    assert missing(one, name) == []
    assert set(one.fields) <= {requirement.id for requirement in PACK.requirements} | set(FACTS)
    about = one.system.model_dump(exclude={"services"})
    assert all(about.values()), "every fact about the system is declared"
    assert one.declared_by
    assert one.declared_on
    assert one.monitoring
    assert {supplier.model for supplier in one.suppliers} == set(one.system.models)
    assert (EXAMPLES / name / str(one.classification)).is_file()


def test_an_example_with_an_open_field_is_found():
    one = system("cv_screener")
    fields = {id_: field for id_, field in one.fields.items() if id_ != "art-9.1"}
    assert missing(one.model_copy(update={"fields": fields}), "cv_screener") == ["art-9.1"]


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_example_is_classified(name):
    answers = EXAMPLES / name / "answers.yaml"
    result = CliRunner().invoke(cli, ["assess", "--answers", str(answers), "--format", "json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    outcome, labels = OUTCOMES[name]
    assert (found["outcome"], found["open_questions"]) == (outcome, [])
    assert sorted(found["labels"]) == sorted(labels)


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_example_names_roles_and_no_persons(name):
    """Who filled a field is a role; the one named person is that of the example."""
    one = system(name)
    assert all(field.by is None or field.by.startswith("responsible person, ") for field in one.fields.values())
    assert one.responsible.name == "Responsible person of the example"


def test_nothing_is_signed_beforehand():
    for name, ids in (("cv_screener", SIGNED), ("benefit_office", REGISTERED)):
        fields = system(name).fields
        assert all(fields[id_].text is None for id_ in ids)


def test_a_deployer_has_the_documents_of_its_duties_and_none_of_the_providers(layout):
    one = read_system(EXAMPLES / "benefit_office" / "system.yaml")
    with opened(layout, one, PACK, classified(one, PACK, base=EXAMPLES / "benefit_office")) as made:
        assert set(members(made)) == {
            "risk_classification", "monitoring_report", "audit_trail", "human_oversight", "transparency_record", "fria",
            "incident_record", "registration_data", "checklist",
        }  # fmt: skip
        states = {one.id: status(made, one) for one in PACK.requirements}
        found = {name: build(made, name) for name in members(made)}
    open_ = {box.id for document in found.values() for section in document.sections for box in section.blocks
             if isinstance(box, Box)}  # fmt: skip
    assert open_ == REGISTERED | {"classification"}
    applying = {id_ for id_, state in states.items() if state is not Status.NOT_APPLICABLE}
    assert applying == set(duties("benefit_office"))


def test_a_private_deployer_does_not_register_and_one_without_workers_informs_none(layout):
    one = read_system(EXAMPLES / "benefit_office" / "system.yaml")
    answers = yaml.safe_load((EXAMPLES / "benefit_office" / "answers.yaml").read_text())
    answers["answers"] |= {
        "a3.points": ["5.b"],
        "d.public_authority": "no",
        "d.public_or_service": "no",
        "d.workplace": "no",
    }
    private = one.model_copy(update={"classification": answers})
    with opened(layout, private, PACK, classified(private, PACK, base=EXAMPLES)) as made:
        states = {one.id: status(made, one) for one in PACK.requirements}
        assert "registration_data" not in members(made)
    lost = {"art-26.7", "art-26.8", "art-49.3", "annex-viii.c.1"}
    assert {states[id_] for id_ in lost} == {Status.NOT_APPLICABLE}
    assert Status.NOT_APPLICABLE not in {states[id_] for id_ in ("art-27.1.a", "art-26.11", "art-86.1")}


def test_a_bare_on_and_no_of_yaml_are_words():
    given = yaml.safe_load(
        "{system: {name: a}, provider: {name: b}, suppliers: [{model: m, systemic_risk: no}],"
        " fields: {art-9.1: {text: t, by: c, on: 2026-06-15}}}"
    )
    one = System.model_validate(given)
    assert one.suppliers[0].systemic_risk == "no"
    assert one.fields["art-9.1"].on.isoformat() == "2026-06-15"
