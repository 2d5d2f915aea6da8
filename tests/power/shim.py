"""Compiling libraries to preload, with the system's compiler."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def compiled(source: Path, folder: Path) -> Path:
    """Return the library made of a C file; skip without a compiler, fail then with OTEL_CERT_ALL_TOOLS=1."""
    if shutil.which("gcc") is None and os.environ.get("OTEL_CERT_ALL_TOOLS") != "1":
        pytest.skip("no C compiler: install gcc to see this test")
    library = folder / f"{source.stem}.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source]
    subprocess.run(command, check=True, timeout=300)
    return library


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that records what is durable."""
    return compiled(Path(__file__).with_name("shim.c"), tmp_path_factory.mktemp("shim"))
