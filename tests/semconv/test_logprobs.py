"""Log probabilities: our attributes, and the raw responses of the dialects that record one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processors.rows import calls as calls_in
from tests.processors.rows import chat
from tests.processors.truth import calls_of, truth

VALUES = [{"doubleValue": -0.125}, {"doubleValue": -9999.0}]
TOP = '[[{"token": "Oslo", "logprob": -0.125}], []]'


def read(**attributes: Any) -> Any:
    (call,) = calls_in(chat(**{f"otel_cert.logprobs.{name}": value for name, value in attributes.items()}))
    return json.loads(call["logprobs"] or "null")


def test_our_attributes() -> None:
    first = {"token": "Oslo", "logprob": -0.125, "top": [{"token": "Oslo", "logprob": -0.125}]}
    assert read(tokens='["Oslo", " is"]', values=VALUES, top=TOP) == [[first, {"token": " is", "logprob": -9999.0}]]
    assert read(tokens='["Oslo", " is"]', values="[-0.125, -9999]")[0][1] == {"token": " is", "logprob": -9999}


def test_values_are_read_without_the_tokens_that_spell_the_answer() -> None:
    assert read(values=VALUES) == [[{"token": None, "logprob": -0.125}, {"token": None, "logprob": -9999.0}]]
    assert read(values=VALUES, tokens='["one"]', top="[[") == read(values=VALUES)


@pytest.mark.parametrize("values", [None, "", "x", "{}", 5])
def test_anything_else_is_none(values: Any) -> None:
    assert read(values=values, tokens='["Oslo"]') is None


@pytest.mark.parametrize("folder", ["openinference-openai", "openinference-langchain", "vercel-ai-v6", "litellm"])
def test_raw_responses_that_hold_them(folder: str) -> None:
    capture = f"{folder}/logprobs_a"
    (call,) = calls_of([capture])[capture]
    (sent,) = truth(capture)["calls"]
    tokens = sent["raw_response"]["choices"][0]["logprobs"]["content"]
    (found,) = json.loads(call["logprobs"])
    assert [(t["token"], t["logprob"]) for t in found] == [(t["token"], t["logprob"]) for t in tokens]
    top = [[(a["token"], a["logprob"]) for a in t.get("top_logprobs", ())] for t in tokens]
    assert [[(a["token"], a["logprob"]) for a in t.get("top", ())] for t in found] == top
    assert any(top)
