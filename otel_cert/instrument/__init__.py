"""For applications: record the calls that they make to models, and send them to a receiver.

    otel_cert.instrument(endpoint=None, capture_content=None, service_name=None, resource=None)
                       turns on the instrumentation of every installed and supported library: `setup.py`
    @otel_cert.trace   records any function: `decorator.py`

The name is both: the package, and the function `instrument` that calling it calls.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from otel_cert.instrument.decorator import trace
from otel_cert.instrument.rules import Call
from otel_cert.instrument.setup import Report, instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.util.types import AttributeValue

__all__ = ["Call", "Report", "instrument", "trace"]


class _Callable(ModuleType):
    def __call__(
        self,
        endpoint: str | None = None,
        capture_content: bool | None = None,
        service_name: str | None = None,
        resource: Mapping[str, AttributeValue] | Resource | None = None,
    ) -> Report:
        return instrument(endpoint, capture_content, service_name, resource)


# A submodule and a function of the same name cannot both be `otel_cert.instrument`: importing the one hides the other.
sys.modules[__name__].__class__ = _Callable
