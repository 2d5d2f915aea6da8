"""AP-26: each detected change of model, prompt, tool and version has an id that stays, and a person's decision."""

import json

import pytest

from otel_cert.questions import CHANGES, ask
from otel_cert.report.measured import changes, measured
from otel_cert.report.measured.versions import undecided
from tests.calls import START_NS, call, connect
from tests.report.measured.blocks import cell, said, table, tables
from tests.report.measured.conftest import DECLARED, context


def found(calls, **params):
    return list(ask(connect(calls), CHANGES, **params).dicts())


def changed(calls, **params):
    return {(row["aspect"], row["value"]): row for row in found(calls, **params) if row["id"]}


def test_version_prompt_and_tools_changed_in_the_middle_and_parameters_vary(system):
    listed = table(changes(system), "Detected changes")
    assert {row[2] for row in listed.rows} == {"version", "prompt", "tools"}
    assert cell(listed, "version", "From") == "1.0"
    assert cell(listed, "version", "To") == "1.1"
    assert cell(listed, "hours, prices", "First seen, UTC") == "2026-01-03 00:00"
    assert {row[-1] for row in listed.rows} == {"awaiting a decision"}
    assert undecided(system) == len(listed.rows) == 5
    # Seeds differ from call to call and are no change; no prompt's text is shown.
    assert "seed" not in repr(changes(system))
    assert '"content": "A"' not in repr(changes(system))


def test_a_decision_stands_beside_its_change_and_stays_there(full, system):
    listed = table(changes(system), "Detected changes")
    id_ = cell(listed, "version", "Change")
    made = {"decision": "not_substantial", "by": "Product owner", "on": "2026-01-09", "reason": "texts only"}
    decided = context(full, DECLARED | {"changes": {id_: made}})
    said_ = cell(table(changes(decided), "Detected changes"), id_, "Decision")
    assert said_ == "not substantial: texts only (Product owner, 2026-01-09)"
    assert undecided(decided) == 4
    # In another window the change is the same one.
    later = context(full, DECLARED | {"changes": {id_: made}}, since_ns=START_NS + 86_400 * 10**9)
    assert cell(table(changes(later), "Detected changes"), id_, "To") == "1.1"


def steady(number, at_s, **fields):
    return call(number, at_s=at_s, service_name="s", provider="p", **({"request_model": "a"} | fields))


def test_what_a_service_began_with_is_no_change_and_a_later_model_is():
    calls = [steady(n, n, request_model="ab"[n % 2]) for n in range(600)]
    calls += [steady(n, n, request_model="c") for n in range(600, 900)]
    rows = changed(calls)
    assert list(rows) == [("model", "p / c")]
    assert (rows["model", "p / c"]["previous"], rows["model", "p / c"]["beside"]) == ("p / b", False)


def test_a_model_replaced_behind_its_alias_is_a_change():
    calls = [steady(n, n, response_model="a-1" if n < 50 else "a-2") for n in range(100)]
    assert list(changed(calls)) == [("model that answered", "a answered by a-2")]


def test_a_model_for_embeddings_takes_no_other_models_place():
    embedding = {"operation": "embeddings", "request_model": "e", "request_params": '{"dimensions": 8}'}
    calls = [steady(n, n, **embedding) for n in range(50)]
    calls += [steady(n, n, response_model="a-1", request_params='{"temperature": 0.1}') for n in range(50, 99)]
    assert changed(calls) == {}
    again = [steady(n, n, **embedding | {"request_model": "f"}) for n in range(100, 120)]
    assert list(changed(calls + again)) == [("model", "p / f")]
    assert changed(calls + again)["model", "p / f"]["previous"] == "p / e"


def test_another_model_that_was_asked_for_is_one_change_and_not_a_second_one_of_what_answered():
    calls = [steady(n, n, request_model=m, response_model=f"{m}-1") for n in range(100) for m in ["ab"[n >= 50]]]
    assert list(changed(calls)) == [("model", "p / b")]


def told(system, user="Hi"):
    parts = [{"type": "text", "content": system}]
    return json.dumps(
        [{"role": "system", "parts": parts}, {"role": "user", "parts": [{"type": "text", "content": user}]}]
    )


def test_instructions_that_stand_in_the_first_message_are_the_prompt_and_questions_are_not():
    calls = [steady(n, n, input_messages=told("A" if n < 50 else "B", f"question {n}")) for n in range(100)]
    [change] = changed(calls).values()
    assert (change["aspect"], change["calls"]) == ("prompt", 50)
    asked = [steady(n, n, input_messages=told("A", "x").replace("system", "user")) for n in range(50)]
    broken = [steady(n, n, input_messages='[{"role": "system", "parts": ') for n in range(50, 60)]
    assert not [row for row in found(asked + broken) if row["aspect"] == "prompt"]


def test_services_and_agents_change_for_themselves():
    calls = [steady(n, n, agent_name="x") for n in range(50)] + [steady(n, n, agent_name="y") for n in range(50, 100)]
    assert changed(calls) == {}


@pytest.mark.parametrize("values", [21, 500])
def test_what_varies_from_call_to_call_is_one_row_without_an_id(values):
    calls = [steady(n, n, system_instructions=f"prompt {n % values}") for n in range(values)]
    [row] = [row for row in found(calls) if row["aspect"] == "prompt"]
    assert (row["id"], row["value"], row["distinct_values"], row["calls"]) == (None, None, values, values)


def test_nothing_recorded_is_no_change_and_no_change_is_said(bare):
    assert changed([call(n, at_s=n) for n in range(50)]) == {}
    assert not tables(changes(bare))
    made = context(bare.layout)
    assert changes(made) == ()
    assert "No call says a version" in measured(bare, "system_versions")[0].why


def test_versions_and_prompts_are_shown_over_time(system):
    versions = table(measured(system, "system_versions"), "Versions")
    assert [row[1:3] for row in versions.rows] == [("1.0", "200"), ("1.1", "200")]
    assert cell(table(measured(system, "release_cadence"), "Releases"), "1.1", "Before it") == "1.0"
    prompts = table(measured(system, "prompt_versions"), "Prompts")
    assert len({row[1] for row in prompts.rows}) == 2
    assert said(measured(system, "prompt_versions")) == ""
