"""AP-06, 09, 10, 11, 20 and 42: the law that a document is about, the classification, the limits, the first page."""

import json
import shutil
from datetime import date, timedelta
from importlib import resources

import pytest
import yaml

from otel_cert.errors import UsageError
from otel_cert.law import classify, load_pack
from otel_cert.law.record import write_record
from otel_cert.report import front
from otel_cert.report.blocks.classification import UNANSWERED, classification
from otel_cert.report.blocks.law import law
from otel_cert.report.blocks.limits import limits
from otel_cert.report.build import DELETED, build
from otel_cert.report.check import problems
from otel_cert.report.declarations import classified
from otel_cert.report.folder import Folder
from otel_cert.report.membership import absent, members
from otel_cert.report.model import Box, Figures, Kind, NotApplicable, Paragraph, Statement, Table
from otel_cert.report.outline import NAMES, UNPLACED, completed, outline
from otel_cert.report.plain import statements
from otel_cert.report.system import ChangeDecision, Filled, Person
from tests.report.documentset.sets import DECISION, EXAMPLES, LIMITED, TODAY, blocks, context, example, small, write

HIGH = yaml.safe_load((EXAMPLES / "cv_screener" / "answers.yaml").read_text())
EXEMPT = {"default": "no", "answers": HIGH["answers"] | {
    "a3.profiling": "no", "a3.filter": "a", "a3.material_influence": "no",
}}  # fmt: skip


@pytest.fixture
def other_pack(tmp_path):
    """Legal data of another version."""
    folder = tmp_path / "law"
    shutil.copytree(str(resources.files("otel_cert.law") / "data"), folder)
    about = folder / "pack.yaml"
    about.write_text(about.read_text().replace("version: 2026.11.21", "version: 2027.1.5"))
    return load_pack(folder)


def said(made):
    return json.dumps([front.meta(made, "Art. 11"), str(law(made))])


def test_ap_06_each_document_names_statute_amendment_legal_data_dates_and_status_of_guidance(layout, high_set):
    with context(layout, example("cv_screener")) as made:
        text = said(made)
    for wanted in ("02024R1689-20260727", "OJ L, 2026/1744", "version 2026.11.21", "compiled 2026-11-21", "draft"):
        assert wanted in text
    rows = next(block for block in law(made) if block.caption.startswith("Duties")).rows
    assert ("Art. 72 monitoring plan", "provider", "2027-12-02", "2026-08-02") in rows
    assert ("Art. 8-15 requirements", "provider", "2027-12-02", "\N{EN DASH}") in rows
    documents = [json.loads(path.read_text()) for path in high_set[0].glob("*.txt")]
    assert len(documents) == len(high_set[1].paths)
    assert all("Law" in [s["title"][:3] for s in one["sections"]] for one in documents)


def test_ap_06_other_legal_data_and_another_tier_say_otherwise(layout, other_pack):
    with context(layout, small(), LIMITED, pack=other_pack) as made:
        assert "version 2027.1.5" in said(made)
        assert "Art. 72 monitoring plan" not in said(made)
    with context(layout, small()) as made:
        assert "the tier of this system is not determined" in said(made)


@pytest.mark.parametrize(("day", "warned"), [(date(2027, 2, 28), False), (date(2027, 3, 1), True)])
def test_ap_09_after_the_day_of_review_each_document_warns(layout, day, warned):
    with context(layout, small(), today=day) as made:
        for name in ("audit_trail", "checklist"):
            assert any("should have been reviewed by 2027-02-28" in one for one in build(made, name).warnings) is warned


def test_days_to_come_unknown_changes_and_fields_that_do_not_apply_are_warned_of(layout):
    decided = ChangeDecision(decision="planned", by="A. Person, lead", on=date(2026, 11, 2), reason="Tried before.")
    told = Filled(text="Described.", by="A. Person, lead", on=TODAY + timedelta(days=2))
    system = small(changes={"0123456789ab": decided}, fields={"annex-iv.4": told}, declared_on=TODAY)
    with context(layout, system) as made:
        future, undetected = build(made, "audit_trail").warnings
    assert "have not come yet: fields.annex-iv.4.on. Write the day" in future
    assert "do not show: 0123456789ab." in undetected
    said = Filled(text="Described.", by="A. Person, lead", on=date(2026, 11, 2))
    with context(layout, small(fields={"art-9.1": said, "art-50.1": said}), LIMITED) as made:
        [lost] = build(made, "audit_trail").warnings
    assert lost.endswith("no document shows them: art-9.1.")
    tomorrow = Filled(text="Described.", by="A. Person, lead", on=TODAY + timedelta(days=1))  # today, further east
    with context(layout, small(fields={"annex-iv.4": tomorrow})) as made:
        assert build(made, "audit_trail").warnings == ()


def test_ap_10_the_record_holds_all_answers_the_outcome_and_why(layout):
    with context(layout, example("cv_screener"), decision=DECISION) as made:
        record = classification(made)
        asked = made.pack.questions
    table = next(b for b in record if isinstance(b, Table) and b.caption == "All answers")
    assert [row[0] for row in table.rows] == list(asked)
    assert (table.by, table.on) == ("responsible person, head of compliance", "2026-06-15")
    outcome, _, decision = [b for b in record if isinstance(b, Statement)][:3]
    assert (outcome.text, outcome.citation) == ("high-risk", "Art. 6(2), Annex III")
    assert "rules 2026.11.21 of statute 02024R1689-20260727" in outcome.by
    assert (decision.kind, decision.by, decision.on) == (Kind.EXPERT, "A. Person, counsel", "2026-11-02")


def test_ap_10_what_is_not_answered_never_gives_a_tier(layout):
    with context(layout, small()) as made:
        record = classification(made)
    assert made.tier == "undetermined"
    open_, left = (
        next(b for b in record if isinstance(b, Table) and b.caption.startswith(caption))
        for caption in ("Open questions", UNANSWERED)
    )
    assert {row[0] for row in (*open_.rows, *left.rows)} == set(made.pack.questions)
    assert not {row[0] for row in open_.rows} & {row[0] for row in left.rows}
    assert not [b for b in record if isinstance(b, Table) and b.caption == "All answers"]  # nobody declared any
    assert any(isinstance(b, Box) and b.id == "classification" for b in record)


def test_ap_10_an_override_stands_beside_the_outcome_of_the_rules(layout):
    decided = DECISION.model_copy(update={"outcome": "high_risk", "reason": "The purpose will be hiring."})
    with context(layout, small(), LIMITED, decision=decided) as made:
        text = str(classification(made))
        assert made.tier == "high_risk"
    assert "text='limited" in text
    assert "overridden: high_risk, because The purpose will be hiring." in text


def test_ap_10_a_decision_holds_only_for_what_the_person_saw(tmp_path):
    pack = load_pack()
    file = tmp_path / "record.json"
    write_record(file, classify(LIMITED, pack=pack), DECISION)
    system = small(classification="record.json")
    assert classified(system, pack, base=tmp_path).decision == DECISION
    record = json.loads(file.read_text())
    record["classification"]["outcome"] = "minimal"  # as other rules would have said
    file.write_text(json.dumps(record))
    found = classified(system, pack, base=tmp_path)
    assert (found.decision, found.warnings) == (None, (front.STALE,))


def claimed(record):
    """Return reasons and registration of a claim under Article 6(3), as far as a person wrote them."""
    return {b.id: b.text for b in record if isinstance(b, Statement) and b.id in {"art-6.3", "art-49.2"}}


def test_ap_11_an_exemption_is_claimed_only_with_all_its_parts(layout):
    with context(layout, small(), EXEMPT) as made:
        assert made.tier == "art_6_3_exempt"
        record = blocks(build(made, "risk_classification"), object)
        assert claimed(record) == {}
        boxes = [b.id for b in record if isinstance(b, Box)]
        assert [boxes.count(id_) for id_ in ("art-6.3", "art-49.2")] == [1, 1]
        labels = [b.label for b in record if isinstance(b, Statement)]
        assert {"Condition of Article 6(3)", "Material influence on decisions", "Profiling of natural persons",
                "Provider who claims it"} <= set(labels)  # fmt: skip
    done = Filled(text="Sorts letters by language.", by="D. Person, lead", on=date(2026, 11, 4))
    with context(layout, small(fields={"art-6.3": done, "art-49.2": done}), EXEMPT) as made:
        record = blocks(build(made, "risk_classification"), object)
        assert claimed(record) == {"art-6.3": done.text, "art-49.2": done.text}
        assert not {"art-6.3", "art-49.2"} & {b.id for b in record if isinstance(b, Box)}
    with context(layout, small(), LIMITED) as made:
        assert "Article 6(3) is claimed" not in str(build(made, "risk_classification"))


def test_a_route_that_is_not_this_systems_is_told_by_the_answer_that_says_so(layout):
    def routes(answers):
        with context(layout, small(), answers) as made:
            found = blocks(build(made, "risk_classification"), object)
        return {b.id: b.because for b in found if isinstance(b, NotApplicable)}

    limited = routes(LIMITED)
    assert limited["art-6.1"].endswith("vehicles ...)?” was answered with: no.")
    assert limited["art-6.2"].endswith("was answered with: none of them.")
    exempt = routes(EXEMPT)
    assert "art-6.1" in exempt
    assert not {"art-6.2", "art-6.3", "art-6.4"} & set(exempt)  # listed in Annex III, with the exit of Art. 6(3)


def test_ap_20_the_limits_are_made_from_the_data_and_can_only_be_added_to(layout):
    more = Filled(text="No test in Dutch.", by="E. Person, tester", on=date(2026, 11, 5))
    with context(layout, small(fields={"limits": more})) as made:
        found = limits(made)
        document = build(made, "audit_trail")
    unknown = next(b for b in found if isinstance(b, Table) and b.caption.startswith("What is unknown"))
    assert ("content", "14") in [row[:2] for row in unknown.rows]
    assert next(b for b in found if isinstance(b, Figures)).items[0].value == "14"
    gaps = [row[0] for row in next(b for b in found if isinstance(b, Table) and b.caption == "Not measured").rows]
    assert "attack suite success rate" in gaps
    assert found[-1].text == "No test in Dutch."
    shown = [block for section in document.sections for block in section.blocks]
    assert all(block in shown for block in found if not isinstance(block, Table))  # captions of tables are numbered
    with context(layout, small(), since_ns=0, until_ns=1) as made:
        assert "value='0'" in str(limits(made))


def test_ap_42_the_first_page_says_what_a_document_is_and_is_not(layout):
    with context(layout, small(responsible=Person(name="F. Person", role="head of quality"))) as made:
        notice = build(made, "checklist").notice
    assert notice == (
        "Draft prepared with software from telemetry and declarations; not legal advice; no conformity is certified;"
        " responsible person: F. Person, head of quality."
    )
    with context(layout, small()) as made:
        assert build(made, "checklist").notice.endswith("responsible person: not named yet.")


def test_a_set_has_the_documents_of_its_role_and_tier(layout):
    always = {"risk_classification", "technical_documentation", "monitoring_report", "audit_trail", "checklist"}
    with context(layout, small()) as made:
        assert always <= set(members(made))
        assert "declaration_of_conformity" not in members(made)
    with context(layout, small(), LIMITED) as made:
        expected = always - {"technical_documentation"} | {"transparency_record", "gpai_supplier_file"}
        assert set(members(made)) == expected
        assert "it is not for a system that is classified as limited" in absent(made)["fria"]
    with context(layout, small(), {"default": "no", "answers": {}}) as made:
        assert made.tier == "out_of_scope"
        assert set(members(made)) == always - {"technical_documentation"}
    with context(layout, example("cv_screener")) as made:
        assert set(members(made)) | {"fria", "transparency_record"} == set(NAMES)
        assert "fria" in absent(made)
    deployer = HIGH["answers"] | {"role.deployer": "yes", "d.public_or_service": "yes"}
    with context(layout, small(), {"default": "no", "answers": deployer}) as made:
        assert "fria" in members(made)


def test_only_documents_of_the_set_are_written(layout, tmp_path):
    with pytest.raises(UsageError, match="fria is not in this set: it is not for a system"):
        write(layout, tmp_path, small(), LIMITED, only=["fria"])
    with pytest.raises(UsageError, match="there is no document 'report'"):
        write(layout, tmp_path, small(), only=["report"])


def test_what_does_not_apply_is_shown_with_the_reason(layout):
    with context(layout, small(), LIMITED) as made:
        document = build(made, "technical_documentation")
    found = [one for one in statements(document) if one["kind"] == "not_applicable"]
    assert any(one["id"] == "annex-iv.2.b" and "classified as: limited" in one["text"] for one in found)
    assert all(one["by"] for one in found)
    assert not [one for one in blocks(document, Box) if one.id.startswith("annex-iv")]


@pytest.fixture
def newer_pack(tmp_path):
    """Legal data with a requirement and a kind of evidence that no outline knows, and without some that outlines name."""
    folder = tmp_path / "newer"
    shutil.copytree(str(resources.files("otel_cert.law") / "data"), folder)
    file = folder / "requirements.yaml"
    content = yaml.safe_load(file.read_text())
    kept = [one for one in content["requirements"] if one["id"] != "annex-viii.b.4"]
    new = next(one for one in kept if one["id"] == "art-15.1")
    new = new | {
        "id": "art-60b.1",
        "title": "A duty of a later act",
        "citation": "Art. 60b(1)",
        "evidence_kind": "expert",
    }
    content["requirements"] = [*kept, new | {"evidence_from_traces": ["marks_kept"]}]
    for one in content["requirements"]:
        one["evidence_from_traces"] = [kind for kind in one["evidence_from_traces"] if kind != "drift"]
    file.write_text(yaml.safe_dump(content))
    file = folder / "evidence.yaml"
    content = yaml.safe_load(file.read_text())
    content["evidence"] = [one for one in content["evidence"] if one["id"] != "drift"]
    content["evidence"].append(
        {"id": "marks_kept", "what": "marks that were kept", "source": "a detector", "caveat": ""}
    )
    file.write_text(yaml.safe_dump(content))
    return load_pack(folder)


def test_newer_legal_data_lose_no_requirement_and_need_no_release(layout, newer_pack, tmp_path):
    output = tmp_path / "set"
    written = write(layout, output, example("cv_screener"), pack=newer_pack)
    assert {path.stem for path in written.paths} >= {"checklist", "technical_documentation", "registration_data"}
    checklist, registration = (Folder(output).document(name) for name in ("checklist", "registration_data"))
    assert [box.id for box in blocks(checklist, Box)] == ["art-60b.1"]
    [matrix] = [table for table in blocks(checklist, Table) if table.caption.endswith("sections and evidence")]
    [row] = [row for row in matrix.rows if row[0].startswith("art-60b.1")]
    assert row[2:5] == (f"Requirements checklist: {UNPLACED}", "marks kept (not measured)", "missing")
    assert DELETED in [paragraph.text for paragraph in blocks(registration, Paragraph)]
    assert problems(Folder(output), layout) == []


def test_legal_data_of_this_version_have_a_section_for_each_requirement():
    assert all(completed(name, load_pack()) == outline(name) for name in NAMES)
