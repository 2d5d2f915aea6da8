"""Short values of ours with data in them, in another language: by their form, and never what a person wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from otel_cert.report.elsewhere import PLACE, heading
from otel_cert.report.front import CALLS, FUTURE, IN_OUR_WORDS, UNDETECTED, UNSHOWN
from otel_cert.report.words import Words

WINDOW = ("from {since} to {until}", "before {moment}")
LAW = (
    "version {version}, compiled {compiled}, to be reviewed by {review}",
    "version {version}, SHA-256 {digest}",
    "{act}, amended by {amending}",
    "{act}, in force {day}",
)
DECISION = ("confirmed ({who})", "overridden: {outcome}, because {reason}")
SNAPSHOT = ("snapshot {number}, {time}",)
REMARK = (
    "whether it applies is not known yet; {remark}",
    "field open, owner {who}, due {day}",
    "field open, owner {who}",
    "field open, due {day}",
    "{document} (not in this set)",
)
PARAGRAPH = (IN_OUR_WORDS,)
NOT_MEASURED = (PLACE,)
ASKED = ("{question}, by {by}",)
"""Title of a question that was asked per group."""
FORMS: Mapping[str, tuple[str, ...]] = {
    "Responsible person": (),
    "Legal basis": (),
    "Classification": DECISION,
    "Window": WINDOW,
    "Calls of the window": (CALLS,),
    "Data as of": SNAPSHOT,
    "Statute": LAW,
    "Legal data": LAW,
}
"""Label on the front page -> forms of its value; the value of another label is a person's, or a name."""
WARNINGS = (FUTURE, UNDETECTED, UNSHOWN)
_PERSONS = ("who", "reason")
"""Places of a form that hold what a person wrote."""
_JOINED = "; "
_TITLED = re.compile(r"([^:]+): (.+)")
"""Id of a requirement, or title of a document, and a title."""


def front(label: str, value: str, known: Words) -> str:
    """Return the value of a line of the front page; what has no translation stays as it is."""
    if label not in FORMS or value in known:
        return known[value] if label in FORMS else value
    if label != "Classification":
        return formed(value, FORMS[label], known) or value
    tier, joined, decided = value.partition(_JOINED)
    return f"{known.get(tier, tier)}{joined}{known.get(decided) or formed(decided, DECISION, known) or decided}"


def window(text: str, known: Words) -> str:
    """Return a period in words."""
    return formed(text, WINDOW, known) or known[text]


def cell(text: str, forms: tuple[str, ...], known: Words) -> str:
    """Return a cell of a table of ours: whole, by its form, or the title after `id: `; else as it is."""
    if text in known:
        return known[text]
    if (made := formed(text, forms, known)) is not None:
        return made
    titled = _TITLED.fullmatch(text)
    if titled is None or (title := heading(titled[2], known)) == titled[2]:  # what a person wrote has no translation
        return text
    return f"{known.get(titled[1], titled[1])}: {title}"


def formed(text: str, forms: tuple[str, ...], known: Words) -> str | None:
    """Return a text that has one of the forms, with its places translated where they have a translation; else None."""
    for form in forms:
        found = _pattern(form).fullmatch(text)
        if found and form in known:
            places = {
                name: said if name in _PERSONS else formed(said, (*WINDOW, *REMARK), known) or heading(said, known)
                for name, said in found.groupdict().items()
            }
            return known[form].format(**places)
    return None


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return what matches a form; a `{name}` in it is a place for any text."""
    pieces = re.split(r"{(\w+)}", form)
    return re.compile(
        "".join(f"(?P<{piece}>.+?)" if odd % 2 else re.escape(piece) for odd, piece in enumerate(pieces)), re.DOTALL
    )
