import subprocess
import sys

import pytest

import otel_cert

HEAVY = {"duckdb", "grpc", "torch", "pyarrow", "deltalake", "pydantic", "click"}


def loaded_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return HEAVY & set(modules)


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import otel_cert; dir(otel_cert)") == set()


def test_importing_the_command_line_loads_click_only():
    assert loaded_after("import otel_cert.cli") == {"click"}


def test_public_names():
    assert otel_cert.__all__ == ["__version__", "connect", "evaluate_traces", "instrument", "measure", "trace"]
    assert set(otel_cert.__all__) <= set(dir(otel_cert))
    assert otel_cert.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        otel_cert.conect  # noqa: B018
