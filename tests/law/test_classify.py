"""The worked cases, what stays open, why, and what would change it."""

import itertools
from datetime import date

import pytest

from otel_cert.errors import UsageError
from otel_cert.law import classify, load_pack
from otel_cert.law.cases import failures, given

PACK = load_pack()
SCOPE = {"scope.ai_system": "yes", "scope.eu": "yes", "scope.excluded": "no"}
HIRING = {**SCOPE, "role.provider": "yes", "a3.points": ["4.a"], "a3.profiling": "yes"}


def no(**answers):
    return {"default": "no", "answers": SCOPE | {name.replace("__", "."): answer for name, answer in answers.items()}}


def test_every_worked_case_comes_out_as_it_should():
    assert len(PACK.cases) == 20
    assert failures(PACK) == []


def test_a_case_that_comes_out_otherwise_is_told():
    changed = PACK.model_copy(
        update={"cases": ({**PACK.cases[0], "expected": {"outcome": "minimal", "labels": ["x"]}},)}
    )
    assert failures(changed) == [f"{PACK.cases[0]['id']}: limited instead of minimal, without x"]


@pytest.mark.parametrize("case", PACK.cases, ids=lambda case: case["id"])
def test_taking_an_answer_away_never_gives_a_milder_tier(case):
    """Unknown never counts as no: what is left is the same tier, or undetermined."""
    full = given(case)
    complete = {"default": "unknown", "answers": classify(full).answers}
    wanted = classify(complete).outcome
    assert wanted == classify(full).outcome
    for id_ in complete["answers"]:
        fewer = {name: answer for name, answer in complete["answers"].items() if name != id_}
        assert classify(fewer).outcome in (wanted, "undetermined")


def test_nothing_answered_is_undetermined():
    found = classify({})
    assert (found.outcome, found.labels, found.reasons) == ("undetermined", [], [])
    assert found.open_questions == ["scope.ai_system", "scope.eu", "scope.excluded"]


def test_an_open_rule_ends_the_search_though_a_later_one_holds():
    found = classify({**SCOPE, "t.direct": "yes", "t.obvious": "no"})
    assert (found.outcome, found.labels) == ("undetermined", ["art50.1"])
    assert found.open_questions[0] == "p.a"
    assert "a3.points" not in found.open_questions, "the first open rule asks about prohibited practices"


def test_decided_parts_are_not_asked_for():
    found = classify(
        {**SCOPE, "p.f": "no", **{f"p.{name}": "no" for name in ("a", "b", "ba", "bb", "c", "d", "e", "g")}}
    )
    assert found.open_questions == ["p.h"]


def test_open_questions_of_labels_when_the_outcome_is_decided():
    found = classify({"default": "no", "answers": {**HIRING, "role.deployer": "yes", "d.workplace": None}})
    assert (found.outcome, found.open_questions) == ("high_risk", ["d.workplace"])


def test_out_of_scope_has_no_duties_and_prohibited_only_those_of_a_model():
    hobby = classify(no(scope__excluded="yes", g__uses="yes"))
    assert (hobby.outcome, hobby.labels, hobby.obligations, hobby.fines) == ("out_of_scope", [], [], [])
    banned = classify(no(p__ba="yes", t__synthetic="yes", g__model_provider="yes"))
    assert (banned.outcome, banned.labels) == ("prohibited", ["gpai.provider"])
    assert [fine.id for fine in banned.fines] == ["art99.3", "art101", "art99.5"]


def test_why_and_what_would_change_it():
    found = classify({"default": "no", "answers": HIRING})
    assert [reason.question for reason in found.reasons][3:] == ["a3.points", "a3.profiling", "a3.filter"]
    changes = {change.question: (change.answer, change.outcome) for change in found.changes}
    assert changes["a3.points"] == ([], "minimal")
    assert changes["scope.eu"] == ("no", "out_of_scope")
    for change in found.changes:
        other = {"default": "unknown", "answers": {**found.answers, change.question: change.answer}}
        assert classify(other).outcome == change.outcome


def test_profiling_shuts_the_exit_of_6_3():
    narrow = {"a3__points": ["5.a"], "a3__filter": "a", "role__provider": "yes"}
    assert classify(no(**narrow)).outcome == "art_6_3_exempt"
    assert classify(no(**narrow, a3__profiling="yes")).outcome == "high_risk"
    assert classify(no(**narrow)).labels == ["registration.provider.art49_2"]


def test_no_number_of_users_or_cases_is_asked_for():
    words = " ".join(question.text.lower() for question in PACK.rules.questions if question.id != "a3.points")
    assert not any(word in words for word in ("how many", "number of users", "volume"))


def test_dates_and_both_readings():
    found = {one.text: one for one in classify({"default": "no", "answers": HIRING}).obligations}
    conformity, system = found["Art. 43 conformity assessment"], found["Art. 17 QMS"]
    assert (system.applies_from, system.earlier_reading) == (date(2027, 12, 2), None)
    assert (conformity.applies_from, conformity.earlier_reading) == (date(2027, 12, 2), date(2026, 8, 2))
    product = no(
        role__provider="yes", a1__product="yes", a1__section="A", a1__third_party="yes", a1__failure_endangers="yes"
    )
    assert {one.applies_from for one in classify(product).obligations if "QMS" in one.text} == {date(2028, 8, 2)}


def test_a_high_risk_system_owes_transparency_too_and_each_role_its_own():
    def owed(**roles):
        found = classify(no(a3__points=["4.a"], a3__profiling="yes", t__synthetic="yes", **roles)).obligations
        return [(one.role, str(one.applies_from)) for one in found if one.text.startswith("Art. 50")]

    assert owed(role__provider="yes") == [("provider", "2026-08-02")]
    assert owed(role__deployer="yes") == []
    assert owed(role__deployer="yes", t__deepfake="yes") == [("deployer", "2026-08-02")]


def test_a_prohibition_says_from_when():
    def days(**practice):
        return {str(one.applies_from) for one in classify(no(**practice)).obligations if one.role == "all"}

    assert days(p__ba="yes") == {"2026-12-02"}
    assert days(p__c="yes", p__ba="yes") == {"2025-02-02"}


def test_fines_are_those_of_the_act():
    fines = {fine.id: (fine.eur, fine.turnover_pct) for fine in classify({"default": "no", "answers": HIRING}).fines}
    assert fines == {"art99.4": (15_000_000, 3), "art99.5": (7_500_000, 1)}


def test_old_legal_data_is_warned_about():
    assert classify({}, today=date(2026, 12, 1)).warning is None
    assert "2026.11.21" in classify({}, today=date(2027, 3, 1)).warning


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"p.aa": "yes"}, "did you mean 'p.a'?"),
        ({"a3.points": ["4.aa"]}, "did you mean '4.a'?"),
        ({"a3.points": [2]}, "write it as text: '2'"),
        ({"a3.points": "4.a"}, "is no list"),
        ({"p.a": "maybe"}, "valid are: yes, no, unknown"),
        ({"p.a": ["yes"]}, "has no answer"),
        ({"a1.section": "C"}, "valid are: A, B, none"),
        ({"default": "yes"}, "neither 'no' nor 'unknown'"),
        ({"default": "no", "answer": {}}, "'answer' is no part of answers"),
        ({"answers": ["p.a"]}, "is no mapping"),
    ],
)
def test_a_wrong_answer_is_an_error_with_the_next_step(answers, says):
    with pytest.raises(UsageError) as raised:
        classify(answers)
    assert says in str(raised.value)


@pytest.mark.parametrize(("written", "read"), [(True, "yes"), (False, "no"), ("unknown", "unknown"), (None, "unknown")])
def test_booleans_and_unknown(written, read):
    assert classify({"default": "no", "answers": {"p.a": written}}).answers["p.a"] == read


def test_the_default_fills_every_kind():
    filled = classify({"default": "no"}).answers
    assert (filled["p.a"], filled["a1.section"], filled["a3.points"], filled["scope.eu"]) == ("no", "none", [], "no")


def test_roles_decide_whose_duties():
    roles = {
        (provider, deployer): {one.role for one in classify(no(role__provider=provider, role__deployer=deployer,
                                                              a3__points=["5.b"], a3__profiling="yes")).obligations}
        for provider, deployer in itertools.product(("yes", "no"), repeat=2)
    }  # fmt: skip
    both = "provider_and_deployer"
    assert roles == {
        ("yes", "yes"): {"provider", "deployer", both},
        ("yes", "no"): {"provider", both},
        ("no", "yes"): {"deployer", both},
        ("no", "no"): set(),
    }
