"""What the rules know of a language: words that data files name, folded and looked up by kind."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from otel_cert import quick_yaml

LANGUAGES = ("en", "es", "de", "fr")
"""Languages with rules, ISO 639-1."""

UNDETERMINED = "und"
"""A text of another language, or of none: read by what every language has."""


def fold(text: str) -> str:
    """Return the text as it is compared: NFKC, without case, without characters that are not seen."""
    if text.isascii():
        return text.lower()
    text = text.replace("’", "'").translate(_UNSEEN)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


_UNSEEN = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])


def _words(value: object) -> object:
    return frozenset(map(fold, value.split())) if isinstance(value, str) else value


def _phrases(value: object) -> object:
    return tuple(tuple(fold(part).split()) for part in value.split(",")) if isinstance(value, str) else value


def _sides(value: object) -> object:
    return [_phrases_of_sides(row) for row in value] if isinstance(value, list) else value


def _phrases_of_sides(row: object) -> object:
    return tuple(frozenset(map(fold, str(side).split())) for side in row) if isinstance(row, list) else row


Words = Annotated[frozenset[str], BeforeValidator(_words)]


class Negation(BaseModel):
    """How a language denies."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    words: Words
    """Words that deny what stands near them."""
    verbs: Words
    """Verbs that say that what follows is not so."""
    prefixes: Words
    """Beginnings that turn an adjective into its opposite."""
    not_prefixed: Words
    """Words that begin like that and deny nothing, although what stays is a word."""
    soft: Words
    """Words that may say the same as a denial, so that none is missing beside them."""
    apart: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_phrases)]
    """Pairs of words that do so together in one clause: "advise against"."""
    conditions: Words
    """Words that open a condition: what is denied there is not said not to be."""
    fixed: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_phrases)]
    """Phrases with a word that denies, which deny nothing."""


class Verbs(BaseModel):
    """How a verb that follows its subject looks."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    words: Words
    """Frequent ones."""
    endings: Words
    """Endings of the others."""


class Pronouns(BaseModel):
    """The words that stand for a person, or a thing, that was named."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    personal: Words
    """Those that someone has to be named before, when they open a text."""
    impersonal: Words
    """Those of them that stand for nothing before some verbs: "it is raining"."""
    impersonal_verbs: Words
    """These verbs."""
    sexes: Annotated[tuple[tuple[frozenset[str], frozenset[str]], ...], BeforeValidator(_sides)]
    """For each sex its pronouns, and the nouns for its persons; none where pronouns follow the gender of nouns."""


class Endings(BaseModel):
    """What words end in: it tells apart languages that share their most frequent words ("la", "de", "se")."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    sure: Words
    """Endings of hardly any other of our languages."""
    weak: Words
    """Endings that count half."""


class Vocabulary(BaseModel):
    """What the rules know of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    language: str
    """ISO 639-1."""
    letters: str
    """Letters that hardly any other of our languages has."""
    endings: Endings
    """What its words end in."""
    heads: Words
    """Last parts of German compounds that name a body or a law; the last letter of an acronym may stand for one."""
    stop_words: Words
    """Words without a meaning of their own."""
    frame_words: Words
    """Words by which an answer speaks of itself and its sources: "based on the provided passages, here is a summary"."""
    sources: Words
    """Nouns by which an answer names what it was given to read."""
    says: Words
    """Verbs for what these do, or do not: mention, say, provide."""
    courtesies: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_phrases)]
    """What is said to the reader and about nothing else, such as to ask a professional."""
    abbreviations: Words
    """Words behind which a full stop does not end a sentence; written without their last full stop."""
    titles: Words
    """What stands before a person's name and is not part of it."""
    particles: Words
    """Words in lower case that may stand inside a name."""
    not_names: Words
    """Words with a capital that name nobody and no place: months, weekdays, measures."""
    determiners: Words
    """Words before a common noun."""
    passive: Words
    """Words between two names that say that the first need not be the one who acts."""
    symmetric: Words
    """Verbs that hold both ways."""
    verbs: Verbs
    """How a verb behind a name looks."""
    pronouns: Pronouns
    """What stands for a name."""
    negation: Negation
    """How the language denies."""
    opposites: Annotated[tuple[tuple[frozenset[str], frozenset[str]], ...], BeforeValidator(_sides)]
    """Pairs of sides that exclude each other in the same place; forms that a stemmer does not join are all named."""

    opposite_beginnings: Annotated[tuple[tuple[frozenset[str], frozenset[str]], ...], BeforeValidator(_sides)]
    """Pairs of beginnings that make opposites of one rest: "hypertension" and "hypotension", "Nordufer" and "Südufer"."""

    @cached_property
    def abbreviation_parts(self) -> frozenset[str]:
        """Abbreviations, and the parts of those that a reader may write with spaces, e.g. `z. B.`."""
        return self.abbreviations | {part for word in self.abbreviations for part in re.split("[.-]", word)}


@cache
def vocabulary(language: str) -> Vocabulary | None:
    """Return what the rules know of a language; None = there are no rules for it."""
    return Vocabulary.model_validate(load(language)) if language in LANGUAGES else None


@cache
def every_abbreviation() -> frozenset[str]:
    """Return the abbreviations of all languages: for texts of none of them."""
    known = [vocabulary(language) for language in LANGUAGES]
    return frozenset().union(*(one.abbreviation_parts for one in known if one))


def load(name: str) -> Any:
    """Return the content of a data file of the rules, e.g. `en` or `units`."""
    text = (resources.files(__package__) / "rules" / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    return quick_yaml.load(text)
