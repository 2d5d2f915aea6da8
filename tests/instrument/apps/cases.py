"""What every application of these tests does: run cases, each in a span of its name, and print what they returned."""

import asyncio
import contextvars
import inspect
import json
import os
import sys
import time
import urllib.request
from pathlib import Path

from opentelemetry import trace

sys.path.insert(0, str(Path(__file__).parents[3]))  # for `tests.providers`

from tests.providers.gates import PATIENCE_S

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


class Gate:
    """Shows that a stream comes while it is made: its second part is sent only after `passed`, called with the first."""

    _made = 0

    def __init__(self):
        Gate._made += 1
        self.name = f"{os.getpid()}-{Gate._made}"
        self.question = f"What is Oslo? (gate {self.name})"
        self._started = time.monotonic()
        self._open = False

    def passed(self):
        """Open the gate; has an effect once."""
        if not self._open:
            self._open = True
            urllib.request.urlopen(f"{os.environ['PROVIDERS']}/gate/{self.name}").close()

    def in_time(self):
        """Return whether the gate was opened before it opened by itself."""
        return self._open and time.monotonic() - self._started < PATIENCE_S
