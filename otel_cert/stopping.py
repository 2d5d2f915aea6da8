"""Being told to stop by a signal."""

from __future__ import annotations

import signal
import time


class Stop:
    """Set by the first of some signals.

    No `threading.Event`: a handler runs in the main thread, wherever that stands, so setting the event waits for ever when
    the main thread holds the event's lock, inside `wait`.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        """Handle `signals` from now on; only the main thread may."""
        self._told = False
        for each in signals:
            signal.signal(each, self._tell)

    def wait(self, seconds: float) -> bool:
        """Return whether it was told to stop, at once or after so many seconds."""
        if not self._told:
            time.sleep(seconds)
        return self._told

    def _tell(self, *_: object) -> None:
        self._told = True
