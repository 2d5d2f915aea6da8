import pytest
from pydantic import ValidationError

from otel_cert.costs import Budget
from otel_cert.costs.budget.model import check, filters, ordered


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0}, {"amount": "nan"}, {"amount": "inf"}, {"amount": 1, "currency": "dollar"},
        {"amount": 1, "per": "mood"}, {"amount": 1, "per": "tag:"}, {"amount": 1, "levels": []},
        {"amount": 1, "levels": [80, 60]}, {"amount": 1, "levels": [0]}, {"amount": 1, "window": "moon"},
        {"amount": 1, "timezone": "Moon"}, {"amount": 1, "service": ["x"]}, {},
    ],
)  # fmt: skip
def test_a_budget_that_makes_no_sense_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        Budget.model_validate(wrong)


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"parent": "none"}, "is no budget; valid: all, mid, part"),
        ({"parent": "part"}, "its own parent"),
        ({"parent": "all", "currency": "EUR"}, "part.currency: must be that of its parent 'all': USD"),
        ({"parent": "all", "window": "day"}, "part.window"),
        (
            {"parent": "mid", "services": ["web", "bot"]},
            r"part.services: 'bot' is not allowed by its parent 'mid': web",
        ),
        ({"parent": "mid", "tags": {"team": ["x"]}}, r"part.tags.team: 'x' is not allowed"),
    ],
)
def test_a_parent_that_does_not_fit_is_named(part: dict[str, object], why: str):
    budgets = {
        "all": Budget(amount=3, services=["web"]),
        "mid": Budget(amount=2, parent="all", tags={"team": ["a", "b"]}),
        "part": Budget(amount=1, **part),
    }
    with pytest.raises(ValueError, match=why):
        check(budgets)


def test_a_budget_per_something_has_no_parts():
    with pytest.raises(ValueError, match="which has no parts"):
        check({"each": Budget(amount=1, per="user"), "part": Budget(amount=1, parent="each")})


def test_circles_are_found_wherever_they_are():
    budgets = {"a": Budget(amount=1, parent="b"), "b": Budget(amount=1, parent="c"), "c": Budget(amount=1, parent="b")}
    with pytest.raises(ValueError, match="its own parent"):
        check(budgets)


def test_filters_of_parents_hold_and_the_narrower_wins():
    budgets = {
        "all": Budget(amount=9, services=["web", "bot"], tags={"team": ["a", "b"]}),
        "web": Budget(amount=5, parent="all", services=["web"], users=["u"]),
        "a": Budget(amount=2, parent="web", tags={"team": ["a"], "tier": ["free"]}, providers=["openai"]),
    }
    check(budgets)
    found = filters(budgets, "a")
    assert (found.scope.services, found.scope.users, found.providers) == (("web",), ("u",), ("openai",))
    assert found.scope.tags == {"team": ("a",), "tier": ("free",)}
    assert filters(budgets, "all").providers == ()


def test_parts_follow_their_parent():
    budgets = {
        "x": Budget(amount=1, parent="all"), "other": Budget(amount=1), "all": Budget(amount=1),
        "y": Budget(amount=1, parent="all"), "xx": Budget(amount=1, parent="x"),
    }  # fmt: skip
    assert ordered(budgets) == [("other", 0), ("all", 0), ("x", 1), ("xx", 2), ("y", 1)]
