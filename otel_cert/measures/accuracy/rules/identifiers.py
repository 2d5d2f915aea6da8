"""Identifiers that the context does not have: order numbers, product codes, versions, e-mail and web addresses."""

from __future__ import annotations

import re

from otel_cert.measures.accuracy.rules.align import Alignment
from otel_cert.measures.accuracy.rules.alike import squeeze
from otel_cert.measures.accuracy.rules.finding import Finding

_ADDRESS = r"(?:https?://|www\.)[^\s<>\"'()]{1,500}|[\w.+-]{1,64}@\w[\w.-]{0,250}\.\w{2,}"
# Letters first, so that `5km`, `3rd` and `20-year-old` stay numbers; an upper-case letter, so that `chapter-3` does too.
_CODE = r"(?<![\w.@/-])(?=[^\s\d]{0,12}[A-Z])[A-Za-z]{1,12}[-/._#]?\d[\w./_-]{0,60}(?<![./_-])"
_VERSION = r"(?<![\w.])v?\d+\.\d+\.\d+(?:[.-]\w+)*"
_IDENTIFIER = re.compile(rf"(?P<address>{_ADDRESS})|(?P<code>{_CODE})|(?P<version>{_VERSION})")
_NOT_CODES = re.compile(
    r"(?i)(?:Q[1-4]|H[12]|FY\d+|[A-Z]{2}[A-Z]?\$?\d[\d.,]*[a-z]*|(?:p|pp|no|nr|art|fig)\.?\d+)\Z|\d\d?\.\d\d?\.\d{2,4}\Z"
)
_SCHEME = re.compile(r"\A(?i:https?://(?:www\.)?)")

_LEAST_NAME = 4


def identifier_findings(alignment: Alignment) -> list[Finding]:
    """Return the identifiers of the answer that the context does not have, written in whatever way."""
    found, known, others = [], None, None
    for match in _IDENTIFIER.finditer(alignment.answer.text):
        text = match[0].rstrip(".,;:!?")
        if _NOT_CODES.match(text):
            continue  # quarters, fiscal years, amounts with a currency, dates: for other rules
        if known is None:
            texts = [*alignment.context.chunks, *([alignment.question] if alignment.question else [])]
            known = [squeeze(one.text) for one in texts]
        wanted = squeeze(_SCHEME.sub("", text))
        if not wanted or any(_has(chunk, wanted) for chunk in known):
            continue
        others = _all(alignment) if others is None else others
        if _is_known_without_number(text, known, others):
            continue
        found.append(_made(match.start(), text, match.lastgroup or "", others))
    return found


def _has(squeezed: str, wanted: str) -> bool:
    """Return whether a squeezed text has an identifier that does not go on with another digit."""
    at = squeezed.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        longer = wanted[-1].isdigit() and squeezed[end : end + 1].isdigit()
        earlier = wanted[0].isdigit() and at > 0 and squeezed[at - 1].isdigit()
        if not longer and not earlier:
            return True
        at = squeezed.find(wanted, at + 1)
    return False


def _is_known_without_number(text: str, known: list[str], others: list[tuple[int, re.Match[str]]]) -> bool:
    """Return whether the context has the name before a number, and with no number: `COVID` for `COVID-19`."""
    name = squeeze(re.split(r"\d", text, maxsplit=1)[0])
    if len(name) < _LEAST_NAME or not any(name in chunk for chunk in known):
        return False
    return not any(squeeze(match[0]).startswith(name) for _, match in others)


def _all(alignment: Alignment) -> list[tuple[int, re.Match[str]]]:
    return [
        (number, match)
        for number, chunk in enumerate(alignment.context.chunks)
        for match in _IDENTIFIER.finditer(chunk.text)
    ]


def _made(start: int, text: str, group: str, others: list[tuple[int, re.Match[str]]]) -> Finding:
    """Return a finding with the identifier of the context that begins most like it, where there is one of its kind."""
    best, length = None, 0
    for number, match in others:
        same = _same(text.casefold(), match[0].casefold())
        if match.lastgroup == group and same > length:
            best, length = (number, match), same
    message = f"entity: {text}"
    if best is None:
        return Finding("entity", start, start + len(text), f"{message}, not in the context")
    number, match = best
    there = match[0].rstrip(".,;:!?")
    end = match.start() + len(there)
    return Finding("entity", start, start + len(text), f"{message}, context has {there}", number, match.start(), end)


def _same(one: str, other: str) -> int:
    """Return how many characters two texts share at their beginning or at their end."""
    shortest = min(len(one), len(other))
    head = next((at for at in range(shortest) if one[at] != other[at]), shortest)
    tail = next((at for at in range(shortest) if one[-1 - at] != other[-1 - at]), shortest)
    return max(head, tail)
