"""The gate misses no call that changes the data directory: strace sees the same ones, whoever makes them."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import gate

CHANGING = (
    "openat", "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2",
    "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
)  # fmt: skip
OTHERS = (
    "creat",
    "pwritev",
    "pwritev2",
    "symlink",
    "symlinkat",
    "truncate",
    "fallocate",
    "copy_file_range",
    "sendfile",
)
"""Calls that the gate does not know; nobody makes them."""

_CALL = re.compile(r'\d+ +(\w+)\((?:AT_FDCWD(?:<[^>]*>)?, )?(?:"([^"]*)"|\d+<([^>]*)>)')
"""Thread, name, and the first path, given as text or of a descriptor."""

WORK = """
import sys
from pathlib import Path
from tests.faults import gate
from tests.faults.workload import PHASES, Place
place, phase = Place(Path(sys.argv[1])), PHASES[sys.argv[2]]
phase.before(place)
gate.record(place.data, Path(sys.argv[3]))
phase.work(place)
"""


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("phase", ["seal", "maintain derived"])
def test_strace_sees_no_other_change(tmp_path, phase):
    place, record, trace = tmp_path / "place", tmp_path / "record", tmp_path / "trace"
    place.mkdir()
    strace = ["strace", "-f", "-y", "-s", "4096", "-o", trace, "-e", f"trace={','.join((*CHANGING, *OTHERS))}"]
    preload = ["-E", f"LD_PRELOAD={gate.build(tmp_path)}"]
    command = [*strace, *preload, sys.executable, "-c", WORK, place, phase, record]
    subprocess.run(command, cwd=Path(__file__).parents[2], env=os.environ, check=True, timeout=300)
    recorded = Counter(call for call, _, _ in gate.recorded(record) if call in CHANGING)
    assert recorded == changes(trace.read_text().partition(str(record))[2], place / "data")
    assert recorded["linkat"] + recorded["rename"] > 0


def changes(trace: str, root: Path) -> Counter[str]:
    """Count the calls on paths below `root` that change something."""
    found: Counter[str] = Counter()
    for line in trace.splitlines():
        call = _CALL.match(line)
        if call is None or not (call[2] or call[3]).startswith(str(root)):
            continue
        if call[1] != "openat" or re.search("O_CREAT|O_WRONLY|O_RDWR", line):
            found[call[1]] += 1
    return found
