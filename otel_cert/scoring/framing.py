"""A prompt and an answer as one sequence of tokens, in which it is known where the answer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from otel_cert.scoring.pieces import encodable
from otel_cert.scoring.scored_tokens import Form, Item, Problem, Unscored

_BETWEEN = "\n\n"
"""Stands between joined messages, and before the answer."""


@dataclass(frozen=True, slots=True)
class Framed:
    """Tokens of a prompt and its answer."""

    ids: np.ndarray
    """int32 [tokens]"""
    first: int
    """The first token of the answer; all behind it are of the answer, too."""
    offsets: np.ndarray
    """int32 [tokens of the answer, 2]: characters of the answer."""
    form: Form
    keep: int
    """Tokens at the start that every window repeats: 1 when it is the model's token for the beginning, else 0."""


class _Refused(Exception):
    def __init__(self, problem: Problem, message: str) -> None:
        self.unscored = Unscored(problem, message)


class Framer:
    """Makes sequences with a fast tokenizer of transformers; not safe for several threads, as that is not."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        probe = tokenizer("a", return_special_tokens_mask=True, verbose=False)
        special = takewhile(lambda each: each[1], zip(probe["input_ids"], probe["special_tokens_mask"], strict=True))
        self._lead = [token for token, _ in special]

    def framed(self, item: Item) -> Framed | Unscored:
        """Return the tokens of an item, or why it has none that can be scored."""
        try:
            return self._framed(item)
        except _Refused as refused:
            return refused.unscored

    def _framed(self, item: Item) -> Framed:
        if not isinstance(item.answer, str) or not item.answer:
            raise _Refused("no_answer", "there is no answer")
        prompt, form = self._prompt(item.prompt)
        answer = encodable(item.answer)
        before, answered, offsets = self._encoded(encodable(prompt), answer)
        if not answered:
            raise _Refused("no_answer", "the answer has no token")
        lead = [] if form == "chat template" else self._lead  # a template writes its own
        before = [*lead, *before] or self._beginning()
        keep = int(before[0] == self._tokenizer.bos_token_id)
        places = np.clip(np.array(offsets, np.int32).reshape(-1, 2), 0, len(answer))
        return Framed(np.array([*before, *answered], np.int32), len(before), places, form, keep)

    def _prompt(self, prompt: str | Sequence[Mapping[str, Any]]) -> tuple[str, Form]:
        if isinstance(prompt, str):
            return prompt, "plain text"
        if not prompt:
            raise _Refused("no_prompt", "the prompt has no messages")
        if not self._tokenizer.chat_template:
            return "".join(_content(message) + _BETWEEN for message in prompt), "joined messages"
        try:
            found = self._tokenizer.apply_chat_template(
                [dict(message) for message in prompt], add_generation_prompt=True, tokenize=False
            )
        except Exception as error:  # templates are programs: they raise what they like, e.g. that a role is unknown
            raise _Refused("chat_template", f"the chat template refuses the messages: {_first(error)}") from error
        return str(found), "chat template"

    def _encoded(self, prompt: str, answer: str) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Return the tokens of the prompt, of the answer, and the characters of these.

        Both are read as one text, as some tokenizers treat the beginning of a text in another way. A model that answers
        begins with a new token, though: where a token of the whole text straddles the border, each is read by itself.
        """
        before = self._tokens(prompt)["input_ids"]
        whole = self._tokens(prompt + answer)
        n = len(before)
        if whole["input_ids"][:n] == before:
            border = len(prompt)
            return before, whole["input_ids"][n:], [(s - border, e - border) for s, e in whole["offset_mapping"][n:]]
        alone = self._tokens(answer)
        return before, alone["input_ids"], alone["offset_mapping"]

    def _tokens(self, text: str) -> Any:
        return self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)

    def _beginning(self) -> list[int]:
        """Return what stands before an answer without a prompt: the token for a beginning, or for an end before it."""
        for token in (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id):
            if token is not None:
                return [int(token)]
        raise _Refused(
            "no_prompt", "nothing stands before the answer, and the tokenizer has no token for the beginning of a text"
        )


def _content(message: Mapping[str, Any]) -> str:
    """Return the text of a message; of a list of parts those that are text."""
    content = message.get("content")
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, Mapping))
        return "\n".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _first(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().partition("\n")[0]
