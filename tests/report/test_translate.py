import pytest

from otel_cert.report import translate as translating
from otel_cert.report.model import (
    Box,
    Chart,
    Column,
    Document,
    Figure,
    Figures,
    Gap,
    Kind,
    NotApplicable,
    Paragraph,
    Section,
    Source,
    Statement,
    Table,
)
from otel_cert.report.words import LANGUAGES, Words, words

SOURCE = Source(3, "0123456789ab", "w", "m")
TRANSLATED = Source(3, "0123456789ab", "<w>", "<m>")


class Marked(Words):
    """Translates every text by putting it in brackets."""

    def __contains__(self, text: object) -> bool:
        return bool(text)

    def __missing__(self, text: str) -> str:
        return f"<{text}>"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "words", lambda _: Marked())


def block(one: object) -> object:
    document = Document("t", "s", (("l", "v"),), (Section("h", (one,)),))  # type: ignore[arg-type]
    return translating.translate(document, "de").sections[0].blocks[0]


@pytest.mark.usefixtures("marked")
def test_titles_labels_and_notices_are_translated_and_values_are_not():
    document = Document("t", "s", (("l", "v"),), (Section("h", (), 2, "1(a)", "c"),), notice="n", warnings=("w",))
    made = translating.translate(document, "de")
    assert (made.language, made.title, made.meta, made.notice, made.warnings) == (
        "de",
        "<t>",
        (("<l>", "v"),),
        "<n>",
        ("<w>",),
    )
    section = made.sections[0]
    assert (section.title, section.level, section.number, section.citation) == ("<h>", 2, "1(a)", "<c>")


@pytest.mark.usefixtures("marked")
def test_what_people_and_traces_say_is_never_translated():
    statement = Statement(Kind.DECLARED, "l", "said", "somebody", "2026-01-01", "id", "c")
    assert block(statement) == Statement(Kind.DECLARED, "<l>", "said", "somebody", "2026-01-01", "id", "<c>")
    table = Table("cap", (Column("h"),), (("cell",),), SOURCE, "note", "by", "on")
    assert block(table) == Table("<cap>", (Column("<h>"),), (("cell",),), TRANSLATED, "<note>", "by", "on")
    figures = Figures((Figure("l", "1", SOURCE, "s", "n"),))
    assert block(figures) == Figures((Figure("<l>", "<1>", TRANSLATED, "<s>", "<n>"),))
    assert block(NotApplicable("l", "reason")) == NotApplicable("<l>", "<reason>")


@pytest.mark.usefixtures("marked")
def test_help_gaps_and_fixed_wording_are_translated():
    box = Box(Kind.EXPERT, "id", "l", "q", "w", "e", "c", "owner", "due")
    assert block(box) == Box(Kind.EXPERT, "id", "<l>", "<q>", "<w>", "<e>", "<c>", "owner", "due")
    assert block(Gap("what", "why", "id")) == Gap("<what>", "<why>", "id")
    assert block(Paragraph("p")) == Paragraph("<p>")


@pytest.mark.usefixtures("marked")
def test_the_titles_of_axes_are_translated_and_the_data_of_a_chart_are_not():
    spec = {"data": {"values": [{"title": "x"}]}, "layer": [{"encoding": {"x": {"title": "Cost", "field": "c"}}}]}
    made = block(Chart("Figure 3. cap", spec, "alt", SOURCE))
    assert isinstance(made, Chart)
    assert (made.caption, made.alt, made.source) == ("<Figure> 3. <cap>", "<alt>", TRANSLATED)
    assert made.spec == {
        "data": {"values": [{"title": "x"}]},
        "layer": [{"encoding": {"x": {"title": "<Cost>", "field": "c"}}}],
    }


def test_a_caption_keeps_its_number():
    made = block(Table("Table 12. Not in the list of words", (), ()))
    assert isinstance(made, Table)
    assert made.caption == "Tabelle 12. Not in the list of words"


def test_a_text_without_translation_stays_english_and_an_unknown_language_changes_nothing():
    assert words("de")["Contents"] == "Inhalt"
    assert words("de")["no such text"] == "no such text"
    assert "no such text" not in words("de")
    assert words("en") == words("xx") == words("../../secret") == words("locales") == {}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_translation_is_a_text(language: str):
    known = words(language)
    assert len(known) > 30
    assert all(isinstance(key, str) and isinstance(text, str) and text.strip() for key, text in known.items())


def test_a_persons_reason_is_kept():
    given = NotApplicable("Deployer", "Provider, deployer; missing", "somebody")
    assert block(given) == NotApplicable("Betreiber", "Provider, deployer; missing", "somebody")


def test_a_reason_of_ours_is_translated_also_with_the_name_of_who_answered():
    reason = "It is a duty of the deployer, and the answers say that this is not the role of the organisation."
    assert block(NotApplicable("l", reason, "answers of somebody")).because.startswith(
        "Es ist eine Pflicht des Betreibers"
    )  # type: ignore[attr-defined]


def test_a_reference_to_other_sections_names_them_as_they_are_headed():
    evidence = (
        "Evidence that stands in another section. test runs: data hash, metric, result, version, time, who:"
        " “2(g) Validation and testing”; failed calls by type: “Errors”."
    )
    assert block(Paragraph(evidence)) == Paragraph(
        "Nachweise, die in einem anderen Abschnitt stehen. Testläufe: Hash der Daten, Kennzahl, Ergebnis, Version, Zeit,"
        " wer: „2(g) Validierung und Tests“; fehlgeschlagene Aufrufe nach Art: „Fehler“."
    )
    assert block(Paragraph("Latency by model: see “A 8 Certificate”.")) == Paragraph(
        "Latenz nach Modell: siehe „A 8 Bescheinigung“."
    )
    for other in ("It is called “a”.", "See “a”: it is new.", "a: “b”; c: “d”."):
        assert block(Paragraph(other)) == Paragraph(other), "no reference of ours"


@pytest.mark.parametrize(
    ("label", "value", "german"),
    [
        ("Classification", "high-risk; proposed by rules, not confirmed by a person",
         "Hochrisiko; von Regeln vorgeschlagen, von keiner Person bestätigt"),
        ("Classification", "minimal; confirmed (Deployer, Provider, 2026-01-01)",
         "minimal; bestätigt (Deployer, Provider, 2026-01-01)"),
        ("Classification", "limited; overridden: prohibited, because missing; no, missing (a, b, t)",
         "begrenzt; anders entschieden: verboten, weil missing; no, missing (a, b, t)"),
        ("Window", "all stored calls", "alle gespeicherten Aufrufe"),
        ("Window", "from the first stored call to before 2026-01-02 00:00 UTC",
         "von dem ersten gespeicherten Aufruf bis vor 2026-01-02 00:00 UTC"),
        ("Data as of", "snapshot 8, 2026-11-30 05:11 UTC", "Datenstand 8, 2026-11-30 05:11 UTC"),
        ("Statute", "02024R1689-20260727, amended by OJ L, 2026/1744, 24.7.2026",
         "02024R1689-20260727, geändert durch ABl. L, 2026/1744, 24.7.2026"),
        ("Legal data", "version 1.0, compiled 2026-11-21, to be reviewed by 2027-02-28",
         "Version 1.0, zusammengestellt am 2026-11-21, zu überprüfen bis 2027-02-28"),
        ("Responsible person", "not named yet", "noch nicht benannt"),
        ("System", "Deployer", "Deployer"),
        ("Provider", "Deployer", "Deployer"),
        ("Version of the system", "missing", "missing"),
    ],
)  # fmt: skip
def test_a_line_of_the_front_page_is_translated_by_its_form_and_names_are_not(label: str, value: str, german: str):
    document = Document("t", "s", ((label, value),), ())
    assert translating.translate(document, "de").meta == ((words("de")[label], german),)


def test_the_labels_of_an_incident_are_translated_and_what_was_declared_of_it_is_not():
    rows = (("Causal link", "The law was broken."), ("Frozen records", "not yet frozen: otel-cert report freeze I-1"))
    table = Table("Table 1. Incident I-1", (Column("What"), Column("State")), rows, by="A. Person", on="2026-01-02")
    sections = (Section("Text", (table,)),)
    [translated] = translating.translate(Document("T", "S", (), sections), "de").sections[0].blocks
    assert translated.rows == (
        ("Ursächlicher Zusammenhang", "The law was broken."),
        ("Gesicherte Aufzeichnungen", "noch nicht gesichert: otel-cert report freeze I-1"),
    )
