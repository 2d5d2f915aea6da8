"""The tokens of an answer on a terminal: coloured by surprisal where there is colour, and marked where there is none."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from otel_cert.report import heat

_STYLES = ("", "black on #fff3b0", "black on #ffb347", "white on #c1121f")
_UNKNOWN = "reverse dim"


def show(found: Sequence[heat.Cell]) -> None:
    """Print the text and what its colours or marks mean."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, soft_wrap=False)
    if console.color_system is None or console.no_color:
        for line, marks in heat.marked(found, max(console.width, 1)):
            sys.stdout.write(f"{line}\n{marks}\n" if marks else f"{line}\n")
        sys.stdout.write(f"\n{heat.legend()}\n")
        return
    shown = Text()
    for cell in found:
        shown.append(cell.text, _UNKNOWN if cell.level is None else _STYLES[cell.level])
    console.print(shown)
    key = Text("\n")
    for style, limit in zip(_STYLES[1:], heat.LIMITS, strict=True):
        key.append(f" p < {limit:g} ", style).append("  ")
    console.print(key.append(" unknown ", _UNKNOWN))
