"""AP-17: groups with n and interval, small ones suppressed in the evidence too, and a note on many comparisons."""

from otel_cert.report.measured import measured
from tests.report.measured.blocks import table, tables


def test_each_group_has_n_and_interval_and_the_note_says_what_many_intervals_mean(system):
    found = table(measured(system, "subgroup_performance"), "Rates by agent")
    rows = {(row[0], row[1]): row[2:] for row in found.rows}
    assert rows["guide", "Error rate"][:3] == ("395", "40", "10.1 %")
    assert rows["guide", "Error rate"][3].count("%") == 2
    assert "one misses more often than of one: of two in up to 10 % of such tables" in found.note
    assert "legal ground" in found.note


def test_a_group_of_fewer_than_10_is_suppressed_in_table_and_evidence(system):
    found = table(measured(system, "subgroup_performance"), "Rates by agent")
    rare = [row for row in found.rows if row[0] == "rare"]
    assert rare
    assert {cell for row in rare for cell in row[2:]} == {"fewer than 10", "–"}
    answer = system.answers[found.source.evidence_id]
    kept = [row for row in answer.dicts() if row["key"] == "rare"]
    assert all(row["suppressed"] and {row[name] for name in ("n", "hits", "units", "share")} == {None} for row in kept)
    # A counter-example: groups of 10 or more are told.
    assert all(row["n"] >= 10 for row in answer.dicts() if not row["suppressed"])


def test_languages_are_groups_of_scored_answers_only(system):
    found = table(measured(system, "subgroup_performance"), "Rates by language")
    assert {row[0] for row in found.rows} == {"de", "fr"}
    assert {row[1] for row in found.rows} == {"Stopped or refused", "Cut off", "Supported by its context (proxy)"}
    assert [row[2] for row in found.rows if row[0] == "fr"] == ["fewer than 10"] * 3


def test_one_group_is_no_comparison(system):
    assert not [caption for caption in tables(measured(system, "subgroup_performance")) if "by model" in caption]
