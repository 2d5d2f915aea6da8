"""What a process is about to do, written down so that its successor knows what it died over.

A crash leaves no exception: a signal in native code, a kill for want of memory, by hand, or for standing still. The next
process takes what its predecessor died over in ever smaller portions, until one item alone killed three processes in a
row; that one is set aside. Kills from outside do not hit the same single item three times. When item after item is set
aside and none succeeds, the fault is not in them: then nothing more is set aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from otel_cert.store.files import read_json, write_json
from otel_cert.store.query import OUT_OF_MEMORY

log = structlog.get_logger(__name__)

CRASHES = 3
"""So many deaths over one item alone, and it is set aside."""
HOPELESS = 8
"""So many items were set aside and none succeeded: the fault is not in the items."""
_PARTS = 16
"""A portion that killed a process is cut into so many."""


class Attempts:
    """The attempts of one kind of work, of which there is one at a time; `path` outlives the process."""

    def __init__(self, path: Path) -> None:
        """Read what the predecessor died over, if it did."""
        self._path = path
        left = read_json(path) or {"work": None, "size": 0, "crashes": 0, "set_aside": 0}
        self.suspects: Any = left["work"]
        """The work that has to be done in portions of `portion`; None when there is no suspicion."""
        self.portion = -(-left["size"] // _PARTS)
        self._set_aside: int = left["set_aside"]
        self._crashes: int = left["crashes"] + 1 if left["size"] == 1 else 0
        if self.suspects is not None:
            log.warning("the last process died over this work", work=path.stem, items=left["size"], alone=self._crashes)

    @contextmanager
    def attempt(self, work: Any, size: int) -> Iterator[None]:
        """Do some work (JSON, of `size` items) in the block.

        An error ends the attempt, because it says what is wrong; want of memory does not: it is as bad as a crash.
        """
        crashes = self._crashes if work == self.suspects else 0
        self._write(work, size, crashes)
        try:
            yield
        except OUT_OF_MEMORY:
            raise
        except Exception:
            self._path.unlink()
            raise
        self._path.unlink()
        self._set_aside = 0
        if work == self.suspects:
            self.acquit()

    def guilty(self, work: Any) -> bool:
        """Return whether this work is one item that has to be set aside."""
        if self._crashes < CRASHES or work != self.suspects:
            return False
        if self._set_aside >= HOPELESS:
            log.error("everything kills this process, so nothing more is set aside", work=self._path.stem)
            return False
        return True

    def set_aside(self) -> None:
        """Note that the guilty item was set aside."""
        self._set_aside += 1
        self._write(None, 0, 0)
        self.acquit()

    def acquit(self) -> None:
        """End the suspicion: what the predecessor died over is done."""
        self.suspects, self._crashes = None, 0

    def _write(self, work: Any, size: int, crashes: int) -> None:
        write_json(self._path, {"work": work, "size": size, "crashes": crashes, "set_aside": self._set_aside})
