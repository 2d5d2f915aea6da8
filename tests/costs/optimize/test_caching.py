"""Texts are such that a token is a character of the stored JSON: what is cached can be counted by hand."""

import json
from decimal import Decimal
from typing import Any

import pytest

from otel_cert.costs.optimize.caching import rule, rules
from tests.costs.optimize.shop import Till

MINUTE = 60


def request(*parts: str, **fields: Any) -> dict[str, Any]:
    """Return a call of a system text and messages, whose tokens are its characters."""
    system, *messages = parts
    stored = [json.dumps(m, separators=(",", ":")) for m in messages]
    known = {"content_state": "present", "system_instructions": system, "input_messages": f"[{','.join(stored)}]"}
    return known | {"tokens": len(system) + sum(map(len, stored)), "output": 0} | fields


def gpt(*parts: str, **fields: Any) -> dict[str, Any]:
    return request(*parts, price_id="openai/gpt-9", **{"read": 0} | fields)


def opus(*parts: str, **fields: Any) -> dict[str, Any]:
    return request(*parts, price_id="anthropic/claude-opus-4-5", **fields)


def test_a_prefix_seen_before_costs_the_price_of_cache_reads():
    till = Till()
    till.add(**gpt("s" * 1500, "first"))
    till.add(**gpt("s" * 1500, "second"))
    [saving] = till.found("caching")
    assert saving.tokens == 1024 + 3 * 128  # steps of 128 from 1,024: 1,408 of 1,500
    assert saving.alone == Decimal(1408) * 9 / 1_000_000  # 10 - 1 USD per million
    assert (saving.calls, saving.examples[0][0]) == (1, f"{2:032x}")


def test_only_what_is_not_cached_yet_is_counted():
    till = Till()
    till.add(**gpt("s" * 1500, "first"))
    till.add(**gpt("s" * 1500, "second", read=1280))
    till.add(**gpt("s" * 1500, "third", read=1408))
    [saving] = till.found("caching")
    assert (saving.tokens, saving.alone) == (128, Decimal(128) * 9 / 1_000_000)


def test_messages_of_a_conversation_are_a_growing_prefix():
    till = Till()
    till.add(**gpt("s" * 1000, "a" * 498))
    till.add(**gpt("s" * 1000, "a" * 498, "b" * 498))
    till.add(**gpt("s" * 1000, "x" * 498, "b" * 498))  # as long, another beginning: the system text alone is too short
    [saving] = till.found("caching")
    assert (saving.calls, saving.tokens) == (1, 1408)  # of 1,500


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ({"at_s": 61 * MINUTE}, "too late"),
        ({"service_name": "bot"}, "another service"),
        ({"read": None}, "it is not known whether it was cached"),
        ({"content_state": "redacted"}, "content is not what was sent"),
        ({"at_s": 0.2}, "the first had not ended"),
    ],
)
def test_no_prefix_is_found(second: dict[str, Any], why: str):
    till = Till()
    till.add(**gpt("s" * 1500, "first", at_s=0))
    till.add(**gpt("s" * 1500, "second", **second))
    assert till.found("caching") == [], why


def test_between_the_shortest_and_the_longest_lifetime_it_counts_at_most():
    till = Till()
    for at_s, text in ((0, "1"), (4 * MINUTE, "2"), (20 * MINUTE, "3")):
        till.add(**gpt("s" * 1500, text, at_s=at_s))
    [saving] = till.found("caching")
    assert saving.calls == 1
    assert saving.high == 2 * saving.alone, "the third may find it, if it is kept for longer than it has to be"


def test_short_prefixes_are_not_cached():
    till = Till()
    till.many(3, **gpt("s" * 900, "m" * 900))
    till.add(**gpt("s" * 900, "n" * 900))
    assert [s.tokens for s in till.found("caching")] == [
        2 * (1024 + 6 * 128)
    ]  # 1,802 of two repetitions; 900 alone is short


def test_writing_to_the_cache_is_taken_off():
    till = Till()
    till.add(**opus("s" * 5000, "1"))
    till.add(**opus("s" * 5000, "2"))
    till.add(**opus("s" * 5000, "3"))
    [saving] = till.found("caching")
    assert saving.tokens == 2 * 5000
    # Two reads save 9 a million each, the first call writes at 2.5 more.
    assert saving.alone == Decimal(5000) * (2 * 9 - Decimal("2.5")) / 1_000_000


def test_where_writing_costs_more_than_reading_saves_nothing_is_proposed():
    till = Till()
    for n in range(9):  # each prefix is read once or never
        till.add(**opus("s" * 5000, f"{n}", at_s=n * 6 * MINUTE))
    assert till.found("caching") == []


def test_what_the_cache_missed_is_counted_in_steps():
    till = Till()
    till.many(3, **gpt("s" * 3000, "same", read=2900))
    [saving] = till.found("caching")
    assert saving.tokens == 2 * (2944 - 2900)  # 3,006 tokens, in steps of 128


def test_automatic_caches_whose_reads_are_not_reported_are_noted():
    till = Till()
    till.many(2, **gpt("s" * 1500, "same", read=None))
    assert any("do not say how much was cached" in note for note in till.advice().notes)


def test_messages_that_are_no_json_are_one_part():
    till = Till()
    till.many(2, **gpt("s" * 1500, "same") | {"input_messages": "[not json"})
    [saving] = till.found("caching")
    assert saving.calls == 1


@pytest.mark.parametrize(
    ("price_id", "minimum"),
    [
        ("openai/gpt-4o", 1024),
        ("openai/gpt-4", None),
        ("openai/gpt-3.5-turbo", None),
        ("openai/o3-mini", 1024),
        ("azure/gpt-4o", 1024),
        ("anthropic/claude-sonnet-4-5", 1024),
        ("anthropic/claude-sonnet-4-6", 2048),
        ("anthropic/claude-haiku-4-5", 4096),
        ("anthropic/claude-opus-5", 512),
        ("anthropic/claude-opus-5-5", 4096),
        ("aws/regional.anthropic.claude-3-5-haiku-20241022-v1:0", 2048),
        ("aws/global.anthropic.claude-opus-4-5-v1:0", 4096),
        ("aws/amazon.nova-lite-v1:0", 1000),
        ("google/gemini-2.5-flash", 2048),
        ("google/gemini-2.5-flash-lite", 4096),
        ("google/gemini-1.5-pro", None),
        ("mistral/mistral-large-2512", None),
    ],
)
def test_each_model_has_its_providers_minimum(price_id: str, minimum: int | None):
    found = rule(price_id)
    assert (found and found.minimum) == minimum


def test_every_rule_has_a_source_and_times_that_make_sense():
    assert all(r.source.startswith("https://") and 0 < r.lifetime_s <= r.longest_s and r.step > 0 for r in rules())
