from otel_cert.report.model import Chart, Column, Figure, Figures, Gap, Paragraph, Section, Source, Table
from otel_cert.report.once import once

SOURCE = Source(3, "0123456789ab")
COLUMNS = (Column("Model"), Column("Calls", "right"))
TABLE = Table("Models", COLUMNS, (("a", "3"),), SOURCE)
CHART = Chart("Calls", {"data": {"values": [{"calls": 3}]}}, "3 calls", SOURCE)
CALLS, ERRORS = (Figure(label, "3", SOURCE) for label in ("Calls", "Errors"))


def test_what_was_shown_is_named_and_not_repeated():
    first = Section("First", (TABLE, CHART, Figures((CALLS,))), number="1")
    again = Table("Models seen", COLUMNS, TABLE.rows, SOURCE, note="n")
    second = Section("Second", (again, CHART, Figures((CALLS, ERRORS)), Figures((CALLS,))))
    kept, changed = once((first, second))
    assert kept == first
    assert changed.blocks == (
        Paragraph("Models seen: see “1 First”."),
        Paragraph("Calls: see “1 First”."),
        Figures((ERRORS,)),
    )


def test_other_rows_other_evidence_and_what_is_not_measured_stay():
    other = Table("Models", COLUMNS, (("a", "4"),), SOURCE)
    elsewhere = Table("Models", COLUMNS, TABLE.rows, Source(3, "ba9876543210"))
    listed = Table("Sign-off", COLUMNS, (("a", ""),))
    sections = (Section("A", (TABLE, listed, Paragraph("p"))), Section("B", (other, elsewhere, listed, Paragraph("p"))))
    assert once(sections) == sections


def test_a_long_explanation_and_a_gap_stand_once():
    told, gap = Paragraph("An explanation. " * 20), Gap("incidents", "incident list", "Nothing was declared.")
    first, second = once((Section("A", (told, gap, gap)), Section("B", (told, gap, Paragraph("p")))))
    assert first.blocks == (told, gap)
    assert second.blocks == (Paragraph("p"),)
