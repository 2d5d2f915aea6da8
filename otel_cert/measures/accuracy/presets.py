"""Thresholds for kinds of use, each chosen by a calibration on named data."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from otel_cert.errors import UsageError


def preset_threshold(preset: str, method: str) -> tuple[float, str]:
    """Return the threshold of a preset for a method, and where it comes from.

    Raises:
        UsageError: there is no such preset, or it has no threshold for the method.

    """
    known = _presets()
    if preset not in known:
        raise UsageError(f"there is no preset {preset!r}", hint=f"use one of: {', '.join(sorted(known))}")
    thresholds = known[preset]["thresholds"]
    if method not in thresholds:
        raise UsageError(
            f"the preset {preset!r} has no threshold for the method {method!r}",
            hint=f"give a threshold, or use one of: {', '.join(sorted(thresholds))}",
        )
    return float(thresholds[method]), f"preset {preset}: {known[preset]['chosen_on']}"


@cache
def _presets() -> dict[str, Any]:
    text = (resources.files(__package__) / "presets.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
