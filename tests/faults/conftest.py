import os
import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def tools():
    """Skip without strace and a compiler, or where tracing is not permitted; fail where everything has to run."""
    missing = next((f"{tool} is not installed" for tool in ("strace", "gcc") if shutil.which(tool) is None), None)
    if missing is None and subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], check=False).returncode != 0:
        missing = "strace may not trace here"
    if missing and os.environ.get("OTEL_CERT_ALL_TOOLS"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
