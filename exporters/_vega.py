"""Vega-Lite to SVG and PNG, offline, by vl-convert; the extra `documents` brings it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

MISSING = "Chart not drawn: vl-convert-python is not installed. Install it with: pip install 'otel-cert[documents]'"
"""What a document says in the place of a chart."""

_VERSION = "5.21"


def svg(spec: Mapping[str, Any]) -> str | None:
    """Return the chart as SVG text, or None when vl-convert is not installed; drawn once for all formats."""
    return _svg(json.dumps(spec)) if find_spec("vl_convert") else None


def png(spec: Mapping[str, Any], scale: float = 3) -> bytes | None:
    """Return the chart as PNG, `scale` device pixels per CSS pixel, or None when vl-convert is not installed."""
    drawn = svg(spec)
    if drawn is None:
        return None
    import vl_convert

    return bytes(vl_convert.svg_to_png(drawn, scale=scale))


@lru_cache(maxsize=128)
def _svg(spec: str) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[]))


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing in CSS pixels."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (600.0, 300.0)
