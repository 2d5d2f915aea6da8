"""A text of ours in another language: whole, by a form that has places for data, or part by part; and never by halves.

A form is a key of the words with places: `{hits:#} of {n:#} calls`. What stands in a place is

{place}      a text of ours, which needs a translation itself
{place:#}    a number, which is written as the language does
{place:=}    a name, an id, or what a person wrote, which is kept as it is
{place:@}    the same, of one word
{place:~}    a person's text, or one of ours in its place, which is translated where it is one
{place:id}   ids of evidence, which are kept as they are
"""

from __future__ import annotations

import re
from functools import cache

from otel_cert.report.numerals import NUMBER, localized
from otel_cert.report.words import Words

_KINDS = {"": r".+?", "#": NUMBER, "=": r".+?", "@": r"\S+", "~": r".+?", "id": r"[0-9a-f]{12}(?:, [0-9a-f]{12})*"}
_PLACE = re.compile(r"{(\w+)(?::([^}]+))?}")
_BARE = re.compile(
    rf"(?P<number>{NUMBER}(?: [A-Z]{{3}})?)"  # also an amount of money
    r"|\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?(?: UTC)?"  # a day or time
    r"|[\w.-]*[_\d][\w.-]*|\w+(?:\.\w+)+|[A-Z]{3}"  # an identifier, or a currency
    r"|[^A-Za-z]*"
)
"""What needs no translation."""
_LABELLED = re.compile(r"((?:[A-C] \d+|[A-CXI]+|[\d(]\S*)|\w[\w.-]*:) (.+)", re.DOTALL)
"""The statute's number of a point, or an id with a colon; then the title."""
_JOINTS = (". ", "; ", ", ", ": ")
_LONGEST = 3_000
"""Characters; nothing of ours with places or parts is longer, and names from traces in it must not make the search slow."""
_OUTSIDE = re.compile(r"\([^()]*\)")


def said(text: str, known: Words) -> str:
    """Return a text of ours in the language of `known`; one that has no translation as it is."""
    found = translation(text, known)
    return text if found is None else found


def translation(text: str, known: Words) -> str | None:
    """Return the translation of a text of ours; None = it has none."""
    if len(text) > _LONGEST:
        return known.get(text)
    one = _undivided(text, known)
    if one is not None:
        return one
    return next((made for joint in _JOINTS if (made := _parts(text, joint, known)) is not None), None)


def whole(text: str, known: Words) -> str:
    """Return what may be ours or a person's: it is translated when it is a text or of a form of ours, else kept."""
    return known[text] if text in known else formed(text, known) or text


def formed(text: str, known: Words) -> str | None:
    """Return the translation of a text that has one of the forms; None = it has none of them."""
    for form in known.forms if len(text) <= _LONGEST else ():
        found = pattern(form).fullmatch(text)
        if found and (places := _places(form, found, known)) is not None:
            return known[form].format(**places)
    return None


@cache
def pattern(form: str) -> re.Pattern[str]:
    """Return what matches a form."""
    expression, done = "", 0
    for place in _PLACE.finditer(form):
        expression += f"{re.escape(form[done : place.start()])}(?P<{place[1]}>{_KINDS[place[2] or '']})"
        done = place.end()
    return re.compile(expression + re.escape(form[done:]), re.DOTALL)


def _places(form: str, found: re.Match[str], known: Words) -> dict[str, str] | None:
    """Return what stands in the places, in the language; None when a text of ours among it has no translation."""
    filled = {}
    for name, kind in _PLACE.findall(form):
        shown = _place(found[name], kind, known)
        if shown is None:
            return None
        filled[name] = shown
    return filled


def _place(given: str, kind: str, known: Words) -> str | None:
    match kind:
        case "":
            return translation(given, known)
        case "~":
            return whole(given, known)
        case "#":
            return localized(given, known.language)
        case _:  # a name, or ids
            return given


def _parts(text: str, joint: str, known: Words) -> str | None:
    """Return a text that is several texts of ours, one after the other: the longest beginning that is one, then the rest."""
    end = joint.rstrip() if joint == ". " else ""
    hidden = _OUTSIDE.sub(lambda found: "_" * len(found[0]), text)  # what stands in brackets belongs together
    at = hidden.rfind(joint)
    while at > 0:
        head = _undivided(text[:at] + end, known)
        if head is not None and (tail := translation(text[at + len(joint) :], known)) is not None:
            return f"{head} {tail}" if end else f"{head}{known[joint]}{tail}"
        at = hidden.rfind(joint, 0, at)
    return None


def _undivided(text: str, known: Words) -> str | None:
    """Return the translation of a text that is one, with the number or id before it where it has one."""
    if text in known:
        return known[text]
    if bare := _BARE.fullmatch(text):
        return localized(text, known.language) if bare["number"] else text
    if (made := formed(text, known)) is not None:
        return made
    labelled = _LABELLED.fullmatch(text)
    title = _undivided(labelled[2], known) if labelled else None
    return f"{said(labelled[1], known)} {title}" if labelled and title is not None else None
