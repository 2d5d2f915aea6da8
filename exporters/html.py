"""A document as one self-contained HTML file: styles and charts inline, no script, no request to anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from otel_cert.report.model import Block, Chart, Document
from otel_cert.report.words import words

from . import _code, _phrases, _vega, _wide
from ._gathered import gathered
from ._readable import readable


@dataclass(frozen=True)
class _Part:
    """A section as the page shows it, and as its contents list it."""

    id: str
    heading: str
    level: int
    citation: str
    blocks: Sequence[Block]
    inner: list[_Part] = field(default_factory=list)
    """Parts of the next level below this one."""


def render(document: Document) -> bytes:
    """Return the file's content, UTF-8."""
    known = words(document.language)
    shown = gathered(readable(document), known)
    parts = _parts(shown)
    content = _template(document.language).render(
        document=shown,
        words=known,
        phrases=_phrases,
        front=_phrases.front(shown, known),
        parts=parts,
        entries=_contents(parts),
        css=Markup(_resource("html.css")),  # noqa: S704 - a file of ours
        missing=_vega.MISSING,
    )
    return content.encode()


@cache
def _template(language: str) -> Template:
    """Return the template in a language, compiled once for all documents of a set."""
    known = words(language)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        kind=lambda block: type(block).__name__,
        drawing=_drawing,
        running=lambda text: _marked_up(_code.runs(text)),
        cell=lambda table, cell: _marked_up(_code.cell_runs(table, cell)),
        blank=_wide.is_blank,
        small=_wide.is_small,
        shares=_wide.shares,
        together=_wide.stays_together,
        parted=lambda table: _wide.parts(table, known),
    )
    return environment.from_string(_resource("html.html.j2"))


def _parts(document: Document) -> list[_Part]:
    made: list[_Part] = []
    taken: set[str] = set()
    for section, level in _phrases.leveled(document):
        heading = _phrases.heading(section)
        slug = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
        identifier = slug if slug and slug not in taken else f"{slug}-{len(made) + 1}".strip("-")
        taken.add(identifier)
        made.append(_Part(identifier, heading, level, section.citation, section.blocks))
    return made


def _contents(parts: Sequence[_Part]) -> list[_Part]:
    """Return the parts of the first level, each of the others below the one that it belongs to."""
    top: list[_Part] = []
    above: list[_Part] = []
    for part in parts:
        above = above[: part.level - 1]
        (above[-1].inner if above else top).append(part)
        above.append(part)
    return top


def _marked_up(runs: Iterable[_code.Run]) -> Markup:
    """Return the parts of a text, each escaped."""
    return Markup().join(Markup("<code>{}</code>").format(part) if is_code else part for part, is_code in runs)


def _drawing(chart: Chart, name: str) -> Markup | None:
    """Return the chart as inline SVG that fits the page width; vl-convert escapes the texts in it."""
    svg = _vega.svg(chart.spec)
    if svg is None:
        return None
    width, _ = _vega.size(svg)
    # The figure around it carries the description; a width in pixels would not shrink on a narrow screen.
    start = f'<svg aria-hidden="true" style="max-width: {width:.0f}px" '
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', rf"{start}\1", svg, count=1)
    # Charts name their parts alike, and a name is unique in a page.
    svg = re.sub(r'(\bid="|url\(#)', rf"\g<1>{name}-", svg)
    return Markup(svg)  # noqa: S704 - vl-convert escapes the texts in it


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
