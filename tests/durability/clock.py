"""The wall clock of a process under test, which can be set while it runs; see clock.c."""

import struct
import subprocess
from pathlib import Path


class Clock:
    """Processes started with `environment` see the wall clock `set` ahead or back."""

    def __init__(self, folder: Path) -> None:
        self._file, library = folder / "clock", folder / "clock.so"
        source = Path(__file__).with_name("clock.c")
        command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source]
        subprocess.run(command, check=True, timeout=300)
        self.environment = {"LD_PRELOAD": str(library), "FAKE_CLOCK": str(self._file)}
        self.set(0)

    def set(self, ahead_s: int) -> None:
        """Show this many seconds more than the machine's clock."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", ahead_s * 10**9))
