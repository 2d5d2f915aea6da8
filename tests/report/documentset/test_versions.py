"""AP-25, 27, 28, 29, 41: versions and what changed, approval, the declaration of conformity, open fields, same bytes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from otel_cert.errors import CheckFailed, NotFound, UsageError
from otel_cert.exporters import html
from otel_cert.report.approve import approve
from otel_cert.report.build import build
from otel_cert.report.check import problems
from otel_cert.report.declaration import COPIES, lacking
from otel_cert.report.diff import differences, documents
from otel_cert.report.folder import Folder
from otel_cert.report.model import Box, Table
from otel_cert.report.system import Filled
from tests.calls import call, some, store
from tests.report.documentset.sets import (
    DECISION,
    LIMITED,
    RENDERERS,
    blocks,
    context,
    example,
    filled,
    shown,
    small,
    tampered,
    write,
)

NAME = "human_oversight"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DONE = Filled(text="A reviewer reads each refusal.", by="G. Person, lead", on=date(2026, 11, 6))
HIGH = {"default": "unknown", "answers": {}}


def one(layout, output, system, answers=None, **given):
    write(layout, output, system, answers, only=["audit_trail"], **given)
    return Folder(output).read().documents["audit_trail"]


def test_ap_25_a_version_rises_with_what_changed_and_the_old_one_is_kept(tmp_path):
    layout, output = store(tmp_path / "data", *some()), tmp_path / "set"
    first = one(layout, output, small())
    assert (first.version, first.previous_version, first.snapshot) == ("1.0.0", None, 1)
    assert one(layout, output, small()) == first
    store(layout.root, [call(60, provider="openai", request_model="gpt-4o")])
    figures = one(layout, output, small())
    assert (figures.version, figures.previous_version, figures.id) == ("1.0.1", "1.0.0", first.id)
    said = one(layout, output, small(fields={"art-19.1": DONE}))
    assert said.version == "1.1.0"
    decided = DECISION.model_copy(update={"outcome": "high_risk", "reason": "Hiring."})
    assert one(layout, output, small(fields={"art-19.1": DONE}), decision=decided).version == "2.0.0"
    folder = Folder(output)
    assert [s.version for s in folder.read().superseded] == ["1.0.0", "1.0.1", "1.1.0"]
    assert folder.superseded("1.0.0").document("audit_trail").version == "1.0.0"
    assert problems(folder) == []
    (folder.root / "superseded" / "1.0.0" / "audit_trail.txt").write_text("x")
    assert problems(folder) == ["superseded/1.0.0/audit_trail.txt was changed after it was written"]
    assert set(first.__dict__) >= {"generator", "data_cut_off", "window", "content_sha256", "language"}
    lines = list(differences(documents(output / "superseded" / "1.0.0"), documents(output / "superseded" / "1.1.0")))
    assert lines[0] == "audit_trail: 1.0.0 -> 1.1.0"
    assert any(line.startswith("    + [declared]") or "A reviewer reads each refusal." in line for line in lines)
    assert any("Calls: 14" in line and line.startswith("    - ") for line in lines)
    assert any("Calls: 15" in line and line.startswith("    + ") for line in lines)


def test_a_difference_names_documents_that_came_and_went(high_set):
    all_, few = documents(high_set[0]), {"audit_trail": Folder(high_set[0]).document("audit_trail")}
    assert list(differences(all_, all_)) == []
    assert "checklist: no longer in the set" in list(differences(all_, few))
    assert "checklist: new in the set, version 1.0.0" in list(differences(few, all_))


def test_diff_needs_a_set(tmp_path):
    with pytest.raises(NotFound, match="there is no document set"):
        documents(tmp_path)


def approved(folder, name=NAME, **given):
    named = {"who": "H. Person", "role": "head of compliance", "renderers": RENDERERS, "now": NOW}
    return approve(folder, name, **(named | given))


def test_ap_27_a_document_is_a_draft_until_a_person_approves_it(copied):
    before = shown(copied.root, NAME)
    assert before["draft"]
    assert before["notice"].startswith("Draft prepared")
    assert "Approval recorded" not in json.dumps(before)
    approved(copied)
    after = shown(copied.root, NAME)
    assert (after["draft"], after["approvals"][0]["name"]) == (False, "H. Person")
    assert after["notice"].startswith("Prepared with software")
    digest = copied.read().documents[NAME].content_sha256
    assert f"The content with SHA-256 {digest} was approved." in json.dumps(after)
    assert problems(copied) == []
    assert "DRAFT" in html.render(copied.document(NAME)).decode()


def test_ap_27_nothing_is_signed_or_filled_in(copied):
    approved(copied)
    [table] = [b for b in blocks(copied.document(NAME), Table) if b.caption.endswith("Sign-off")]
    assert [row[0] for row in table.rows] == ["Author", "Reviewer", "Approver"]
    assert {cell for row in table.rows for cell in row[1:]} == {""}


def test_ap_27_a_changed_document_is_a_draft_again(layout, copied):
    approved(copied)
    system = example("cv_screener")
    write(layout, copied.root, system, decision=DECISION)
    assert not shown(copied.root, NAME)["draft"]
    changed = system.model_copy(update={"fields": {**system.fields, "art-14.4.a": DONE}})
    write(layout, copied.root, changed, decision=DECISION)
    assert shown(copied.root, NAME)["draft"]
    assert not json.loads((copied.root / "superseded" / "1.0.0" / f"{NAME}.txt").read_text())["draft"]
    assert copied.read().documents[NAME].approvals == ()
    [kept] = copied.read().superseded
    assert (kept.document, [one.name for one in kept.approvals]) == (NAME, ["H. Person"])
    assert problems(copied) == []


def test_ap_27_open_fields_a_changed_content_and_nobody_are_refused(copied):
    assert copied.read().documents["registration_data"].open_items
    with pytest.raises(UsageError, match="fields of registration_data are open"):
        approved(copied, "registration_data")
    approved(copied, "registration_data", with_open_items="The number comes with the registration.")
    assert "With open fields, because: The number comes" in json.dumps(shown(copied.root, "registration_data"))
    with pytest.raises(UsageError, match="a name and a role"):
        approved(copied, who=" ")
    with pytest.raises(NotFound, match="the set has no document 'fria'"):
        approved(copied, "fria")
    copied.write_document(NAME, replace(copied.document(NAME), title="Other"))
    with pytest.raises(CheckFailed, match="its content is not that of the manifest"):
        approved(copied)


def test_an_approval_of_another_content_is_found(copied):
    approved(copied)
    tampered(copied, NAME, lambda document: replace(document, title="Other"))
    assert f"{NAME}: the approval of H. Person is of another content" in problems(copied)


def test_ap_28_the_declaration_is_refused_until_all_is_there(layout, high_set, tmp_path):
    assert "no person" not in str(high_set[1].refused)  # the classification was confirmed
    [(name, why)] = high_set[1].refused.items()
    assert (name, why[0]) == (
        "declaration_of_conformity", "Annex V is not complete: annex-v.3, annex-v.4, annex-v.8",
    )  # fmt: skip
    with pytest.raises(UsageError, match="declaration_of_conformity is refused"):
        write(layout, tmp_path / "a", example("cv_screener"), decision=DECISION, only=["declaration_of_conformity"])
    whole = filled(example("cv_screener"))
    fields = {id_: one for id_, one in whole.fields.items() if id_ not in COPIES}
    written = write(layout, tmp_path / "b", whole.model_copy(update={"fields": fields}), decision=DECISION)
    assert written.refused == {}, "its own copies cannot be there before it"
    assert shown(tmp_path / "b", "declaration_of_conformity")["draft"]


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("annex-v.7", "Annex V is not complete: annex-v.7"),
        ("art-43", "the conformity assessment route is not recorded"),
        ("art-47.1", "no person stated that it may be drawn up"),
        ("decision", "no person confirmed the classification"),
    ],
)
def test_ap_28_one_missing_part_is_enough(layout, without, said):
    system = filled(example("cv_screener"))
    fields = {id_: one for id_, one in system.fields.items() if id_ != without}
    decision = None if without == "decision" else DECISION
    with context(layout, system.model_copy(update={"fields": fields}), decision=decision) as made:
        assert said in "; ".join(lacking(made, []))


def test_ap_28_a_system_that_is_not_high_risk_has_no_declaration(layout):
    with context(layout, filled(small()), LIMITED, decision=DECISION) as made:
        assert "only a high-risk system has one" in lacking(made, [])[0]


def test_ap_29_an_open_field_has_its_question_its_reason_an_example_owner_and_day(layout):
    owned = Filled(owner="product lead", due=date(2026, 12, 31))
    with context(layout, small(fields={"annex-iv.2.b": owned})) as made:
        boxes = list(blocks(build(made, "technical_documentation"), Box))
    assert all(box.question and box.why and box.example for box in boxes)
    [box] = [box for box in boxes if box.id == "annex-iv.2.b"]
    assert (box.owner, box.due, box.citation) == ("product lead", "2026-12-31", "Annex IV point 2(b)")


def test_ap_41_two_runs_on_the_same_data_give_the_same_bytes(layout, tmp_path):
    for name in ("a", "b"):
        write(layout, tmp_path / name, small(), only=["risk_classification"], renderers={"html": html.render})
    files = {name: {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
             for name in ("a", "b")}  # fmt: skip
    assert files["a"] == files["b"]
    assert len(files["a"]) > 4
    write(
        layout,
        tmp_path / "c",
        small(declared_by="Z. Person"),
        only=["risk_classification"],
        renderers={"html": html.render},
    )
    other = (tmp_path / "c" / "risk_classification.html").read_bytes()
    assert other != (tmp_path / "a" / "risk_classification.html").read_bytes()
