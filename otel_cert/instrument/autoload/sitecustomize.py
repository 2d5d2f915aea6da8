"""Loaded by every Python that starts under `otel-cert run`: turns the instrumentation on before the application starts.

Only this file's folder is on PYTHONPATH, so it must run in any Python, also one where otel-cert is not installed.
"""

import importlib.machinery
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - before the application: as little as can be


def _run_shadowed() -> None:
    """Run the `sitecustomize` that this one hides, and leave `sys.path` as it would be without this one."""
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _HERE]  # noqa: PTH100 - as above
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _instrument() -> None:
    try:
        import otel_cert.auto  # noqa: F401 - for what importing it does
    except Exception as error:
        # Other Pythons that the application starts have no need of it; the application itself has.
        if os.environ.get("OTEL_CERT_RUN_PID") == str(os.getpid()):
            sys.stderr.write("otel-cert: nothing is recorded: {}: {}\n".format(type(error).__name__, error))  # noqa: UP032 - also of older Pythons


try:
    _run_shadowed()
finally:
    _instrument()
