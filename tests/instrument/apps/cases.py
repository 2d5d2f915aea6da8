"""What every application of these tests does: run cases, each in a span of its name, and print what they returned."""

import asyncio
import contextvars
import inspect
import json
import sys
import time
from pathlib import Path

from opentelemetry import trace

sys.path.insert(0, str(Path(__file__).parents[3]))  # for `tests.providers`

_cases = []
_tracer = trace.get_tracer("cases")


def case(function):
    """Register a case: a function whose result can be printed as JSON; what it raises is its result."""
    _cases.append(function)
    return function


def main(close=None):
    """Run the cases, then the coroutine function `close`; write {name: result} to stdout."""
    results = {}
    with asyncio.Runner() as runner:
        for function in _cases:
            with _tracer.start_as_current_span(function.__name__):
                try:
                    result = function()
                    if inspect.iscoroutine(result):
                        result = runner.run(result, context=contextvars.copy_context())
                except Exception as error:
                    result = [type(error).__name__, str(error)]
            results[function.__name__] = result
        if close:
            runner.run(close())
    sys.stdout.write(json.dumps(results))


def spread(times):
    """Whether what was received came in over time, rather than all at once."""
    return times[-1] - times[0] > 0.05


now = time.monotonic
