"""Parts of a prompt: the context that it quotes, found by its marks, and the question that remains.

    Context:
    - The Loire is 1006 kilometres long.      -> context
    Question: How long is the Loire?          -> question

Marks are elements of XML, marker lines in several languages (`data/prompt_markers.yaml`) and delimiter lines behind them.
Every search takes time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

_DELIMITER = re.compile(r"""\s*?^[ \t]*(?P<mark>-{3,}|={3,}|~{3,}|`{3,}|"{3}|'{3})[^\n]*$\n?""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a prompt consists of."""

    context: tuple[str, ...]
    """The quoted texts in their order; empty when nothing marks any."""
    question: str
    """The rest, without the marks."""


def split(text: str) -> Parts:
    """Return the parts of one prompt."""
    spans = [*_elements(text)] or [*_marked(text)]
    context = tuple(found for _, start, end, _ in spans if (found := text[start:end].strip()))
    rest, done = [], 0
    for before, _, _, after in spans:
        rest.append(text[done:before])
        done = after
    rest.append(text[done:])
    return Parts(context, _question("\n".join(rest)))


_Span = tuple[int, int, int, int]
"""(first character of the mark, of the content, behind the content, behind the closing mark)."""


def _elements(text: str) -> Iterator[_Span]:
    """Yield the outermost elements whose names say that they hold context."""
    open_: list[re.Match[str]] = []
    for tag in _patterns().element.finditer(text):
        if not tag["close"]:
            open_.append(tag)
        elif any(tag["name"].lower() == opened["name"].lower() for opened in open_[:1]):
            yield open_[0].start(), open_[0].end(), tag.start(), tag.end()
            open_.clear()


def _marked(text: str) -> Iterator[_Span]:
    """Yield what stands behind marker lines: between delimiters, or up to the next mark of another kind."""
    patterns, done = _patterns(), 0
    for mark in patterns.context.finditer(text):
        if mark.start() < done:
            continue
        start = mark.end()
        if opening := _DELIMITER.match(text, start):
            closing = re.compile(rf"^[ \t]*{re.escape(opening['mark'])}", re.MULTILINE).search(text, opening.end())
            if closing:
                done = closing.end()
                yield mark.start(), opening.end(), closing.start(), done
                continue
        stop = patterns.stop.search(text, start)
        done = stop.start() if stop else len(text)
        yield mark.start(), start, done, done


def _question(rest: str) -> str:
    """Return what stands behind the last mark of a question and before that of an answer, else all of it."""
    patterns = _patterns()
    asked = [*patterns.question.finditer(rest)]
    if asked:
        rest = rest[asked[-1].end() :]
        if stop := patterns.stop.search(rest):
            rest = rest[: stop.start()]
    return rest.strip()


@dataclass(frozen=True, slots=True)
class _Patterns:
    element: re.Pattern[str]
    context: re.Pattern[str]
    question: re.Pattern[str]
    stop: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    file = resources.files(__package__) / "data" / "prompt_markers.yaml"
    marks: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    context, question, stop = (_any(_words(marks[kind])) for kind in ("context", "question", "stop"))
    follows, line = _any(marks["follows"]), r"^[ \t]*[#*_\[(]{0,6}[ \t]*"
    flags = re.IGNORECASE | re.MULTILINE
    return _Patterns(
        re.compile(rf"<(?P<close>/?)(?P<name>{_any(marks['elements'])})(?=[\s>])[^<>]*>", flags),
        re.compile(
            rf"{line}{context}\b(?:[^\n:]{{0,60}}:\**"
            rf"|[^\n:.]{{0,60}}\b{follows}\b[^\n:.]{{0,20}}\.?[ \t]*$|[ \t#*_\])]{{0,6}}$)",
            flags,
        ),
        re.compile(rf"{line}{question}\b[^\n:]{{0,20}}:\**[ \t]*", flags),
        re.compile(rf"{line}(?:(?:{question}|{stop})\b[^\n:]{{0,20}}:|given the context)", flags),
    )


def _words(by_language: dict[str, list[str]]) -> Iterable[str]:
    return {word for words in by_language.values() for word in words}


def _any(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first."""
    return "(?:" + "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) + ")"
