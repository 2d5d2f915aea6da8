"""What calls cost, against figures computed by hand; days are those of January 2026."""

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest

from otel_cert.costs import Rates, Scope, spend
from otel_cert.costs.answer import exact
from otel_cert.errors import UsageError
from otel_cert.questions import COSTS, ask
from tests.calls import DAY_NS, START_NS, call, connect, cost, some, span

HOUR, DAY = 3600, 86400
NOW = START_NS + 9 * DAY_NS
A = {"provider": "openai", "request_model": "a", "service_name": "web"}
B = {"provider": "openai", "request_model": "b", "service_name": "bot"}


def january(day, hour=0):
    return START_NS + (day - 1) * DAY_NS + hour * HOUR * 10**9


def asked(con, scope=None, **given):
    return spend(con, scope or Scope(), **{"now_ns": NOW, **given})


def two_weeks():
    """Return calls of two models on days 1 to 8: a costs 1 a day and then 2 from day 5; b is there on days 2 and 6."""
    calls = [call(d, at_s=DAY * d, **A, input_tokens_total=900, output_tokens_total=100) for d in range(8)]
    calls += [call(10 + d, at_s=DAY * d + 1, **B) for d in (1, 5)]
    return connect(calls, [*(cost(d, "1" if d < 4 else "2") for d in range(8)), cost(11, "4"), cost(15, "1")])


def test_the_figures_of_a_group_are_those_of_its_calls():
    answer = asked(two_weeks())
    a, b = answer.groups
    assert (a.provider, a.key, a.currency, a.calls, a.cost, a.input_tokens, a.output_tokens) == (
        "openai", "a", "USD", 8, 12, 7200, 800,
    )  # fmt: skip
    assert (a.share, a.cost_per_call, a.cost_per_1k_tokens) == pytest.approx((12 / 17, 1.5, 12 / 8000 * 1000))
    assert (b.cost, b.cost_per_1k_tokens, b.input_tokens, b.before, b.series) == (5, None, None, None, None)
    [total] = answer.totals
    assert (total.calls, total.cost, total.share) == (10, 17, 1.0)
    assert (total.complete_days, total.daily_mean) == (7, pytest.approx(15 / 7)), (
        "the last day ends with its first hour"
    )


@pytest.mark.parametrize("by", ["model", "provider", "service", "user", "operation", "day", "total", "tag:team"])
@pytest.mark.parametrize("trend", [None, "hourly", "weekly"])
@pytest.mark.parametrize("limit", [None, 1])
def test_groups_and_series_add_up_to_the_totals(by, trend, limit):
    if by == "day" and trend:
        return
    answer = asked(connect(*some()), by=by, trend=trend, limit=limit)
    for total in answer.totals:
        groups = [g for g in answer.groups if g.currency == total.currency]
        assert sum(g.calls for g in groups) == total.calls
        assert sum(g.cost or 0 for g in groups) == (total.cost or 0)
        for group in (*groups, total) if trend else ():
            assert sum(point.calls for point in group.series) == group.calls
            assert sum(point.cost or 0 for point in group.series) == (group.cost or 0)
    assert sum(total.calls for total in answer.totals) == answer.basis.calls == 14
    assert answer.basis.unpriced_reasons == {"no_tokens": 2, "no_price": 1}


def test_it_says_the_same_as_the_question():
    con = connect(*some())
    for by in ("model", "provider", "service", "day", "total"):
        ours = [
            (g.provider, g.key, g.currency, g.calls, g.cost, g.share, g.unpriced_reasons)
            for g in asked(con, by=by).groups
        ]
        names = ("provider", "key", "currency", "calls", "cost", "share", "unpriced_reasons")
        assert ours == [tuple(row[name] for name in names) for row in ask(con, COSTS, by=by).dicts()]


def test_an_unknown_cost_is_null_and_never_summed_as_zero():
    con = connect([call(1, **A), call(2, **A), call(3, **B)], [cost(1, "2"), cost(2, None, reason="no_price")])
    answer = asked(con, trend="daily")
    a, b = answer.groups
    assert (a.cost, a.priced_calls, a.unpriced_calls, a.cost_per_call) == (2, 1, 1, 2.0), "the mean is of priced calls"
    assert (b.cost, b.share, b.cost_per_call, b.currency, b.series[0].cost) == (None, None, None, None, None)
    assert answer.basis.unpriced_reasons == {"no_price": 1, "not_processed": 1}
    nothing_known = asked(connect([call(1, **A)], [cost(1, None, reason="no_price")]))
    assert ([t.cost for t in nothing_known.totals], nothing_known.projections) == ([None], ())


def test_trends_have_no_gaps_and_say_which_parts_are_whole():
    answer = asked(two_weeks(), Scope(since_ns=january(2, 12)), by="model", trend="daily")
    a, b = answer.groups
    assert [(p.start[:10], p.complete, p.calls, p.cost) for p in b.series] == [
        ("2026-01-02", False, 0, 0),
        ("2026-01-03", True, 0, 0), ("2026-01-04", True, 0, 0), ("2026-01-05", True, 0, 0),
        ("2026-01-06", True, 1, 1), ("2026-01-07", True, 0, 0), ("2026-01-08", False, 0, 0),
    ]  # fmt: skip
    assert [p.cost for p in a.series] == [0, 1, 1, 2, 2, 2, 2]


def test_weeks_begin_on_monday():
    [a, _] = asked(two_weeks(), trend="weekly").groups
    assert [(p.start, p.complete, p.calls) for p in a.series] == [
        ("2025-12-29T00:00:00Z", False, 4),
        ("2026-01-05T00:00:00Z", False, 4),
    ]


def test_a_series_ends_with_the_window_and_not_with_the_groups_last_call():
    calls = [call(1, at_s=HOUR), call(2, **A), call(3, at_s=5 * HOUR)]
    answer = asked(connect(calls, [cost(2, "1")]), Scope(until_ns=january(1, 4)), trend="hourly")
    assert [[p.calls for p in g.series] for g in answer.groups if g.key == "a"] == [[1, 0, 0, 0]]


def test_calls_without_a_time_are_in_the_sums_and_in_no_series():
    con = connect([call(1, **A), call(2, **A) | {"start_unix_ns": 0}, call(3, **A) | {"start_unix_ns": NOW + 1}])
    answer = asked(con, trend="daily")
    assert (answer.totals[0].calls, sum(p.calls for p in answer.totals[0].series), answer.not_in_series) == (3, 1, 2)


def test_too_many_points_are_refused_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(
        import_module("otel_cert.costs.spend"), "MAX_POINTS", 1000
    )  # the limit itself takes 20 s of a processor
    con = connect(
        [call(1, at_s=-12 * DAY, request_model="old"), *(call(n, request_model=f"m{n}") for n in range(2, 8))]
    )
    with pytest.raises(UsageError, match="too many points"):
        asked(con, trend="hourly")
    assert len(asked(con, trend="hourly", limit=1).groups) == 2


def test_the_period_before_is_as_long_with_the_same_filters():
    answer = asked(two_weeks(), Scope(since_ns=january(5), until_ns=january(9), models=("a",)), compare=True)
    [a] = answer.groups
    assert (answer.compared.since, answer.compared.until) == ("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z")
    assert (answer.compared.covered, answer.compared.n) == ("whole", 5), "n is before filters"
    assert (a.cost, a.before.cost, a.before.calls, a.change) == (8, 4, 4, 1.0)


def test_groups_of_either_period_are_compared():
    calls = [call(1, **A), call(2, at_s=2 * DAY, **B), call(3, at_s=2 * DAY, **A), call(4, request_model="c")]
    con = connect(calls, [cost(1, "2"), cost(2, "3"), cost(3, None, reason="no_price"), cost(4, "1")])
    answer = asked(con, Scope(since_ns=january(3), until_ns=january(5)), compare=True)
    found = {g.key: (g.calls, g.cost, g.before.calls, g.before.cost, g.change) for g in answer.groups}
    assert found == {
        "b": (1, 3, 0, 0, None),
        "c": (0, 0, 1, 1, -1.0),
        "a": (1, None, 1, 2, None),
    }, "gone is 0 and -100 %; what has no price now has no change"
    assert answer.totals[0].change == 0.0


@pytest.mark.parametrize(
    ("since", "now", "covered", "known"),
    [
        (january(5), january(9), "whole", True),
        (january(6), january(12), "part", True),
        (january(1), january(9), "none", False),
    ],
)
def test_it_says_when_the_store_does_not_cover_the_period_before(since, now, covered, known):
    answer = asked(two_weeks(), Scope(since_ns=since, until_ns=january(20)), compare=True, now_ns=now)
    assert answer.compared.covered == covered, "a window that is not over is as long as what is over of it"
    assert (answer.totals[0].before is not None) is known
    assert any("period before" in note for note in answer.notes) is (covered != "whole")


def test_a_comparison_needs_a_window():
    for scope in (Scope(), Scope(until_ns=january(3)), Scope(since_ns=NOW + 1)):
        with pytest.raises(UsageError, match="--since 7d"):
            asked(two_weeks(), scope, compare=True)


def test_the_smallest_groups_are_put_together_per_currency():
    calls = [call(n, request_model=f"m{n}") for n in range(1, 8)]
    costs = [*(cost(n, str(n)) for n in range(1, 5)), cost(5, "0.5", currency="EUR"), cost(6, "0.25", currency="EUR")]
    answer = asked(connect(calls, costs), limit=2)
    found = [(g.key, g.currency, g.groups_in_other, g.calls, g.cost) for g in answer.groups]
    assert found == [
        ("m4", "USD", 0, 1, 4),
        ("m3", "USD", 0, 1, 3),
        ("other", "USD", 2, 2, 3),
        ("other", "EUR", 2, 2, Decimal("0.75")),
        ("other", None, 1, 1, None),
    ]
    assert len(asked(two_weeks(), by="day", limit=2).groups) == 8, "days are never put together"


def test_one_rate_makes_one_currency():
    con = connect(*some())
    answer = asked(con, rates=Rates.given("EUR", ["0.5"], date(2026, 1, 1)))
    assert [(g.key, g.currency, g.cost) for g in answer.groups] == [
        ("nova", "EUR", Decimal("0.5")),
        ("gpt-4o", "EUR", Decimal("0.01")),
    ]
    [total] = answer.totals
    assert (total.calls, total.cost, total.unpriced_calls) == (14, Decimal("0.51"), 3)
    assert [(r.source, r.target, r.rate, r.date) for r in answer.rates] == [
        ("USD", "EUR", Decimal("0.5"), "2026-01-01")
    ]
    assert answer.unconverted == ()


@pytest.mark.parametrize("trend", [None, "hourly", "daily", "weekly"])
def test_every_call_is_converted_at_the_rate_of_its_day(tmp_path, trend):
    (tmp_path / "rates.csv").write_text("date,from,to,rate\n2026-01-02,USD,EUR,0.5\n2026-01-06,USD,EUR,2\n")
    answer = asked(two_weeks(), rates=Rates.load(tmp_path / "rates.csv", "EUR"), trend=trend)
    found = {(g.key, g.currency): g.cost for g in answer.groups}
    # a: 1 | 1 1 1 2 | 2 2 2 on days 1 | 2 to 5 | 6 to 8; b: 4 on day 2, 1 on day 6
    assert found == {
        ("a", "EUR"): Decimal("2.5") + 12, ("a", "USD"): Decimal(1), ("b", "EUR"): Decimal(2) + 2,
    }  # fmt: skip
    assert answer.unconverted == ("USD",)
    assert any("no rate" in note for note in answer.notes)
    assert [(t.currency, t.cost) for t in answer.totals] == [("EUR", Decimal("18.5")), ("USD", Decimal(1))]


def test_the_projection_is_converted_too():
    answer = asked(two_weeks(), rates=Rates.given("EUR", ["10"], date(2026, 1, 1)))
    plain = asked(two_weeks())
    assert answer.projections[0].expected == pytest.approx(10 * plain.projections[0].expected)
    assert answer.totals[0].daily_mean == pytest.approx(10 * plain.totals[0].daily_mean)


def test_duplicates_of_the_calls_asked_about_are_counted():
    records = [{**call(9), "call_trace_id": f"{1:032x}", "call_span_id": f"{1:016x}"}]
    con = connect([call(1, **A), call(2, **B)], [cost(1, "1")], duplicates=records)
    assert asked(con).basis.duplicates_removed == 1
    assert asked(con, Scope(services=("bot",))).basis.duplicates_removed == 0


def test_filters_and_n_are_said():
    con = connect([call(1, **A), call(2, **B)], [], spans=[span(1, tags={"team": "x"}), span(2)])
    basis = asked(con, Scope(services=("web",), tags={"team": ["x"]})).basis
    assert (basis.n, basis.calls, basis.filters) == (2, 1, {"service": ["web"], "tag:team": ["x"]})


def test_no_calls_make_empty_lists_and_say_what_there_is():
    answer = asked(two_weeks(), Scope(since_ns=january(20)))
    assert (answer.groups, answer.totals, answer.projections) == ((), (), ())
    assert (answer.basis.n, answer.basis.first_call, answer.basis.last_call) == (
        0,
        "2026-01-01T00:00:00Z",
        "2026-01-08T00:00:00Z",
    )
    empty = asked(connect(), trend="daily")
    assert (empty.groups, empty.basis.first_call, empty.notes) == ((), None, ())


@pytest.mark.parametrize("by", ["tag", "tag:", "model:x", "continent", ""])
def test_an_unknown_group_is_refused_with_what_is_valid(by):
    with pytest.raises(UsageError, match="tag:KEY"):
        asked(two_weeks(), by=by)


def test_sums_of_many_digits_are_exact():
    amounts = ["12345678901234567890.000000000000000001", "0.000000000000000001"]
    con = connect([call(n, at_s=HOUR * n, **A) for n in range(2)], [cost(n, a) for n, a in enumerate(amounts)])
    [a] = asked(con, trend="hourly").groups
    assert a.cost == Decimal("12345678901234567890.000000000000000002")
    assert asked(con).model_dump(mode="json")["groups"][0]["cost"] == "12345678901234567890.000000000000000002"


@pytest.mark.parametrize("text", ["0.1", "1", "0.097329640000000000", "1E-18", "12345678901234567.1", "0"])
def test_amounts_in_json_are_as_every_command_writes_them(text):
    from otel_cert.cli._output import to_json

    assert exact(Decimal(text)) == to_json(Decimal(text))
