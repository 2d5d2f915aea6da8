"""AP-29: a filled field is never overwritten silently; comments of the file stay."""

import json
from datetime import date

import pytest
import yaml

from otel_cert.errors import NotFound, UsageError
from otel_cert.law import load_pack
from otel_cert.report.declarations import check_ids, read_system
from otel_cert.report.fill import Filling, fill
from otel_cert.report.system import UNNAMED
from otel_cert.report.template import commented, schema

ON = date(2026, 11, 20)
GIVEN = """\
# Ours.
system:
  name: "Helper"  # as in the contract
provider: {name: Acme}
"""
SAID = Filling(text="Rules and a model.\nBoth are tested.", by="A. Person", role="lead")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "system.yaml"
    path.write_text(GIVEN)
    return path


def write(file, filling, **options):
    fill(file, options.pop("id_", "annex-iv.2.b"), filling, load_pack(), on=ON, **options)
    return read_system(file).fields


def test_a_field_is_written_with_who_and_when_and_the_rest_stays(file):
    field = write(file, SAID)["annex-iv.2.b"]
    assert (field.text, field.by, field.on) == ("Rules and a model.\nBoth are tested.", "A. Person, lead", ON)
    assert file.read_text().startswith(GIVEN)


def test_a_filled_field_is_left_as_it_is(file):
    write(file, SAID)
    before = file.read_text()
    with pytest.raises(UsageError, match=r"annex-iv\.2\.b was filled in by A\. Person, lead: Rules and a model"):
        write(file, Filling(text="Other.", by="B. Person", role="clerk"))
    assert file.read_text() == before


def test_when_it_is_replaced_the_earlier_text_is_kept(file):
    write(file, SAID)
    assert (
        write(file, Filling(text="Other.", by="B. Person", role="clerk"), replace=True)["annex-iv.2.b"].text == "Other."
    )
    assert "# Earlier, replaced on 2026-11-20: Rules and a model. Both are tested. (A. Person, lead, 2026-11-20)" in (
        file.read_text()
    )


def test_an_owner_is_written_beside_what_is_open_and_stays(file):
    open_ = write(file, Filling(owner="product lead", due=date(2026, 12, 31)))["annex-iv.2.b"]
    assert (open_.owner, open_.due, open_.text) == ("product lead", date(2026, 12, 31), None)
    assert write(file, SAID)["annex-iv.2.b"].owner == "product lead"


def test_that_a_point_does_not_apply_needs_a_reason_and_a_person(file):
    none = Filling(not_applicable="No product law applies.", by="A. Person", role="counsel")
    assert write(file, none)["annex-iv.2.b"].not_applicable == "No product law applies."
    assert "provider.authorised_representative" in write(file, none, id_="provider.authorised_representative")


@pytest.mark.parametrize(
    ("id_", "filling", "said"),
    [
        ("annex-iv.2.z", SAID, r"there is no field 'annex-iv\.2\.z'"),
        ("annex-iv.2.b", Filling(text="T."), "needs a name and a role"),
        ("annex-iv.2.b", Filling(text=" ", by="A", role="b"), "the text is empty"),
        ("annex-iv.2.b", Filling(text="T.", not_applicable="N.", by="A", role="b"), "a text, or the reason"),
        ("annex-iv.2.b", Filling(), "nothing to write"),
        ("system.name", Filling(text="T.", by="A", role="b"), "has its own place in the file"),
    ],
)
def test_what_makes_no_sense_is_refused(file, id_, filling, said):
    with pytest.raises(UsageError, match=said):
        write(file, filling, id_=id_)
    assert file.read_text() == GIVEN


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(NotFound, match="otel-cert init --system"):
        write(tmp_path / "none.yaml", SAID)
    (tmp_path / "list.yaml").write_text("- a\n")
    with pytest.raises(UsageError, match="is no mapping"):
        write(tmp_path / "list.yaml", SAID)
    (tmp_path / "wrong.yaml").write_text("system: {name: a}\n")
    with pytest.raises(UsageError, match="provider"):
        write(tmp_path / "wrong.yaml", SAID)


def test_the_file_to_start_from_is_valid_as_it_is_and_with_every_key(tmp_path):
    file = tmp_path / "system.yaml"
    file.write_text(commented("system.schema.json"))
    assert file.read_text().startswith("# yaml-language-server: $schema=system.schema.json\n")
    assert read_system(file).system.name == UNNAMED
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines()[4:] if not line.startswith("##")]
    keys = yaml.safe_load("\n".join(lines))
    assert set(keys) == set(json.loads(schema())["properties"])
    assert set(keys["incidents"][0]) >= {"id", "aware", "traces"}


def test_a_key_that_is_none_is_named(tmp_path):
    file = tmp_path / "system.yaml"
    file.write_text("system: {name: a, colour: red}\nprovider: {name: b}\n")
    with pytest.raises(UsageError, match=r"system\.colour: there is no such key"):
        read_system(file)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("declared_on: 2026-13-01", "a day or time that does not exist"),
        ("language: en\nlanguage: de", "'language' stands twice"),
        ("fields: {annex-iv.4: {text: Done.}}", "who says so, and when"),
        ("fields: {annex-iv.4: {text: a, not_applicable: b, by: c, on: 2026-01-01}}", "not both"),
        ("datasets: [", r"system\.yaml, line \d: it is no valid YAML: while parsing"),
        ("language: it", "'en', 'de', 'fr' or 'es'"),
        ("monitoring: {indicator: a}", "monitoring: it has to be a list"),
        ("declared_on: soon", "declared_on: it has to be a day, as in 2026-06-15, and not 'soon'"),
        ("fields: {annex-iv.4: Done.}", r"fields\.annex-iv\.4: it has to hold keys"),
        ("deployer: {name: yes}", r"deployer\.name: it has to be a text, and YAML reads True otherwise"),
    ],
)
def test_what_would_be_lost_or_is_nobodys_is_refused(tmp_path, more, told):
    file = tmp_path / "system.yaml"
    file.write_text(GIVEN + more)
    with pytest.raises(UsageError, match=told):
        read_system(file)


def test_an_id_that_no_document_shows_is_refused(file):
    known = "annex-iv.4: {text: a, by: b, on: 2026-01-01}"
    file.write_text(f"{GIVEN}fields: {{{known}}}\nsuppliers: [{{model: m, annex_xii: {{1.a: x}}}}]")
    check_ids(read_system(file), load_pack())
    file.write_text(
        f"{GIVEN}fields: {{{known.replace('.4', '.44')}}}\nsuppliers: [{{model: m, annex_xii: {{9.z: x}}}}]"
    )
    with pytest.raises(
        UsageError, match=r"annex-iv\.44: there is no such field; did you .*xii\.9\.z: there is no such"
    ):
        check_ids(read_system(file), load_pack())
