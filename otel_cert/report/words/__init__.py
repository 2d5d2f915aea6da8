"""Fixed texts in other languages: files per language map the English text to its translation, as gettext does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from importlib.abc import Traversable
from importlib.resources import files

from otel_cert import quick_yaml
from otel_cert.report.typography import typeset

LANGUAGES = ("en", "de", "fr", "es")
"""Languages that documents can be written in; English is the source."""


class Words(dict[str, str]):
    """English text -> translation; a text without a translation is its own. `language` is ISO 639-1.

    A text with places in braces is a form; see `otel_cert.report.forms`.
    """

    language = "en"

    def __missing__(self, text: str) -> str:
        return text

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The texts that have places, the most said one first: of two that fit, it is the one that is meant."""
        return tuple(sorted((text for text in self if "{" in text), key=_literal, reverse=True))


@cache
def words(language: str) -> Words:
    """Return the translations into `language`; of a language that has none, every text stays English."""
    found = Words()
    if language in LANGUAGES:
        found.language = language
        for file in _of(language):
            content: dict[str, str] = quick_yaml.load(file.read_text(encoding="utf-8"))
            found.update((english, typeset(text, language)) for english, text in content.items())
    return found


def _of(language: str) -> Iterator[Traversable]:
    """Yield `de.yaml`, `de_cells.yaml`, ..."""
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        stem, dot, ending = file.name.rpartition(".")
        if (dot, ending) == (".", "yaml") and stem.partition("_")[0] == language:
            yield file


def _literal(form: str) -> int:
    """Return how many characters of a form are no place."""
    return sum(len(piece.rpartition("}")[2]) for piece in form.split("{"))
