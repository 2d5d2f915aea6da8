"""The scripted model behind the loopback server: deterministic answers, embeddings, token counts and latencies."""

from __future__ import annotations

import json
import math
import random
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otel_cert.demo.knowledge import QUESTION_MARK, Knowledge, Question

Message = Mapping[str, Any]

DIMENSIONS = 1024
CHARACTERS_PER_TOKEN = 4
CACHE_BLOCK = 64
"""Tokens; a prompt prefix is cached in whole blocks. Providers use larger ones, but these prompts are short."""

_NOT_KNOWN = "The visitor information does not say."
_COMMON = re.compile(
    r"(a|an|and|are|at|be|by|can|do|does|for|from|how|i|in|is|it|may|me|much|museum|must|my|of|on|or|that|the|there|this"
    r"|to|what|when|where|which|with|you)"
)
"""Words that say nothing about the subject."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model does not answer: `status` is the HTTP status."""

    status: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The model's message: text, or a call of one tool with JSON arguments."""

    content: str | None = None
    tool_name: str | None = None
    tool_arguments: str = ""

    @property
    def finish_reason(self) -> str:
        """The finish reason as OpenAI names it."""
        return "tool_calls" if self.tool_name else "stop"


class ScriptedModel:
    """Answers from a `Knowledge`; remembers prompts only to report cached tokens as a provider would."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._questions = {q.question: q for q in knowledge.questions}
        self._prefixes: set[tuple[str, str]] = set()

    def reply(self, messages: Sequence[Message], tools: Sequence[Message]) -> Reply | Refusal:
        """Return the scripted reaction to the last question of a conversation."""
        question = self._question(messages)
        if question is None:
            return Reply(_NOT_KNOWN)
        if question.error:
            return Refusal(question.error)
        if question.tool and tools and messages[-1]["role"] != "tool":
            return Reply(tool_name=tools[0]["function"]["name"], tool_arguments=json.dumps(dict(question.tool)))
        return Reply(question.said)

    def cached_tokens(self, model: str, prompt: str) -> int:
        """Return how many tokens of the prompt's beginning this model has seen before, and remember the prompt."""
        block = CACHE_BLOCK * CHARACTERS_PER_TOKEN
        prefixes = {(model, prompt[:end]) for end in range(block, len(prompt) + 1, block)}
        seen = len(prefixes & self._prefixes)
        self._prefixes |= prefixes
        return seen * CACHE_BLOCK

    def _question(self, messages: Sequence[Message]) -> Question | None:
        asked = next((m["content"] for m in reversed(messages) if m["role"] == "user"), "")
        return self._questions.get(str(asked).rpartition(QUESTION_MARK)[2].strip())


def render(messages: Sequence[Message]) -> str:
    """Return the conversation as the one text whose tokens are counted."""
    return "\n".join(f"{m['role']}: {m.get('content') or json.dumps(m.get('tool_calls'))}" for m in messages)


def count_tokens(text: str) -> int:
    """Return the number of tokens, roughly as many as a tokenizer finds in English."""
    return max(1, math.ceil(len(text) / CHARACTERS_PER_TOKEN))


def embed(text: str) -> list[float]:
    """Return a unit vector of hashed word beginnings: texts that share words are near each other."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"[a-z0-9]+", text.lower()):
        if not _COMMON.fullmatch(word):
            vector[zlib.crc32(word[:4].encode()) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(v * v for v in vector)) or 1.0
    return [v / length for v in vector]


def latency_s(text: str, low_ms: float, high_ms: float) -> float:
    """Return a latency in seconds that is always the same for the same text."""
    return random.Random(zlib.crc32(text.encode())).uniform(low_ms, high_ms) / 1000  # noqa: S311 - no secret
