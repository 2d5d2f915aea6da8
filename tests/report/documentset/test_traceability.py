"""AP-01 to AP-05: each statement leads to its evidence or to a person, and a third person can check that."""

import json
import shutil
from dataclasses import replace

import pytest

from otel_cert.report.blocks.matrix import matrix
from otel_cert.report.build import build
from otel_cert.report.check import problems
from otel_cert.report.folder import sha256
from otel_cert.report.model import Figures, Kind, Paragraph, Section, Statement, Table
from otel_cert.report.plain import statements
from otel_cert.report.requirements import Status
from tests.report.documentset.sets import LIMITED, blocks, context, example, small, tampered, write


def with_block(document, block):
    return replace(document, sections=(*document.sections, Section("Added", (block,))))


def with_figures(document, change):
    def changed(block):
        return replace(block, items=tuple(map(change, block.items))) if isinstance(block, Figures) else block

    sections = tuple(replace(s, blocks=tuple(map(changed, s.blocks))) for s in document.sections)
    return replace(document, sections=sections)


def test_a_set_as_it_was_written_holds(high_set, layout, copied):
    assert problems(copied, layout) == []
    assert set(copied.read().evidence) == set(high_set[1].evidence_ids)


def test_ap_01_every_measured_statement_has_an_evidence_id_that_resolves(copied):
    measured = [one for name in copied.read().documents for one in statements(copied.document(name))
                if one["kind"] == "measured"]  # fmt: skip
    assert len(measured) > 50
    assert {one["evidence_id"] for one in measured} <= set(copied.read().evidence)
    record = json.loads(copied.evidence(measured[0]["evidence_id"]).read_text())
    assert record.keys() >= {"sql", "params", "window", "n", "rows", "snapshot", "otel_cert_version"}


def test_ap_01_a_broken_id_is_found(copied):
    tampered(
        copied, "audit_trail", lambda d: with_block(d, Paragraph("No call failed (n = 3 · evidence 0123456789ab)."))
    )
    [problem] = problems(copied)
    assert "audit_trail, Added: there is no evidence 0123456789ab" in problem


def test_ap_01_a_changed_or_missing_record_is_found(copied):
    first, second = list(copied.read().evidence)[:2]
    record = json.loads(copied.evidence(first).read_text())
    copied.evidence(first).write_text(json.dumps(record | {"sql": f"{record['sql']} -- another"}))
    copied.evidence(second).unlink()
    found = "\n".join(problems(copied))
    assert f"evidence {first} was changed: its contents have another id" in found
    assert f"evidence/{second}.json is missing" in found


def test_ap_02_every_statement_says_how_it_is_known(copied):
    kinds = {one["kind"] for name in copied.read().documents for one in statements(copied.document(name))}
    assert kinds == {"measured", "declared", "expert", "fixed", "gap", "not_applicable", "open"}


def test_ap_02_an_unmarked_statement_is_found(copied):
    tampered(copied, "audit_trail", lambda d: with_block(d, Statement(Kind.DECLARED, "Logs", "They are complete.")))
    [problem] = problems(copied)
    assert "“Logs: They are complete.” does not say who declared it, and when" in problem


def test_ap_02_declarations_without_a_person_are_found_and_warned_of(layout, tmp_path):
    write(layout, tmp_path, small(declared_by=None), only=["risk_classification"])
    from otel_cert.report.folder import Folder

    assert any("Name of the system: Helper" in one for one in problems(Folder(tmp_path)))
    assert any("does not say who declared" in one for one in Folder(tmp_path).document("risk_classification").warnings)


def test_ap_03_the_matrix_lists_each_requirement_with_its_state_and_no_score(layout):
    with context(layout, example("cv_screener")) as made:
        counts, listed, *left_out = [block for block in matrix(made) if isinstance(block, Table)]
        requirements = [one.id for one in made.pack.requirements]
    assert sorted(id_of(row) for table in (listed, *left_out) for row in table.rows) == sorted(requirements)
    assert {row[4] for row in listed.rows} <= {state.value for state in Status} - {"not applicable"}
    assert sum(int(row[1]) for row in counts.rows) == len(requirements)
    assert "%" not in str((counts, listed.columns))


def test_ap_03_what_does_not_apply_stands_under_its_reason(layout):
    def reasons(system, answers=None):
        """Return requirement -> the reason in its row, or else in the paragraph above its table."""
        with context(layout, system, answers) as made:
            found, above = {}, ""
            for block in matrix(made)[3:]:
                if isinstance(block, Paragraph):
                    above = block.text
                else:
                    found |= {id_of(row): row[3] if len(row) > 3 else above for row in block.rows}
            return found

    limited = reasons(small(), LIMITED)
    assert limited["art-9.1"] == "It concerns another tier. The system is classified as: limited."
    assert limited["art-12.3.a"].startswith("The answers say that the case it is about does not arise.")
    assert limited["art-6.2"].endswith("was answered with: none of them.")
    assert reasons(example("cv_screener"))["annex-iv.1.f"] == "No component of a product."


def test_ap_07_the_technical_documentation_begins_with_every_point_of_annex_iv_and_its_state(layout):
    with context(layout, example("cv_screener")) as made:
        [found] = [
            t for t in blocks(build(made, "technical_documentation"), Table) if "Points of Annex IV" in t.caption
        ]
        points = [one.citation for one in made.pack.requirements if one.id.startswith("annex-iv.")]
    assert [row[0] for row in found.rows] == points
    assert len(points) == 26
    told = {row[0]: row[2:] for row in found.rows}
    assert told["Annex IV point 1(f)"] == ("not applicable", "No component of a product.")
    assert told["Annex IV point 8"] == ("missing", "field open, owner head of compliance, due 2027-06-30")
    assert told["Annex IV point 2(c)"] == ("declared", "")


def id_of(row):
    return row[0].partition(":")[0]


def test_ap_03_a_state_follows_from_what_is_there(layout):
    """The same requirement is missing, done or not applicable by the system's own declarations and tier."""

    def state(system, answers=None):
        with context(layout, system, answers) as made:
            listed, *left_out = [block for block in matrix(made) if isinstance(block, Table)][1:]
        [*shown] = [row[4] for row in listed.rows if id_of(row) == "annex-iv.2.b"]
        return (
            shown[0]
            if shown
            else "left out"
            if "annex-iv.2.b" in {id_of(r) for t in left_out for r in t.rows}
            else None
        )

    assert state(example("cv_screener")) == "expert done"
    assert state(small()) == "missing"
    assert state(small(), LIMITED) == "left out"


def test_ap_04_a_figure_that_differs_between_documents_is_found(copied):
    tampered(
        copied, "checklist", lambda d: with_figures(d, lambda f: replace(f, value="15") if f.label == "Calls" else f)
    )
    found = "\n".join(problems(copied))
    assert "differs: " in found
    assert "15 in checklist" in found
    assert "checklist: Calls is 15, and 14 in evidence" in found


def with_rows(document, caption, change):
    def changed(block):
        wanted = isinstance(block, Table) and block.caption.endswith(caption)
        return replace(block, rows=change(block.rows)) if wanted else block

    sections = tuple(replace(s, blocks=tuple(map(changed, s.blocks))) for s in document.sections)
    return replace(document, sections=sections)


@pytest.mark.parametrize(
    ("caption", "change", "says"),
    [
        ("What is unknown of the calls", lambda rows: (("input tokens", "1", *rows[0][2:]), *rows[1:]),
         "row 1, Unknown in calls: 2 in risk_classification; 1 in checklist"),
        ("What is unknown of the calls", lambda rows: rows[1:], "number of rows: "),
        ("Law", lambda rows: (("Instrument", "Another"), *rows[1:]), "Another in checklist"),
    ],
)  # fmt: skip
def test_ap_04_a_table_with_other_cells_in_another_document_is_found(copied, caption, change, says):
    tampered(copied, "checklist", lambda document: with_rows(document, caption, change))
    [problem] = problems(copied)
    assert problem.startswith(f"table “{caption}”")
    assert says in problem


def test_ap_04_documents_of_different_data_are_found(copied):
    manifest = copied.read()
    manifest.documents["checklist"] = replace(manifest.documents["checklist"], snapshot=2)
    copied.write_manifest(manifest)
    [problem] = problems(copied)
    assert problem.startswith("documents are of different snapshots")


def test_ap_05_each_figure_is_asked_again(copied, layout):
    [id_] = [i for i in copied.read().evidence if json.loads(copied.evidence(i).read_text())["question"] == "summary"]
    record = json.loads(copied.evidence(id_).read_text())
    forged = json.dumps(record | {"rows": [[99, *record["rows"][0][1:]]]})
    copied.evidence(id_).write_text(forged)
    manifest = copied.read()
    manifest.evidence[id_] = sha256(forged.encode())
    copied.write_manifest(manifest)
    assert any("asked again: row 1, calls: 99 recorded, 14 now" in one for one in problems(copied, layout))


@pytest.mark.parametrize("file", ["audit_trail.txt", "declared.json"])
def test_a_changed_file_is_found(copied, file):
    (copied.root / file).write_text("other")
    assert f"{file} was changed after it was written" in problems(copied)


def test_a_changed_content_is_found(copied):
    document = copied.document("audit_trail")
    copied.write_document("audit_trail", replace(document, title="Other"))
    assert problems(copied) == ["audit_trail: its content is not that of the manifest"]
    shutil.rmtree(copied.root / "content")
    assert len(problems(copied)) == len(copied.read().documents)
