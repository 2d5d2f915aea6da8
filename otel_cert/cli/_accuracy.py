"""Options of the verbs that measure answers, each a decorator; their parameters arrive parsed.

judge_options     judge: otel_cert.evaluation.Judge
map_option        names: dict[str, str], field -> name in the file
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from otel_cert.cli._options import TagType
from otel_cert.errors import UsageError

if TYPE_CHECKING:
    from otel_cert.costs import Scope
    from otel_cert.evaluation.records import Source

_Command = TypeVar("_Command", bound=Callable[..., Any])

FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)
PRESETS = ("general", "financial", "legal", "healthcare")


def method_options(command: _Command) -> _Command:
    """Add `--method` and `--method-option`."""
    return _judged(command, ("method", "method_option"))


def judge_options(command: _Command) -> _Command:
    """Add these, `--threshold`, `--calibration` and `--preset`."""
    return _judged(command, tuple(_OPTIONS))


_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "method": click.option(
        "--method", default="aligned", show_default=True, help="aligned, seed, nli, judge or another package's."
    ),
    "method_option": click.option(
        "--method-option", multiple=True, metavar="KEY=VALUE", help="A setting of the method; repeatable."
    ),
    "threshold": click.option(
        "--threshold", type=click.FloatRange(0, 1), help="Lowest confidence that counts as supported."
    ),
    "calibration": click.option("--calibration", type=FILE, help="Take threshold and model of what `calibrate` wrote."),
    "preset": click.option("--preset", type=click.Choice(PRESETS), help="Take the threshold of a kind of use."),
}


def _judged(command: _Command, names: Sequence[str]) -> _Command:
    @functools.wraps(command)
    def judged(*args: Any, **given: Any) -> Any:
        from otel_cert.evaluation.run import Judge, options
        from otel_cert.measures.accuracy.calibrated import load

        asked: dict[str, Any] = dict.fromkeys(_OPTIONS) | {name: given.pop(name) for name in names}
        calibration = load(asked["calibration"]) if asked["calibration"] else None
        method_settings = options(asked["method_option"])
        judge = Judge(asked["method"], method_settings, asked["threshold"], calibration, asked["preset"])
        return command(*args, judge=judge, **given)

    for name in reversed(names):
        judged = _OPTIONS[name](judged)
    return cast("_Command", judged)


def map_option(command: _Command) -> _Command:
    """Add `--map`."""

    @functools.wraps(command)
    def mapped(*args: Any, **given: Any) -> Any:
        return command(*args, names=dict(given.pop("names")), **given)

    text = "FIELD=NAME: the field answer, context, question, label, id, spans, document or weight is called NAME."
    return cast("_Command", click.option("--map", "names", multiple=True, type=TagType(), help=text)(mapped))


@contextmanager
def answers(
    file: Path | None, names: Mapping[str, str], groups: Sequence[str], scope: Scope, data_dir: Path
) -> Iterator[Source]:
    """Give the answers of a file, or without one those of the stored calls of a scope."""
    if file is not None:
        from otel_cert.evaluation.records import File

        if scope.filters() or scope.until_ns is not None:
            raise UsageError("a file is taken whole", hint="leave out the filters; --since says when it begins")
        yield File(file, names, groups, scope.since_ns)
        return
    from otel_cert.evaluation.stored import StoredCalls
    from otel_cert.store.query import connect

    with connect(data_dir) as con:
        yield StoredCalls(con, scope.params(), groups)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], output_format: str) -> None:
    """Print figures for people: the value, the interval and n stand right."""
    from otel_cert.cli._output import emit

    right = [name in ("Value", "95 % interval", "n", "Answers", "Support rate (proxy)") for name in columns]
    emit(columns, rows, output_format, right=right)
