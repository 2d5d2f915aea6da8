"""A sentence that refers to other sections, in another language: piece by piece, since it names headings of the document."""

from __future__ import annotations

import re

from otel_cert.report.words import Words

OPENING = "Evidence that stands in another section."
"""How a reference to evidence begins; see `front.reference`."""
SEE = "see"
PLACE = "see “{heading}”"
"""In the place of a reason that stands under another heading."""
_HEADING = re.compile(r"([A-C] \d+|[A-CXI]+|[\d(]\S*) (.+)")
"""The statute's number of a point and its title."""


def elsewhere(text: str, known: Words) -> str | None:
    """Return the translation of `OPENING what: “heading”; what: “heading”.` or `what: see “heading”.`.

    None = the text is no such reference.
    """
    opening, rest = (OPENING, text.removeprefix(OPENING).lstrip()) if text.startswith(OPENING) else ("", text)
    *pairs, end = re.split("“([^”]+)”", rest)
    if end != "." or not pairs:
        return None
    places = list(zip(pairs[::2], pairs[1::2], strict=True))
    if not all(before.endswith((": ", f": {SEE} ")) for before, _ in places) or (not opening and len(places) > 1):
        return None
    said = "; ".join(f"{_what(before, known)}“{heading(title, known)}”" for before, title in places)
    return f"{known[opening]} {said}.".lstrip() if opening else f"{said}."


def _what(before: str, known: Words) -> str:
    """Translate `; what: ` or `what: see `."""
    what = before.removeprefix("; ")
    if what.endswith(f": {SEE} "):
        return f"{known[what.removesuffix(f': {SEE} ')]}: {known[SEE]} "
    return f"{known[what.removesuffix(': ')]}: "


def heading(title: str, known: Words) -> str:
    """Return a heading with the statute's number before it, when it has one."""
    if title in known:
        return known[title]
    numbered = _HEADING.fullmatch(title)
    return f"{numbered[1]} {known.get(numbered[2], numbered[2])}" if numbered else known.get(title, title)
