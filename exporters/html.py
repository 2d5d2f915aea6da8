"""A document as one self-contained HTML file: styles and charts inline, no script, no request to anywhere."""

from __future__ import annotations

import re
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from otel_cert.report.model import Chart, Document

from . import _vega


def render(document: Document) -> bytes:
    """Return the file's content, UTF-8."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(kind=lambda block: type(block).__name__, slug=_slug, drawing=_drawing)
    template = environment.from_string(_resource("html.html.j2"))
    return template.render(document=document, css=Markup(_resource("html.css")), missing=_vega.MISSING).encode()  # noqa: S704


def _drawing(chart: Chart) -> Markup | None:
    """Return the chart as inline SVG that fits the page width; vl-convert escapes the texts in it."""
    svg = _vega.svg(chart.spec)
    if svg is None:
        return None
    # The figure around it carries the description; a width in pixels would not shrink on a narrow screen.
    return Markup(re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r'<svg aria-hidden="true" \1', svg, count=1))  # noqa: S704


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
