"""Names of commands, settings and attributes in running text: what stands between backticks is shown as code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otel_cert.report.model import Table

_CODE = re.compile(r"(?<!`)`([^`\s](?:[^`\n]*[^`\s])?)`(?!`)")
Run = tuple[str, bool]
"""A part of a text, and whether it is code."""


def runs(text: str) -> Iterator[Run]:
    """Yield the parts of a text in order; a backtick without its pair, or at another one, is a character as any other."""
    return ((part, bool(index % 2)) for index, part in enumerate(_CODE.split(text)) if part)


def cell_runs(table: Table, cell: str) -> Iterator[Run]:
    """Yield the parts of a table's cell; one that was measured shows what was sent, backticks too."""
    return iter([(cell, False)]) if table.source else runs(cell)
