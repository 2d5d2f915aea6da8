"""The form of a set (AP-39 to AP-41): complete in itself, without texts of users unless asked for, the same bytes again."""

import re
from html.parser import HTMLParser

import pytest

from otel_cert.exporters.report import RENDERERS
from otel_cert.report.blocks.glossary import explained
from otel_cert.report.build import build
from otel_cert.report.folder import Folder
from otel_cert.report.membership import members
from otel_cert.report.model import Column, Paragraph, Section, Table
from otel_cert.report.plain import statements
from tests.report.documentset.sets import LIMITED, blocks, context, small, write
from tests.scored import ScoredStore, overlap_installed, rag

ASKED, SAID = "Is Quellwasserfall open?", "The Quellwasserfall is in Patagonia, says Dornröschen."


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A store of which the only answer is scored."""
    with overlap_installed():
        store = ScoredStore(tmp_path_factory.mktemp("scored"))
        store.take(rag(1, SAID, "The waterfall is closed.", question=ASKED))
        store.score()
    return store.layout


@pytest.fixture(scope="module")
def whole(scored, tmp_path_factory):
    """The set in every format."""
    output = tmp_path_factory.mktemp("whole")
    write(scored, output, small(), renderers=RENDERERS)
    return output


class Requests(HTMLParser):
    """Collects what a page asks of others."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = re.findall(r"@import|url\(", page)
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found += [tag] * (tag == "script")
        self.found += [value for name, value in attrs if name in ("href", "src", "srcset") and value[:1] != "#"]


def test_ap_39_each_page_is_complete_in_itself(whole):
    pages = {path.stem: path.read_text() for path in whole.glob("*.html")}
    assert len(pages) > 4
    assert {name: Requests(page).found for name, page in pages.items()} == {name: [] for name in pages}
    assert Requests('<img src="https://example.org/x.png">').found, "one that asks another for a picture is found"


def test_ap_39_each_document_has_a_glossary_a_language_and_all_its_statements_as_data(whole):
    folder = Folder(whole)
    for name in folder.existing().documents:
        document = folder.document(name)
        assert "Glossary" in [section.title for section in document.sections]
        assert document.language == "en"
        shown = (whole / f"{name}.json").read_text()
        assert all(one["kind"] for one in statements(document))
        assert shown.count('"evidence_id"') >= sum(1 for one in statements(document) if one["evidence_id"])
        assert b"pdfuaid:part>1<" in (whole / f"{name}.pdf").read_bytes()


def holding(folder, *words):
    """Return the files of a set that hold one of the words, Word files and PDFs by the content that they are made of."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*.*")
        if any(word.encode() in path.read_bytes() for word in words)
    )


def test_ap_40_texts_of_users_are_in_no_file_unless_asked_for(scored, whole, tmp_path):
    secret = ("Quellwasserfall", "Patagonia", "Dornr")
    assert holding(whole, *secret) == []
    write(scored, tmp_path, small(), renderers={"md": RENDERERS["md"]}, quote=True)
    assert "monitoring_report.md" in holding(tmp_path, *secret)


@pytest.mark.parametrize("ending", sorted(RENDERERS))
def test_ap_41_the_same_data_give_the_same_bytes_in_every_format(scored, whole, tmp_path, ending):
    write(scored, tmp_path, small(), renderers={ending: RENDERERS[ending]}, only=["audit_trail"])
    assert (tmp_path / f"audit_trail.{ending}").read_bytes() == (whole / f"audit_trail.{ending}").read_bytes()


@pytest.mark.parametrize(
    ("answers", "window"),
    [({"default": "no"}, {}), (LIMITED, {}), (None, {"since_ns": 1, "until_ns": 2})],
    ids=["out of scope", "limited", "no calls"],
)
def test_no_table_and_no_section_is_empty(layout, answers, window):
    with context(layout, small(), answers, **window) as made:
        documents = [build(made, name) for name in members(made)]
    for document in documents:
        assert [b.caption for b in blocks(document, Table) if not b.rows] == []
        after = [*document.sections[1:], Section("", (), 1)]
        pairs = zip(document.sections, after, strict=True)
        assert [one.title for one, then in pairs if not one.blocks and then.level <= one.level] == []


def test_a_glossary_explains_the_terms_of_its_document_and_no_others():
    meanings = (("DoC", "A declaration."), ("Drift", "A change."), ("Gap", "It lacks."), ("Proxy", "It stands for."))
    terms = Table("Terms", (Column("Term"), Column("Meaning")), meanings)
    sections = (Section("Text", (Paragraph("No drift and no gaps: see the docs."),)), Section("Glossary", (terms,)))
    [narrowed] = explained(sections)[1].blocks
    assert [row[0] for row in narrowed.rows] == ["Drift", "Gap"]
