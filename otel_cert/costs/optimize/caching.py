"""Input that the provider's prompt cache would hold."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from otel_cert.costs.optimize.prices import rates_json, seller
from otel_cert.costs.optimize.study import Explanation, Finder, Found, Study
from otel_cert.questions.savings import CACHING
from otel_cert.report.text import plural


class Rule(BaseModel):
    """How a provider caches the prompts of some of its models (`caching.yaml`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    sellers: list[str]
    """Providers of the price list."""
    source: str
    """Where the provider says so."""
    models: str
    """Regular expression that a model's id matches from its start, or after a dot."""
    minimum: int
    """Least tokens of a prefix that is cached."""
    step: int
    """Cached prefixes are multiples of this many tokens."""
    lifetime_s: int
    """For how long an unused entry is kept at least, s."""
    longest_s: int
    """For how long it is kept at most, s."""
    automatic: bool
    """Whether prefixes are cached without being asked for."""


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules, in the order in which they are tried."""
    text = (files(__package__) / "caching.yaml").read_text(encoding="utf-8")
    return tuple(Rule(**rule) for rule in yaml.safe_load(text))


def rule(price_id: str) -> Rule | None:
    """Return how the prompts of a model are cached; None: not known, or not at all."""
    model = price_id.partition("/")[2]
    return next(
        (r for r in rules() if seller(price_id) in r.sellers and re.match(rf"(.*\.)?({r.models})", model)),
        None,
    )


def finder(study: Study) -> Finder:
    """Return what finds prefixes that the provider's cache would have held."""
    known = {name: found for name in study.price_ids() if (found := rule(name))}
    listed = {name: model for name in known if (model := study.prices.listed(name))}
    cacheable = [_params(name, known[name]) for name in listed]

    def explain(found: Found) -> Explanation:
        return _explain(known[found.price_id])

    params = {"rules": json.dumps(cacheable), "rates": rates_json(listed.items())}
    return Finder("caching", CACHING, params, explain, _notes(study, known))


def _params(price_id: str, found: Rule) -> dict[str, Any]:
    times = {"lifetime_ns": found.lifetime_s * 10**9, "longest_ns": found.longest_s * 10**9}
    return {"price_id": price_id, "minimum": found.minimum, "step": found.step, "automatic": found.automatic, **times}


def _explain(found: Rule) -> Explanation:
    kept = f"{found.lifetime_s // 60} min"
    if found.longest_s > found.lifetime_s:
        kept += f" (at most {found.longest_s // 60} min)"
    basis = (
        f"Prefixes of whole parts (tools, instructions, messages) that repeat within {kept}, of at least"
        f" {found.minimum:,} tokens, at the price of cache reads, less what is read from the cache already and what"
        " writing costs more. Tokens by each call's own tokens per character; the bounds by the 10th and 90th percentile"
        f" of its task. Provider's rules: {found.source}"
    )
    check = ["Put what never changes first (tools, instructions, examples), and what changes last."]
    if found.automatic:
        check.append(
            "Caching is automatic here, and these calls missed it: send equal prefixes to one place (cache key)."
        )
    else:
        check.append("Ask for it: mark the end of each part that repeats.")
    check.append(
        "A time or id early in the prompt, or tools in another order, undoes it: compare cache reads afterwards."
    )
    return Explanation("high" if not found.automatic else "medium", basis, check)


def _notes(study: Study, known: dict[str, Rule]) -> list[str]:
    automatic = [row for row in study.tasks if row["price_id"] in known and known[row["price_id"]].automatic]
    silent = sum(row["calls"] - row["with_cache_counts"] for row in automatic)
    notes = []
    if silent:
        notes.append(
            f"{plural(silent, 'call')} of providers that cache by themselves do not say how much was cached: caching is"
            " not looked at there, since they may cost less already."
        )
    generating = {row["price_id"] for row in study.tasks if row["operation"] != "embeddings"}
    if unknown := [name for name in study.price_ids() if name in generating - known.keys()]:
        notes.append(f"How prompts are cached is not known for {', '.join(unknown)}.")
    return notes
