"""Which calls are scored: all, or a sample by a seeded plan that can be told and repeated.

A call is in the sample when a digest of the seed and its unit (the conversation, else the trace) lies below its share, so
that the calls of a conversation are in it together. With a minimum, rare services and models get a greater share: the
share with which their calls of the day before would have given so many.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

_BITS = 64

Stratum = tuple[str | None, str | None]
"""(service, model)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A sampling plan."""

    share: float = 1.0
    """Of the calls, 0 to 1."""
    seed: int = 0
    minimum: int = 0
    """Calls a day to expect at least of every service and model."""

    @property
    def text(self) -> str:
        """The plan as a JSON object."""
        said = {"share": self.share, "seed": self.seed, "unit": "conversation, else trace"}
        strata = {"minimum_a_day": self.minimum, "strata": "service, model"} if self._stratified else {}
        return json.dumps(said | strata)

    def share_of(self, yesterday: int) -> float:
        """Return the share of a stratum that had so many calls the day before; a new one is taken whole."""
        if not self._stratified:
            return self.share
        return min(1.0, max(self.share, self.minimum / yesterday)) if yesterday else 1.0

    def takes(self, unit: str, share: float) -> bool:
        """Return whether a unit is in the sample."""
        digest = hashlib.sha256(f"{self.seed}:{unit}".encode()).digest()
        return bool(int.from_bytes(digest[: _BITS // 8], "big") < share * 2.0**_BITS)

    @property
    def _stratified(self) -> bool:
        return self.minimum > 0 and self.share < 1


def unit(call: Mapping[str, Any]) -> str:
    """Return what is sampled as one."""
    return str(call["conversation_id"] or call["trace_id"])


def stratum(call: Mapping[str, Any]) -> Stratum:
    """Return the stratum of a call."""
    return call["service_name"], call["response_model"] or call["request_model"]


Counts = Mapping[tuple[date, Stratum], int]
"""Calls by day of reception and stratum."""
