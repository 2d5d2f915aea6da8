from typing import Literal

import pytest

from otel_cert.report.cells import translated
from otel_cert.report.model import Column, Source, Table
from otel_cert.report.words import words

OWN, OURS = "Deployer", "Betreiber"


def german(
    caption: str, header: str, *cells: str, align: Literal["left", "right"] = "left", source: Source | None = None
) -> list[str]:
    table = Table(caption, (Column(header, align),), tuple((cell,) for cell in cells), source)
    return [row[0] for row in translated(table, words("de")).rows]


@pytest.mark.parametrize("caption", ["Sign-off", "Table 12. Sign-off"])
def test_a_cell_of_ours_is_translated_and_one_of_measurement_or_of_a_person_is_not(caption: str) -> None:
    assert german(caption, "h", OWN, "another") == [OURS, "another"]
    for other in ("People’s labels", f"Data set: {OWN}", "Models"):
        assert german(other, "h", OWN, source=Source(1, "0123456789ab")) == [OWN]


def test_of_a_measured_table_the_columns_of_ours_are_translated_and_its_numbers_are_written_as_the_language_does() -> (
    None
):
    assert german("Components seen", "Kind", "tool", "data source") == ["Werkzeug", "Datenquelle"]
    assert german("Components seen", "Name", "tool") == ["tool"], "a tool that is called so"
    assert german("Models", "Calls", "12,345", "0.5 %", "–", align="right") == ["12.345", "0,5\xa0%", "–"]
    assert german("Models", "Model", "gpt-4.1", "1,000") == ["gpt-4.1", "1,000"]


def test_a_cell_of_ours_is_translated_by_its_parts() -> None:
    caption = "Requirements, sections and evidence"
    title = "Technical documentation before market and kept current"
    assert german(caption, "Requirement", f"art-11.1: {title}") == [f"art-11.1: {words('de')[title]}"]
    assert german(caption, "Document and section", "technical_documentation: 6 Changes over lifecycle") == [
        "technical_documentation: 6 " + words("de")["Changes over lifecycle"]
    ]
    evidence = "accuracy (not measured), quality proxy (0123456789ab, 123456789abc)"
    assert german(caption, "Evidence", evidence) == [
        "Genauigkeit (nicht gemessen), Ersatzgröße der Qualität (0123456789ab, 123456789abc)"
    ]
    assert german("Law", "State", "OJ L, 2026/1744, 24.7.2026, in force 2026-07-27") == [
        "ABl. L, 2026/1744, 24.7.2026, in Kraft seit 2026-07-27"
    ]


def test_beside_a_persons_text_ours_is_translated_whole_and_theirs_is_never_taken_apart() -> None:
    said = "whether it applies is not known yet; field open, owner missing"
    theirs = ["Deployer: Provider; missing", "the rule, in force today", "Provider, Deployer", "missing. Provider."]
    assert german("Requirements, sections and evidence", "Remark", said, *theirs) == [
        "ob es anwendbar ist, ist noch nicht bekannt; Feld offen, zuständig missing",
        *theirs,
    ]


def test_terms_stand_in_the_order_of_the_language() -> None:
    assert german("Terms", "Term", "AI system", "Accuracy", "Surprisal") == ["Genauigkeit", "KI-System", "Überraschung"]
    assert german("Sign-off", "Term", "AI system", "Accuracy") == ["KI-System", "Genauigkeit"]
