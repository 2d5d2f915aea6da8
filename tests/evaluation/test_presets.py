"""Presets: every entry says what it was chosen on."""

import re

import pytest

from otel_cert.errors import UsageError
from otel_cert.evaluation.choose import Objective
from otel_cert.measures.accuracy.presets import preset_threshold, presets


def test_every_entry_says_what_it_was_chosen_on():
    entries = [(use, method, entry) for use, methods in presets().items() for method, entry in methods.items()]
    assert ("general", "aligned") in {(use, method) for use, method, _ in entries}
    for use, method, entry in entries:
        value, source = preset_threshold(use, method)
        assert (value, source.startswith(f"preset {use}: {entry.chosen_on}")) == (entry.threshold, True)
        if entry.objective is None:
            assert re.search("not (yet )?calibrated", entry.chosen_on)
        else:
            Objective.of(entry.objective)
            assert re.fullmatch("[0-9a-f]{64}", entry.labels)
            assert source.endswith(f", best {entry.objective}")


def test_unknown_ones_are_told_with_those_known():
    with pytest.raises(UsageError, match="there is no preset 'poetry'") as told:
        preset_threshold("poetry", "aligned")
    assert "general" in told.value.hint
    with pytest.raises(UsageError, match="has no threshold for the method 'mine'"):
        preset_threshold("general", "mine")
