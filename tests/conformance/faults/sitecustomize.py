"""Python runs this first in every process of a service under test: `fdatasync` is slow or fails while a file says so."""

import os
import time
from pathlib import Path

SWITCHES = Path(os.environ["FAULTS"])
_fdatasync = os.fdatasync


def fdatasync(descriptor):
    if (SWITCHES / "slow").exists():
        (SWITCHES / "syncing").touch()
        time.sleep(1)
    if (SWITCHES / "broken").exists():
        raise RuntimeError((SWITCHES / "broken").read_text() or "a bug")
    _fdatasync(descriptor)


os.fdatasync = fdatasync
