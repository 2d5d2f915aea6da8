"""Disks to fill, to lose and to forbid writing to; mounting them needs root."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.serving import eventually

MIB = 1 << 20


def needs_mount() -> None:
    """Skip where nobody may mount; OTEL_CERT_ALL_TOOLS=1 fails there."""
    if os.geteuid() and os.environ.get("OTEL_CERT_ALL_TOOLS") != "1":
        pytest.skip("mounting a disk needs root: run the tests as root to see this one")


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Give an empty disk of `size` bytes."""
    needs_mount()
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def seen_at(source: Path, folder: Path, *, writable: bool = True) -> Iterator[Path]:
    """Show a folder at another place too."""
    needs_mount()
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", source, folder], check=True)
    try:
        if not writable:
            subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(disk: Path, *, leave: int = 0) -> Iterator[None]:
    """Fill a disk but for `leave` bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        eventually(lambda: _allocated(file.fileno(), leave), True)
    try:
        yield
    finally:
        ballast.unlink()


def _allocated(descriptor: int, leave: int) -> bool:
    """Give a file what is free; false when others took of it meanwhile."""
    disk = os.fstatvfs(descriptor)
    try:
        os.posix_fallocate(descriptor, 0, max(disk.f_bavail * disk.f_frsize - leave, 1))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True
