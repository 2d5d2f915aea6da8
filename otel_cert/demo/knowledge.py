"""The demonstration's data: passages, opening hours, and conversations with the answers that the model gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

QUESTION_MARK = "Question: "
"""What precedes the question in the application's prompt; the scripted model finds the question by it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text that can be retrieved."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor asks, and how the scripted model reacts."""

    id: str
    question: str
    answer: str
    """The right answer."""
    passage: str | None = None
    """Id of the passage that holds the answer; None when nothing does."""
    wrong: str | None = None
    """What the model says instead, wrong on purpose."""
    tool: Mapping[str, str] | None = None
    """Arguments with which the model first calls `opening_hours`."""
    error: int | None = None
    """HTTP status with which the model refuses to answer."""

    @property
    def said(self) -> str:
        """What the model says."""
        return self.wrong or self.answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions asked one after the other, with one model, exported over one OTLP protocol."""

    id: str
    model: str
    protocol: str
    stream: bool
    questions: tuple[Question, ...]
    logprobs: bool = False
    """Whether the application asks for log probabilities."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All of it."""

    passages: tuple[Passage, ...]
    hours: Mapping[str, str]
    conversations: tuple[Conversation, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions of all conversations."""
        return tuple(q for c in self.conversations for q in c.questions)


@cache
def load() -> Knowledge:
    """Return the packaged knowledge."""
    data = yaml.safe_load(files(__package__).joinpath("knowledge.yaml").read_text(encoding="utf-8"))
    return Knowledge(
        tuple(Passage(**p) for p in data["passages"]),
        data["hours"],
        tuple(_conversation(c) for c in data["conversations"]),
    )


def _conversation(data: dict[str, Any]) -> Conversation:
    return Conversation(**{**data, "questions": tuple(Question(**q) for q in data["questions"])})
