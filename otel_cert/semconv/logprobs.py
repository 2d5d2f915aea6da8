"""Token log probabilities: no convention names them, so ours are read, and the raw responses of a few dialects.

The field is JSON: one list per choice of `{token, logprob, top: [{token, logprob}]}`, natural logarithms; `top` is absent
when no alternatives were asked for. JSON has no infinity: -inf, which says impossible, is the text `-Infinity`.
"""

from __future__ import annotations

import math
from typing import Any

from otel_cert.semconv.combinators import derived
from otel_cert.semconv.sources import json

TOKENS, VALUES, TOP = "otel_cert.logprobs.tokens", "otel_cert.logprobs.values", "otel_cert.logprobs.top"
"""Attributes: a JSON array of texts, an array of doubles, and a JSON array of the alternatives per token."""


def _recorded(values: Any, *beside: Any) -> Any:
    if not isinstance(values, list):
        return None
    unknown = [None] * len(values)
    tokens, alternatives = (sent if isinstance(sent, list) and len(sent) == len(values) else unknown for sent in beside)
    return [[_token(t, v, a) for t, v, a in zip(tokens, values, alternatives, strict=True)]]


recorded = derived(json(VALUES), _recorded, json(TOKENS), json(TOP))
"""Reads the attributes that `otel_cert.instrument` writes; tokens spell the answer, and are sent with content only."""


def openai_choices(choices: Any) -> Any:
    """Read `choices` as OpenAI's chat API returns them."""
    found = [_content(choice.get("logprobs")) for choice in choices if isinstance(choice, dict)]
    return found if any(found) else None


def openai(logprobs: Any) -> Any:
    """Read the `logprobs` object of one choice."""
    found = _content(logprobs)
    return [found] if found else None


def _content(logprobs: Any) -> list[dict[str, Any]]:
    content = logprobs.get("content") if isinstance(logprobs, dict) else logprobs
    if not isinstance(content, list):
        return []
    return [_token(t.get("token"), t.get("logprob"), t.get("top_logprobs", t.get("topLogprobs"))) for t in content]


def _token(token: Any, logprob: Any, top: Any) -> dict[str, Any]:
    entry = {"token": token, "logprob": _sent(logprob)}
    if isinstance(top, dict):
        entry["top"] = [{"token": t, "logprob": _sent(v)} for t, v in top.items()]
    elif isinstance(top, list) and top:
        entry["top"] = [
            {"token": t.get("token"), "logprob": _sent(t.get("logprob"))} for t in top if isinstance(t, dict)
        ]
    return entry


def _sent(logprob: Any) -> Any:
    return "-Infinity" if logprob == -math.inf else logprob
