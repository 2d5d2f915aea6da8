"""The demonstration's data directory: the next run replaces it, but only when a marker says that it is one."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path

from otel_cert.errors import Locked, UsageError
from otel_cert.store.layout import Layout

MARKER = ".otel-cert-demo"


def prepare(data_dir: Path, *, keep: bool) -> None:
    """Make `data_dir` an empty demonstration directory, or with `keep` leave what earlier runs stored.

    Raises UsageError when it holds something else, Locked when an otel-cert process is using it.
    """
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        if not (data_dir / MARKER).is_file():
            raise UsageError(
                f"{data_dir} holds something else than a demonstration",
                hint="name a new directory: otel-cert demo --data-dir DIR",
            )
        _refuse_if_used(data_dir)
        if not keep:
            shutil.rmtree(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data_dir / MARKER).touch()


def _refuse_if_used(data_dir: Path) -> None:
    for lock in Layout(data_dir).lock("any").parent.glob("*.lock"):
        with lock.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Locked(
                    f"{data_dir} is in use (lock {lock.stem})",
                    hint="stop the `otel-cert serve` that uses it, or name another with --data-dir",
                ) from error
