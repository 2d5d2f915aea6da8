"""Advice on savings: which calls could have cost less, by how much, and what to check before changing anything.

One file per kind of saving says what to ask of the calls and what to say of the answer; `disjoint.py` ranks them and takes
off what savings above have saved already; `advise.py` puts it together.
"""

from __future__ import annotations

from otel_cert.costs.optimize.advise import optimize
from otel_cert.costs.optimize.lists import ListedPrices
from otel_cert.costs.optimize.model import Advice, Saving
from otel_cert.costs.optimize.prices import Listed, Prices, Rates
from otel_cert.costs.optimize.study import Options

__all__ = ["Advice", "Listed", "ListedPrices", "Options", "Prices", "Rates", "Saving", "optimize"]
