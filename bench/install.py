"""Measures what an installation without extras weighs; needs a package index.

python bench/install.py [--format json]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path

import click
from figures import Figures, Goal, machine, show

_ROOT = Path(__file__).resolve().parents[1]
_SIZE = Goal("installed without extras", 450.0, "MB", at_least=False)
_SHOWN = 8
"""The largest packages are told apart."""


@click.command()
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(format_: str) -> None:
    """Install into a new environment, and add up the sizes of all files but those of pip."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        constraints = _ROOT / "constraints.txt"
        pip = (str(Path(place, "bin", "python")), "-m", "pip", "install", "--quiet", "-c", str(constraints))
        subprocess.run([*pip, str(_ROOT)], check=True, stdout=sys.stderr)
        (packages,) = Path(place, "lib").glob("python*/site-packages")
        sizes: Counter[str] = Counter()
        for file in packages.rglob("*"):
            name = file.relative_to(packages).parts[0].partition("-")[0].partition(".")[0]
            if file.is_file() and not file.is_symlink() and name not in ("pip", "setuptools"):
                sizes[name] += file.stat().st_size
        _SIZE.add(figures, sizes.total() / 1e6)
        for name, size in sizes.most_common(_SHOWN):
            figures.add(f"of it {name}", size / 1e6, "MB")
        host = machine(Path(place))
    click.echo(show(host, {"constraints": constraints.name}, figures, format_))


if __name__ == "__main__":
    main()
