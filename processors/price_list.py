"""The installed price list as the advice on savings asks for it (`otel_cert.costs.optimize.Prices`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import cast

from genai_prices.data import providers
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice

from otel_cert.costs.optimize import Listed, Rates

from .cost import _boxes


class InstalledPrices:
    """The models of the installed genai-prices, in USD; nothing is fetched."""

    def listed(self, price_id: str, *, processing: str | None = None) -> Listed | None:
        """Return the model of that id, or None; with `processing` only if it has a price of its own for that."""
        model = self._models.get(price_id)
        if model is None:
            return None
        priced = model if processing is None else _Processed.of(model, processing)
        rates = [Rates(**box.columns()) for box in _boxes(cast("ModelInfo", priced))] if priced else []  # type: ignore[arg-type]
        return Listed(price_id, "USD", model.context_window, rates) if rates else None

    def ids(self, seller: str) -> Sequence[str]:
        """Return the ids of the models of a seller that are not being retired."""
        return [name for name, model in self._models.items() if name.startswith(f"{seller}/") and not model.deprecated]

    @cached_property
    def _models(self) -> dict[str, ModelInfo]:
        return {f"{provider.id}/{model.id}": model for provider in providers for model in provider.models}


@dataclass(frozen=True)
class _Processed:
    """A model at the price of a way of processing."""

    model: ModelInfo
    context: dict[str, str]

    @classmethod
    def of(cls, model: ModelInfo, processing: str) -> _Processed | None:
        context = {"processing": processing}
        return cls(model, context) if any(v.when == context for v in model.price_variants or ()) else None

    @property
    def prices(self) -> list[ConditionalPrice]:
        """The standard prices and those of the variants: only when they hold matters here."""
        standard = self.model.prices
        given = [ConditionalPrice(prices=standard)] if isinstance(standard, ModelPrice) else standard
        return [*given, *(ConditionalPrice(v.constraint, prices=v.prices) for v in self.model.price_variants or ())]

    def get_prices(self, moment: datetime) -> ModelPrice:
        return self.model.get_prices(moment, self.context)
