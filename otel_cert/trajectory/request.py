"""What is asked for: checked before a model is loaded or a token is generated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otel_cert.trajectory.errors import InvalidInput, PromptTooLong

Prompt = str | Sequence[Mapping[str, str]]
"""Text, or the messages of a chat: each with `role` and `content`."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are taken: the most probable one when `temperature` is 0."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    """Of the most probable tokens so many that together they have this probability; 1 for all."""
    top_k: int = 0
    """The most probable tokens; 0 for all."""
    seed: int | None = None
    """Of what is drawn; equal seeds draw the same, alone and in a batch."""

    def __post_init__(self) -> None:
        _whole("max_new_tokens", self.max_new_tokens, 1)
        _number("temperature", self.temperature, 0, math.inf)
        _number("top_p", self.top_p, 0, 1)
        if not self.top_p:
            raise InvalidInput("top_p: 0 leaves no token", hint="give a number above 0, at most 1")
        _whole("top_k", self.top_k, 0)
        if self.seed is not None:
            _whole("seed", self.seed, 0)

    @property
    def greedy(self) -> bool:
        """Return whether nothing is drawn at random."""
        return self.temperature == 0


def checked_prompt(prompt: Prompt, most_chars: int) -> Prompt:
    """Return the prompt.

    Raises:
        InvalidInput: it is no text and no messages, is empty, or cannot be encoded.
        PromptTooLong: it has more than `most_chars` characters.

    """
    texts = [prompt] if isinstance(prompt, str) else _contents(prompt)
    if not any(texts):
        raise InvalidInput("the prompt is empty", hint="give at least one character")
    if (chars := sum(map(len, texts))) > most_chars:
        raise PromptTooLong(
            f"the prompt has {chars} characters, and the limit is {most_chars}",
            hint="shorten it, or raise max_prompt_chars",
        )
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(f"the prompt is no valid Unicode: a lone surrogate at character {error.start}") from None
    return prompt


def checked_timeout(timeout: float | None) -> float | None:
    """Return the seconds, None for no limit; raises InvalidInput."""
    if timeout is not None:
        _number("timeout", timeout, 0, math.inf)
    return None if timeout == math.inf else timeout


def checked_count(name: str, value: int, least: int) -> int:
    """Return a whole number of at least `least`; raises InvalidInput."""
    _whole(name, value, least)
    return value


def _contents(prompt: object) -> list[str]:
    if not isinstance(prompt, Sequence) or isinstance(prompt, bytes):
        raise InvalidInput(f"the prompt is {type(prompt).__name__}", hint="give text, or a list of messages")
    for message in prompt:
        if not isinstance(message, Mapping) or not all(isinstance(message.get(k), str) for k in ("role", "content")):
            raise InvalidInput(
                "a message has no text as role and content", hint='e.g. {"role": "user", "content": "Hi"}'
            )
    return [message["content"] for message in prompt]


def _whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInput(f"{name}: {value!r}", hint=f"give a whole number of at least {least}")


def _number(name: str, value: object, least: float, most: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        upper = f" to {most}" if most < math.inf else " or more"
        raise InvalidInput(f"{name}: {value!r}", hint=f"give a number of {least}{upper}")
