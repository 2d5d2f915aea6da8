from otel_cert.exporters._readable import named, readable
from otel_cert.report.model import Box, Chart, Document, Kind, Section, Source, Statement, Table


def document(*blocks: object) -> Document:
    return Document("T\u202et", "s\r\nt", (("l", "v\u2066"),), (Section("h", blocks),))


def test_what_turns_text_around_is_named_everywhere():
    chart = Chart("c", {"data": {"values": [{"m": "a\u202eb", "n": 1}]}}, "alt\u202e", Source(1, "e"))
    table = Table("t", (), (("x\U000e0041",),))
    shown = readable(document(chart, table, Statement(Kind.EXPERT, "l", "\u2068x\u2069")))
    assert (shown.title, shown.subtitle, shown.meta) == ("T[U+202E]t", "s\nt", (("l", "v[U+2066]"),))
    drawn, listed, said = shown.sections[0].blocks
    assert isinstance(drawn, Chart)
    assert isinstance(listed, Table)
    assert isinstance(said, Statement)
    assert drawn.spec["data"]["values"] == [{"m": "a[U+202E]b", "n": 1}]
    assert drawn.alt == "alt[U+202E]"
    assert listed.rows == (("x[U+E0041]",),)
    assert (said.kind, said.text) == (Kind.EXPERT, "[U+2068]x[U+2069]")


def test_every_other_text_stays_as_it_is():
    box = Box(Kind.DECLARED, "id", "l", "\u05e2\u05d1\u05e8\u05d9\u05ea \u0645 e\u0301 \u200d\U0001f600", "w", "x")
    given = document(box)
    assert readable(given).sections[0].blocks == (box,)
    assert isinstance(readable(given).sections[0].blocks[0].kind, Kind)


def test_code_points_have_at_least_four_digits():
    assert named("\x80\u202e\U000e0041") == "[U+0080][U+202E][U+E0041]"
