"""Word pieces of a text, and which characters each covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from otel_cert.scoring.models import ModelFiles

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text in word pieces, without special tokens."""

    ids: np.ndarray
    """int32 [n]"""
    offsets: np.ndarray
    """int32 [n, 2]: first character, and behind the last."""


class Tokenizer:
    """The tokenizer of a model; never cuts a text."""

    def __init__(self, files: ModelFiles) -> None:
        from tokenizers import Tokenizer as Loaded

        self.version = version("tokenizers")
        self._tokenizer: Any = Loaded.from_file(str(files.folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        special = self._tokenizer.encode("").ids  # what every text is put between
        self.first, self.last = special

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """Return the pieces of each text."""
        found = self._tokenizer.encode_batch([encodable(text) for text in texts], add_special_tokens=False)
        return [Pieces(np.array(each.ids, np.int32), np.array(each.offsets, np.int32).reshape(-1, 2)) for each in found]


def encodable(text: str) -> str:
    """Return the text with U+FFFD for each lone surrogate, which tokenizers refuse; every character stays in its place."""
    return _SURROGATE.sub("\ufffd", text)
