"""Which words of a sentence deny, and what they deny."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from otel_cert.measures.accuracy.vocabulary import Vocabulary, vocabulary
from otel_cert.measures.accuracy.words import Word, stem_of

REACH = 4
"""Words of meaning behind a negator, or before it where the language puts it behind, that it may deny."""
_ENDS = frozenset(',;:()–—\n"“”«»„')
_OPENS = frozenset(
    {"but", "while", "whereas", "although", "though", "aber", "sondern", "jedoch", "während", "obwohl"}
    | {"pero", "sino", "mientras", "aunque", "mais", "tandis"}
)
"""Conjunctions that open another clause, without a mark before them."""
_ADVERBS = ("ly", "mente", "ment", "lich")


class Denial(NamedTuple):
    """A word that denies, with the words that it may deny."""

    at: int
    """The word, counted in the sentence."""
    scope: tuple[int, ...]
    """The words of meaning that it may deny, the likeliest first."""
    last: int
    """The last word of the denial: `pas` of `n'est pas`."""

    def predicate(self, words: Sequence[Word]) -> tuple[int, ...]:
        """Return the words of which one is denied: the first that is no adverb, and the adverbs before it."""
        for count, at in enumerate(self.scope, start=1):
            if at < self.at or not words[at].folded.endswith(_ADVERBS):
                return self.scope[:count] if at > self.at else self.scope
        return self.scope


def denials(text: str, words: Sequence[Word], language: str) -> list[Denial]:
    """Return the negators of a sentence in order; those of a clause that form one denial (`ne ... pas`) are one."""
    rules = vocabulary(language)
    if rules is None:
        return []
    found: list[Denial] = []
    for at in _negators(words, rules):
        first, last = clause(text, words, at)
        if any(word.folded in rules.negation.conditions for word in words[first:at]):
            continue
        scope = _scope(words, at, first, last, language)
        if found and language in ("es", "fr") and first <= found[-1].at:
            # Negative concord: `no vino nadie`, `n'a jamais` deny once.
            before = found[-1]
            found[-1] = Denial(
                before.at, tuple(dict.fromkeys((*before.scope, *scope))), at if language == "fr" else before.last
            )
        else:
            found.append(Denial(at, scope, at))
    return found


def _negators(words: Sequence[Word], rules: Vocabulary) -> list[int]:
    deny = rules.negation.words | rules.negation.verbs
    at_all = [at for at, word in enumerate(words) if word.folded in deny]
    if not at_all:
        return []
    fixed = _fixed(words, rules)
    return [at for at in at_all if at not in fixed]


def _fixed(words: Sequence[Word], rules: Vocabulary) -> set[int]:
    folded = [word.folded for word in words]
    found: set[int] = set()
    for phrase in rules.negation.fixed:
        for at in range(len(folded) - len(phrase) + 1):
            if folded[at] == phrase[0] and tuple(folded[at : at + len(phrase)]) == phrase:
                found.update(range(at, at + len(phrase)))
    return found


def clause(text: str, words: Sequence[Word], at: int) -> tuple[int, int]:
    """Return the words (first, behind the last) around one without a mark or a conjunction that opens another clause."""
    first, last = at, at + 1
    while first > 0 and not _breaks(text, words, first):
        first -= 1
    while last < len(words) and not _breaks(text, words, last):
        last += 1
    return first, last


def _breaks(text: str, words: Sequence[Word], at: int) -> bool:
    between = text[words[at - 1].end : words[at].start]
    return words[at].folded in _OPENS or (between != " " and not _ENDS.isdisjoint(between))


def _scope(words: Sequence[Word], at: int, first: int, last: int, language: str) -> tuple[int, ...]:
    behind = [place for place in range(at + 1, last) if _means(words[place])][:REACH]
    if language != "de":
        return tuple(behind)
    if not words[at].folded.startswith("kein"):
        # The verb comes last: `nicht für Kinder zugelassen`; nouns have a capital.
        behind.sort(key=lambda place: not words[place].text.islower())
    before = [place for place in range(at - 1, first - 1, -1) if _means(words[place])][:REACH]
    before.sort(key=lambda place: not words[place].text.islower())
    return (*behind, *before)


def _means(word: Word) -> bool:
    return not word.stop and word.text[0].isalpha()


def may_deny(text: str, words: Sequence[Word], at: int, language: str) -> bool:
    """Return whether the clause around a word has anything that denies, in whatever way."""
    rules = vocabulary(language)
    if rules is None:
        return False
    first, last = clause(text, words, at)
    deny = rules.negation.words | rules.negation.verbs | rules.negation.soft
    if any(words[place].folded in deny for place in range(first, last) if place != at):
        return True
    # German opens another clause behind it: "raten davon ab, die Creme aufzutragen".
    before = {word.folded for word in words[:last]}
    return any(before.issuperset(pair) for pair in rules.negation.apart)


@cache
def affixed(folded: str, language: str) -> str | None:
    """Return the stem of what a word denies by its beginning, e.g. of `able` for `unable`; None = it has no such beginning.

    Whether it is one is for the other text to say: only a word that it has can be denied.
    """
    rules = vocabulary(language)
    if rules is None or folded in rules.negation.not_prefixed:
        return None
    for prefix in sorted(rules.negation.prefixes, key=lambda one: (-len(one), one)):
        rest = folded.removeprefix(prefix)
        if rest != folded and len(rest) >= 4:
            return stem_of(rest, language)
    return None
