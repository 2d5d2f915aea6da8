"""Programs that are no Python packages: tests that need one skip without it, and fail where all must be there."""

import os
import shutil

import pytest

ALL_TOOLS = "OTEL_CERT_ALL_TOOLS"


def tool(name: str, package: str) -> str:
    """Return the path of a program, or skip the test; fail if OTEL_CERT_ALL_TOOLS=1."""
    found = shutil.which(name)
    if found is None:
        why = f"{name} is not on PATH; it comes with Debian's package {package}"
        if os.environ.get(ALL_TOOLS) == "1":
            pytest.fail(why)
        pytest.skip(why)
    return found
