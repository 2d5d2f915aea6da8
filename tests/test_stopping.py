"""A signal stops a loop wherever that stands."""

import subprocess
import sys

STORM = """
import signal, time
from otel_cert.stopping import Stop
stop = Stop(signal.SIGALRM)
assert not stop.wait(0.001)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
deadline = time.monotonic() + 2
while time.monotonic() < deadline:
    stop.wait(0)
signal.setitimer(signal.ITIMER_REAL, 0)
assert stop.wait(60)
"""


def test_signals_at_any_moment_neither_hang_nor_get_lost():
    subprocess.run([sys.executable, "-c", STORM], check=True, timeout=30)
