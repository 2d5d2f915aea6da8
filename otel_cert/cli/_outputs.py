"""Files that a verb is to write, looked at before its work: what took an hour must not be lost to a wrong name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from otel_cert.errors import UsageError


def check_outputs(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Check that files can be written, and that none of them is one that is read; None stands for an option not given.

    Raises UsageError.
    """
    read = [path for path in inputs if path is not None and path.exists()]
    for path in outputs:
        if path is not None:
            try:
                _check(path, read)
            except OSError as error:
                raise UsageError(f"{path} cannot be written: {error.strerror}", hint="name a file elsewhere") from error


def _check(path: Path, read: Iterable[Path]) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} to write {path.name} into", hint="make it first")
    there = path.exists()
    if there and any(path.samefile(one) for one in read):
        raise UsageError(f"{path} is read: what is in it would be lost", hint="write to another file")
    if there and not path.is_file():  # a pipe, or /dev/null: opening it could wait, or tell its reader something
        return
    path.open("ab").close()
    if not there:
        path.unlink()
