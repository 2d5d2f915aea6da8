import pytest

from otel_cert.costs import Scope
from otel_cert.questions import COSTS, ask
from tests.calls import call, connect, cost, span

A = {"provider": "openai", "request_model": "a", "service_name": "web", "user_id": "u1"}
B = {"provider": "openai", "request_model": "b", "response_model": "b-2026", "service_name": "bot", "user_id": "u2"}


def found(scope: Scope, by: str = "model", tag: str | None = None) -> dict[str | None, int]:
    con = connect(
        [call(1, **A), call(2, **A), call(3, **B), call(4, **B)],
        [cost(1, "1"), cost(2, "1"), cost(3, "1")],
        spans=[
            span(1, tags={"team": "search"}),
            span(2, tags={"traceloop.association.properties.team": "ads"}),
            span(3, tags={"metadata": '{"team": "ads", "tier": "free"}'}),
            span(4) | {"resource_attributes": {"team": "core"}},
        ],
    )
    return {row["key"]: row["calls"] for row in ask(con, COSTS, by=by, tag=tag, **scope.params()).dicts()}


@pytest.mark.parametrize(
    ("scope", "keys"),
    [
        (Scope(), {"a": 2, "b": 2}),
        (Scope(services=["web"]), {"a": 2}),
        (Scope(services=["web", "bot"], users=["u2"]), {"b": 2}),
        (Scope(models=["b-2026"]), {"b": 2}),
        (Scope(models=["a"], users=["u2"]), {}),
        (Scope(tags={"team": ["ads"]}), {"a": 1, "b": 1}),
        (Scope(tags={"team": ["ads", "core"], "tier": ["free"]}), {"b": 1}),
        (Scope(tags={"no": ["such"]}), {}),
    ],
)
def test_a_filter_takes_any_of_its_values_and_all_filters_hold(scope: Scope, keys: dict[str, int]):
    assert found(scope) == keys


def test_a_tag_is_found_wherever_it_was_set():
    assert found(Scope(), by="tag", tag="team") == {"search": 1, "ads": 2, "core": 1}
    assert found(Scope(), by="tag", tag="none") == {None: 4}


def test_a_tag_of_the_root_holds_for_the_calls_of_its_trace():
    calls = [call(2, **A) | {"trace_id": f"{1:032x}"}]
    con = connect(calls, [], spans=[span(1, tags={"team": "root"}), span(2, parent=1)])
    assert [row["key"] for row in ask(con, COSTS, by="tag", tag="team").dicts()] == ["root"]


def test_quotes_in_a_filter_are_text():
    assert found(Scope(services=["we'b", 'w"eb'], tags={"a'b\"": ["c"]})) == {}


@pytest.mark.parametrize(
    ("by", "keys"),
    [("user", {"u1": 2, "u2": 2}), ("agent", {None: 4}), ("conversation", {None: 4}), ("total", {"total": 4})],
)
def test_calls_are_grouped_by_whom_they_are_for(by: str, keys: dict[str | None, int]):
    assert found(Scope(), by=by) == keys
