import subprocess
import sys
import tomllib
from pathlib import Path

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


def test_every_package_is_in_the_wheel_and_every_data_file_is_named():
    root = Path(__file__).parents[1]
    setuptools = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    listed, data = set(setuptools["packages"]), setuptools["package-data"]
    places = setuptools["package-dir"]
    folders = {
        ".".join([name, *file.parent.relative_to(root / place).parts]): file.parent
        for name, place in places.items()
        for file in (root / place).rglob("*.py")
        if name != "otel_cert" or not {"processors", "exporters"} & set(file.relative_to(root / place).parts[:1])
    }
    assert set(folders) == listed
    for name, folder in folders.items():
        named = {path for pattern in data.get(name, ()) for path in folder.glob(pattern)}
        own = {path for path in folder.iterdir() if path.suffix in (".yaml", ".sql", ".typ", ".css")}
        assert own <= named, name
