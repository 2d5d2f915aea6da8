from collections.abc import Mapping
from datetime import timedelta

import pytest

from otel_cert.costs import Budget, budget_status
from otel_cert.costs.budget import alerts, journal
from otel_cert.costs.budget.alerts import Book
from otel_cert.costs.budget.journal import Journal, read
from tests.calls import DAY_NS, START_NS, call, connect, cost

DAILY = {"daily": Budget(amount=10, window="day")}
ROLLING = {"rolling": Budget(amount=10, window="24h", levels=[100])}
EACH = {"each": Budget(amount=10, window="day", per="user", levels=[100])}


def spent(budgets: Mapping[str, Budget], *amounts: str | None, hours: float = 12, user: str = "ann"):
    """Return the status of `budgets` at an hour of the first day, of which each hour had a call that cost an amount."""
    calls = [call(n, at_s=3600 * n, user_id=user) for n in range(len(amounts))]
    costs = [cost(n, amount, reason=None if amount else "no_price") for n, amount in enumerate(amounts)]
    at_ns = START_NS + round(hours / 24 * DAY_NS)
    return budget_status(connect(calls, costs), budgets, at_ns=at_ns, forecast=False)


def told(book: Book, status, budgets: Mapping[str, Budget]) -> list[tuple[str, str, float]]:
    return [(one.event, one.reason, one.level) for one in book.update(status, budgets, deliver=True)]


def test_each_level_is_told_once():
    book = Book()
    assert told(book, spent(DAILY, "5"), DAILY) == []
    assert told(book, spent(DAILY, "6"), DAILY) == [("raised", "level_reached", 60)]
    assert told(book, spent(DAILY, "6", "1"), DAILY) == []
    assert told(book, spent(DAILY, "6", "4"), DAILY) == [
        ("raised", "level_reached", 80),
        ("raised", "level_reached", 100),
    ]
    assert told(book, spent(DAILY, "6", "40"), DAILY) == []


def test_a_spend_that_is_corrected_downwards_is_resolved():
    book = Book()
    told(book, spent(DAILY, "9"), DAILY)
    assert told(book, spent(DAILY, "7"), DAILY) == [("resolved", "below_level", 80)]
    assert book.entries[-1].event.spent == 7
    assert told(book, spent(DAILY, "9"), DAILY) == [("raised", "level_reached", 80)]


def test_a_new_window_starts_anew():
    book = Book()
    told(book, spent(DAILY, "6"), DAILY)
    assert told(book, spent(DAILY, "6", hours=23.99), DAILY) == []
    assert told(book, spent(DAILY, "6", hours=24), DAILY) == [("resolved", "window_ended", 60)]
    amounts = ["6", *[None] * 23, "8"]
    assert told(book, spent(DAILY, *amounts, hours=26), DAILY) == [
        ("raised", "level_reached", 60),
        ("raised", "level_reached", 80),
    ]


def test_a_window_that_ended_and_is_reached_again_is_told_as_both():
    book = Book()
    told(book, spent(DAILY, "6"), DAILY)
    amounts = ["6", *[None] * 23, "6"]
    assert told(book, spent(DAILY, *amounts, hours=26), DAILY) == [
        ("resolved", "window_ended", 60),
        ("raised", "level_reached", 60),
    ]


def test_spend_around_the_level_of_a_rolling_window_is_not_told_again_and_again():
    book = Book()
    assert told(book, spent(ROLLING, "0.4", "9.6"), ROLLING) == [("raised", "level_reached", 100)]
    assert told(book, spent(ROLLING, "0.4", "9.6", hours=24.5), ROLLING) == []
    assert told(book, spent(ROLLING, "0.4", "9.6", hours=25.5), ROLLING) == [("resolved", "below_level", 100)]


def test_a_spend_that_is_not_known_changes_nothing():
    book = Book()
    told(book, spent(DAILY, "6"), DAILY)
    assert told(book, spent(DAILY, None), DAILY) == []
    assert len(book.raised) == 1


def test_each_user_is_told_apart_and_one_who_stops_is_resolved_when_the_window_ends():
    book = Book()
    assert told(book, spent(EACH, "10"), EACH) == [("raised", "level_reached", 100)]
    assert (book.entries[-1].event.per, book.entries[-1].event.key) == ("user", "ann")
    assert told(book, spent(EACH, *["10"] * 2, user="bob"), EACH)[0] == ("resolved", "below_level", 100)
    assert [one.key for one in book.raised] == ["bob"]


@pytest.mark.parametrize("changed", [{}, {"daily": Budget(amount=10, window="day", levels=[100])}])
def test_a_budget_that_is_no_more_is_resolved(changed: dict[str, Budget]):
    book = Book()
    told(book, spent(DAILY, "6"), DAILY)
    assert told(book, spent(changed, "6"), changed) == [("resolved", "budget_changed", 60)]


def test_an_event_says_everything_without_a_second_question():
    book = Book()
    [one] = book.update(spent(DAILY, "6", None), DAILY, deliver=True)
    assert one.text == "Budget daily: 60 % reached, 6.0000 of 10.0000 USD spent since 2026-01-01 00:00 UTC"
    assert (one.spent, one.amount, one.currency, one.unpriced_calls) == (6, 10, "USD", 1)
    assert one.until - one.since == timedelta(days=1)


def test_the_journal_is_found_again_after_a_restart(tmp_path):
    path = tmp_path / "budgets" / "budget.json"
    Journal(path).update(spent(DAILY, "6"), DAILY, deliver=True)
    again = Journal(path)
    again.update(spent(DAILY, "6"), DAILY, deliver=True)
    [event] = again.waiting()
    again.attempted(event, "status 503", give_up=False)
    assert [(e.state, e.attempts, e.problem) for e in read(path).entries] == [("waiting", 1, "status 503")]
    Journal(path).attempted(event, None, give_up=False)
    assert [(e.state, e.attempts, e.problem) for e in read(path).entries] == [("delivered", 2, None)]
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_sent_that_a_full_disk_kept_from_being_written(tmp_path, monkeypatch):
    path = tmp_path / "budget.json"
    journal_ = Journal(path)
    with monkeypatch.context() as full:
        full.setattr(journal, "write_text", _no_space)
        with pytest.raises(OSError, match="space"):
            journal_.update(spent(DAILY, "6"), DAILY, deliver=True)
        assert journal_.waiting() == []
    journal_.update(spent(DAILY, "6"), DAILY, deliver=True)
    assert [one.id for one in journal_.waiting()] == [entry.event.id for entry in read(path).entries]


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_old_events_are_forgotten_but_none_that_waits(monkeypatch):
    monkeypatch.setattr(alerts, "_KEPT", 2)
    book = Book()
    book.update(spent(DAILY, "6"), DAILY, deliver=True)
    for amount in ("1", "6") * 3:
        book.update(spent(DAILY, amount), DAILY, deliver=False)
    assert [entry.state for entry in book.entries] == ["waiting", "kept", "kept"]
