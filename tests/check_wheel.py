"""Builds the wheel through the sdist, installs it in a bare environment, and uses it from another folder.

Run by `make wheel`; not a pytest module, because it makes an environment of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command, show its output when it fails, and return what it printed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, install, check; exits with a message when something does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run(sys.executable, "-m", "build", "--outdir", work / "dist", ROOT, cwd=work)
        (wheel,) = (work / "dist").glob("*.whl")
        venv.create(work / "bare", with_pip=True)
        python = work / "bare" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "--no-compile", wheel, cwd=work)
        command = work / "bare" / "bin" / "otel-cert"
        listed = run(command, "components", "--format", "csv", cwd=work)
        for component in ("otlp", "genai", "cost", "report"):
            if component not in listed:
                sys.exit(f"the wheel offers no component {component!r}:\n{listed}")
        run(command, "init", "config.yaml", cwd=work)
        run(command, "validate", "config.yaml", cwd=work)
        # A body of an empty request: enough to walk through import, store, processors and questions.
        (work / "empty.traces.pb").write_bytes(b"")
        run(command, "import", "empty.traces.pb", "--data-dir", "data", cwd=work)
        counted = run(
            command, "sql", "SELECT count(*) AS n FROM genai_calls", "--data-dir", "data", "--format", "csv", cwd=work
        )
        if counted.split() != ["n", "0"]:
            sys.exit(f"an empty store answered {counted!r}")
        for name in ("processors", "exporters"):
            check = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is not None)"
            run(python, "-c", check, cwd=work)
        print(f"{wheel.name}: installs and works in a bare environment")  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()
