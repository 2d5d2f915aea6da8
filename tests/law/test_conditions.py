"""Three-valued logic: unknown is neither yes nor no, and what is decided stays decided."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_cert.law.conditions import Reading, every, value

VALUES = (True, False, None)
NAMES = ("a", "b", "c")
ANSWERS = {True: "yes", False: "no", None: None}
LEAF = st.sampled_from([{"q": name, "is": "yes"} for name in NAMES])
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)
GIVEN = st.fixed_dictionaries({name: st.sampled_from(["yes", "no", None]) for name in NAMES})


def plain(condition, answers):
    """Return the value in two-valued logic, without any code of the package."""
    if "all" in condition:
        return all(plain(part, answers) for part in condition["all"])
    if "any" in condition:
        return any(plain(part, answers) for part in condition["any"])
    if "not" in condition:
        return not plain(condition["not"], answers)
    return answers[condition["q"]] == "yes"


def completions(answers):
    """Yield every way to answer what is open."""
    open_ = [name for name in NAMES if answers[name] is None]
    for chosen in itertools.product(("yes", "no"), repeat=len(open_)):
        yield {**answers, **dict(zip(open_, chosen, strict=True))}


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [((True, True), True), ((True, None), None), ((False, None), False), ((None,), None), ((), True)],
)
def test_all_is_false_with_one_that_is(parts, wanted):
    assert every(parts) is wanted


@pytest.mark.parametrize(
    ("condition", "answer", "wanted"),
    [
        ({"q": "m", "nonempty": True}, (), False),
        ({"q": "m", "nonempty": True}, ("2",), True),
        ({"q": "m", "has_any": ["2", "3"]}, ("1", "3"), True),
        ({"q": "m", "has_any": ["2"]}, ("1",), False),
        ({"q": "m", "subset_of": ["2"]}, ("2",), True),
        ({"q": "m", "subset_of": ["2"]}, (), False),
        ({"q": "m", "subset_of": ["2"]}, ("1", "2"), False),
        ({"q": "m", "in": ["a", "b"]}, "b", True),
        ({"q": "m", "in": ["a", "b"]}, "none", False),
        *(({"q": "m", name: ["a"]}, None, None) for name in ("is", "in", "has_any", "subset_of", "nonempty")),
        ({"always": True}, None, True),
    ],
)
def test_what_is_asked_of_an_answer(condition, answer, wanted):
    assert value(condition, {"m": answer}, {}) is wanted


@given(TREE, GIVEN)
def test_what_is_decided_holds_however_the_rest_is_answered(condition, answers):
    found = value(condition, answers, {})
    if found is not None:
        assert {plain(condition, each) for each in completions(answers)} == {found}


@given(TREE, GIVEN)
def test_open_questions_are_unanswered_and_there_are_some_only_while_it_is_open(condition, answers):
    reading = Reading({}, answers)
    found = reading.open(condition)
    assert all(answers[name] is None for name in found)
    assert bool(found) is (reading.value(condition) is None)


@given(TREE, GIVEN)
def test_the_reasons_alone_decide_the_same(condition, answers):
    reading = Reading({}, answers)
    kept = reading.because(condition)
    if reading.value(condition) is not None:
        alone = {name: answer if name in kept else None for name, answer in answers.items()}
        assert value(condition, alone, {}) is reading.value(condition)


def test_a_fact_may_be_unknown():
    facts = {"f": {"q": "a", "is": "yes"}, "g": {"all": [{"fact": "f"}, {"q": "b", "is": "yes"}]}}
    assert Reading(facts, {"a": None, "b": "yes"}).facts == {"f": None, "g": None}
    assert Reading(facts, {"a": None, "b": "no"}).facts == {"f": None, "g": False}
    assert Reading(facts, {"a": None, "b": "yes"}).open({"fact": "g"}) == {"a"}
