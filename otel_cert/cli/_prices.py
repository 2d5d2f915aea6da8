"""The price lists that a command asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from otel_cert.processors.price_lists import PriceLists


def price_lists(config: Path | None) -> PriceLists:
    """Return the lists that the analysis prices calls with, by the configuration."""
    from otel_cert.config import type_of
    from otel_cert.config.loader import load
    from otel_cert.processors.cost import CostSettings
    from otel_cert.processors.price_lists import PriceLists

    checked = load(config)
    ids = [id_ for id_ in checked.service.pipelines.analysis.processors if type_of(id_) == "cost"]
    settings = cast("CostSettings", checked.processors[ids[0]]) if ids else CostSettings()
    return PriceLists(book=settings.price_book, listed=settings.price_list)
