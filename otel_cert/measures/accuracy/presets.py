"""Thresholds for kinds of use, each chosen by a calibration on named data."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import ConfigDict, Field, TypeAdapter

from otel_cert.errors import UsageError
from otel_cert.measures.accuracy.result import Model


class Preset(Model):
    """The threshold of a method for a kind of use."""

    model_config = ConfigDict(extra="forbid")

    threshold: float = Field(ge=0, le=1)
    """Lowest confidence that counts as supported."""
    chosen_on: str
    """The labelled answers that it was chosen on, or that it was not."""
    objective: str | None = None
    """What was made greatest, as in `otel-cert calibrate`; None = it is not calibrated."""
    labels: str | None = None
    """SHA-256 of the file of labels."""


def preset_threshold(preset: str, method: str) -> tuple[float, str]:
    """Return the threshold of a preset for a method, and where it comes from.

    Raises:
        UsageError: there is no such preset, or it has no threshold for the method.

    """
    known = presets()
    if preset not in known:
        raise UsageError(f"there is no preset {preset!r}", hint=f"use one of: {', '.join(sorted(known))}")
    if method not in known[preset]:
        raise UsageError(
            f"the preset {preset!r} has no threshold for the method {method!r}",
            hint=f"give a threshold, or use one of: {', '.join(sorted(known[preset]))}",
        )
    found = known[preset][method]
    aim = f", best {found.objective}" if found.objective else ""
    return found.threshold, f"preset {preset}: {found.chosen_on}{aim}"


@cache
def presets() -> dict[str, dict[str, Preset]]:
    """Return every preset: kind of use -> method -> threshold."""
    text = (resources.files(__package__) / "presets.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, dict[str, Preset]]).validate_python(yaml.safe_load(text))
