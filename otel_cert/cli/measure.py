"""`otel-cert measure`: whether one answer is supported by its context."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_cert.cli._accuracy import FILE, judge_options
from otel_cert.errors import CheckFailed, NotFound, UsageError

if TYPE_CHECKING:
    from otel_cert.evaluation.run import Judge
    from otel_cert.measures.accuracy.result import Measured


@click.command()
@click.argument("answer", required=False)
@click.option("--answer-file", type=FILE, help="Read the answer from a file; - is standard input.")
@click.option("--context", "contexts", multiple=True, metavar="TEXT", help="What it should rest on; may be repeated.")
@click.option("--context-file", "context_files", multiple=True, type=FILE, help="The same from a file; repeatable.")
@click.option("--question", help="What was asked.")
@judge_options
@click.option("--check", is_flag=True, help="Exit with 3 when the answer is not supported.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(
    answer: str | None,
    answer_file: Path | None,
    contexts: tuple[str, ...],
    context_files: tuple[Path, ...],
    question: str | None,
    judge: Judge,
    check: bool,
    output_format: str,
) -> None:
    """Say whether an answer is supported by its context, and mark the words that are not.

    The confidence is a proxy: what a method finds in the context, not whether the answer is true.

    \b
    Examples:
      otel-cert measure "It costs 20 EUR." --context "The price is 10 EUR a month."
      otel-cert measure --answer-file - --context-file handbook.txt --format json
    """  # noqa: D301 - a real \b keeps the lines apart in the help
    from otel_cert.evaluation.records import clean
    from otel_cert.measures.accuracy.measure import measure

    said = clean(_answer(answer, answer_file))
    chunks = [clean(one) for one in (*contexts, *map(_read, context_files))]
    if not chunks:
        raise UsageError("there is no context to measure against", hint="give --context TEXT or --context-file FILE")
    method, (threshold, source) = judge.made()
    found = measure(said, chunks, question and clean(question), threshold, method=method).model_copy(
        update={"threshold_source": source}
    )
    click.echo(found.model_dump_json(indent=2) if output_format == "json" else "\n".join(_lines(found, said)))
    if check and not found.matched:
        raise CheckFailed(f"confidence {found.confidence:.3f} is below the threshold {found.threshold:g}")


def _answer(answer: str | None, file: Path | None) -> str:
    if (answer is None) == (file is None):
        raise UsageError(
            "one answer is measured", hint="give it as an argument, or with --answer-file FILE (- = stdin)"
        )
    return answer if answer is not None else _read(file or Path("-"))


def _read(path: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None


def _lines(found: Measured, answer: str) -> Iterator[str]:
    from otel_cert.evaluation.shown import CLOSE, OPEN, marked, printable
    from otel_cert.measures.accuracy.marks import marks

    verdict = "supported" if found.matched else "not supported"
    yield f"{verdict}: confidence {found.confidence:.3f}, threshold {found.threshold:g} ({found.threshold_source})"
    parts = {"semantic": found.semantic_score, "grounding": found.grounding_score}
    shown = "".join(f"{name} {value:.3f}, " for name, value in parts.items() if value is not None)
    yield f"{shown}method {found.method}, language {found.language}"
    words = marks(found, found.threshold)
    opening, closing = ("\033[4;31m", "\033[0m") if sys.stdout.isatty() else (OPEN, CLOSE)
    yield ""
    yield marked(answer, [(mark.start, mark.end) for mark in words], opening, closing).rstrip("\n")
    for mark in words:
        yield f"  {mark.start}-{mark.end}  {printable(mark.message)}"
