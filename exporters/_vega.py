"""Vega-Lite to SVG and PNG, offline, by vl-convert; the extra `documents` brings it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MISSING = "Chart not drawn: vl-convert-python is not installed. Install it with: pip install 'otel-cert[documents]'"
"""What a document says in the place of a chart."""

_VERSION = "5.21"


def svg(spec: Mapping[str, Any]) -> str | None:
    """Return the chart as SVG text, or None when vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError:
        return None
    return str(vl_convert.vegalite_to_svg(dict(spec), vl_version=_VERSION, allowed_base_urls=[]))


def png(spec: Mapping[str, Any], scale: float = 3) -> bytes | None:
    """Return the chart as PNG, `scale` device pixels per CSS pixel, or None when vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError:
        return None
    return bytes(vl_convert.vegalite_to_png(dict(spec), vl_version=_VERSION, scale=scale, allowed_base_urls=[]))
