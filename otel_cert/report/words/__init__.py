"""Fixed texts in other languages: a file per language maps the English text to its translation, as gettext does."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("en", "de", "fr", "es")
"""Languages that documents can be written in; English is the source."""


class Words(dict[str, str]):
    """English text -> translation; a text without a translation is its own."""

    def __missing__(self, text: str) -> str:
        return text


@cache
def words(language: str) -> Words:
    """Return the translations into `language` (ISO 639-1); of a language that has none, every text stays English."""
    file = files(__package__).joinpath(f"{language}.yaml")
    if language not in LANGUAGES or not file.is_file():
        return Words()
    return Words(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
