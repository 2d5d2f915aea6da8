"""AP-30 and AP-32: declared beside observed; every model of the traces beside what its supplier gave."""

import pytest

from otel_cert.report.measured import declared_observed, suppliers
from otel_cert.report.measured.observed import last_question
from otel_cert.schema import GENAI_CALLS
from tests.calls import call
from tests.report.measured.blocks import cell, gaps, said, table
from tests.report.measured.conftest import context, made, write


def test_ap30_services_versions_and_models_show_their_differences(system):
    blocks = declared_observed(system)
    services, versions = table(blocks, "services"), table(blocks, "versions")
    assert cell(services, "bot", "State") == "declared and observed"
    assert cell(services, "kiosk", "State") == "declared, not observed"
    assert "of all services in the store, those not declared included" in services.note
    assert cell(versions, "1.1", "State") == "observed, not declared"
    assert cell(table(blocks, "models"), "gpt-4o-mini", "State") == "declared and observed"
    assert all(block.source.evidence_id in system.answers for block in blocks if getattr(block, "source", None))


def test_ap30_languages_say_how_they_are_known_and_small_ones_are_left_out(system):
    found = table(declared_observed(system), "languages")
    assert cell(found, "de", "State") == "declared and observed"
    assert found.source.n == 351
    assert [row[0] for row in found.rows] == ["de"]
    assert "fewer than 10 answers are left out" in found.note


def test_ap30_a_region_of_servers_is_not_called_that_of_users(system):
    found = table(declared_observed(system), "regions")
    assert found.rows == (("eu-central-1", "400"),)
    assert "nothing of where their users are" in found.note


def test_ap30_without_scores_languages_are_of_a_random_sample_that_says_its_size(tmp_path):
    made_ = context(write(tmp_path, {GENAI_CALLS: [made(n) for n in range(300)]}), quote=False)
    found = table(declared_observed(made_), "languages")
    assert found.rows[0][:3] == ("de", "declared and observed", "200")
    assert "200 of 270 calls with stored texts, drawn by hash" in found.source.method
    assert found.rows[0][3:] == ("100.0 %", "98.1 % to 100.0 %")
    # The evidence lists the calls of the sample, not what was said in them.
    assert "museum" not in repr(made_.answers[found.source.evidence_id])


def test_ap30_what_is_not_recorded_is_a_gap(bare):
    assert {gap.what for gap in gaps(declared_observed(bare))} == {"Languages", "Regions"}
    assert cell(table(declared_observed(bare), "models"), "–", "State") == "not recorded"


@pytest.mark.parametrize(
    "messages", [None, "", "no JSON", "[1]", "{}", '[{"role": "user"}]', '[{"role": "user", "parts": [1]}]']
)
def test_messages_that_cannot_be_read_hold_no_question(messages):
    assert last_question(messages) == ""


def test_ap32_every_model_of_the_traces_shows_what_its_supplier_gave(system):
    found = table(suppliers(system), "suppliers gave")
    assert cell(found, "gpt-4o-mini", "Answered by") == "gpt-4o-mini-2024-07-18"
    assert cell(found, "gpt-4o-mini", "Information of the supplier") == "Model card 3, 2026-01-02"
    assert cell(found, "gpt-4o-mini", "Annex XII received") == "1.a"
    assert cell(found, "gpt-4o-mini", "Annex XII missing").startswith("1.b, 1.c")  # an empty entry is none
    assert cell(found, "gpt-4o-mini", "Contract") == "not declared"
    assert cell(found, "never-used", "Calls") == "not seen"
    assert "training data are unknown" in said(suppliers(system))


def test_ap32_a_model_without_a_declared_supplier_is_listed_with_all_points_missing(tmp_path):
    made_ = context(write(tmp_path, {GENAI_CALLS: [call(1, request_model="other", provider="p")]}))
    found = table(suppliers(made_), "suppliers gave")
    assert cell(found, "other", "Annex XII received") == "–"
    assert cell(found, "other", "Annex XII missing").count(",") == 10
    assert cell(found, "other", "Systemic risk") == "unknown"
