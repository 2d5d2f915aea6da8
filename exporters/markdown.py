"""A document as Markdown (CommonMark with GitHub's tables) for review in git: a statement a line, so that a change is one.

What people and traces say is text: nothing in it becomes a link, an image, HTML, a heading or a table. Only a name between
backticks is code, in the texts that hold such names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from otel_cert.report.model import Block, Box, Chart, Document, Figures, Gap, NotApplicable, Paragraph, Statement, Table
from otel_cert.report.words import Words, words

from . import _code, _phrases
from ._gathered import gathered
from ._readable import readable

_ALWAYS = re.compile(r"[\\`*\[\]<|~$@]|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w+;)")
"""Characters that mean something wherever they stand; an underscore inside a word does not."""
_LINK = re.compile(r"\b(?:(https?|ftp)(?=://)|(www)(?=\.))", re.IGNORECASE)
_AT_START = re.compile(r"(\d*)([-+=#>]|(?<=\d)[.)])")


def render(document: Document) -> bytes:
    """Return the file's content, UTF-8."""
    known = words(document.language)
    shown = gathered(readable(document), known)
    parts = [*_front(shown, known)]
    for section, level in _phrases.leveled(shown):
        parts.append(f"{'#' * (level + 1)} {_line(_phrases.heading(section))}")
        if section.citation:
            parts.append(f"*{_line(section.citation)}*")
        for block in section.blocks:
            parts += _block(block, known)
    parts += ["---", _line(_phrases.footer(shown, known))]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _front(document: Document, known: Words) -> Iterator[str]:
    yield f"# {_line(document.title)}"
    yield f"**{known['DRAFT']}**" if document.draft else ""
    yield _line(document.subtitle)
    for warning in document.warnings:
        yield f"> **{_phrases.introduced(known['Warning'], known)}** {_line(warning)}"
    yield "\n".join(
        f"- {_phrases.introduced(_line(label), known)} {_line(value)}"
        for label, value in _phrases.front(document, known)
    )
    yield f"> {_line(document.notice)}" if document.notice else ""


def _block(block: Block, known: Words) -> Iterator[str]:
    match block:
        case Paragraph():
            yield _lines(block.text, form=_running)
        case Figures():
            yield _table(_phrases.table_of(block, known))
            yield _running(_phrases.windows(block, known))
        case Table():
            yield f"**{_line(block.caption)}**"
            yield _table(block)
            yield " ".join(_running(line) for line in _phrases.below(block, known) if line)
        case Chart():
            yield f"**{_line(block.caption)}**"
            yield _lines(block.alt)
            yield _running(_phrases.sourced(block.source, known))
        case _:
            yield _said(block, known)


def _said(block: Statement | Box | Gap | NotApplicable, known: Words) -> str:
    match block:
        case Statement():
            first = f"- **{_line(_phrases.lead(block, known))}** {_lines(block.text, '  ')}".rstrip()
            asked = known[_phrases.OPEN] if _phrases.is_open(block) else ""
            return "\n".join([first, *(f"  - {line}" for line in (asked, _line(_phrases.known(block, known))) if line)])
        case Box():
            head = f"> **{_phrases.required(block, known)}** **{_line(_phrases.label(block))}**"
            rows = _phrases.help_of(block, known)
            lines = (f"> - {label} {_lines(text, '>   ', _running)}" for label, text in rows)
            return "\n".join([head, ">", *lines, f"> - {_line(_phrases.task(block, known))}"])
        case Gap():
            return _absent(known["[NOT MEASURED]"], block.what, block.why, block.id, known)
        case NotApplicable():
            who = _phrases.excused(block, known)
            return _absent(known["[NOT APPLICABLE]"], _phrases.label(block), block.because, who, known)


def _absent(mark: str, label: str, text: str, below: str, known: Words) -> str:
    after = f"\\\n> ({_line(below)})" if below else ""
    return f"> **{mark}** **{_phrases.introduced(_line(label), known)}** {_lines(text, '> ', _running)}{after}"


def _table(table: Table) -> str:
    rules = ("---:" if column.align == "right" else "---" for column in table.columns)
    rows = [[_line(column.header) for column in table.columns], list(rules)]
    rows += [[_cell(table, cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _line(text: str) -> str:
    """Return a text as one line that shows exactly its characters."""
    return _escaped(" ".join(text.split()))


def _running(text: str) -> str:
    """Return a text as one line in which a name between backticks is code."""
    return _marked_up(_code.runs(" ".join(text.split())))


def _cell(table: Table, text: str) -> str:
    """Return a table's cell; a bar would end it, in code too."""
    runs = _code.cell_runs(table, " ".join(text.split()))
    return _marked_up((part.replace("|", "\\|") if is_code else part, is_code) for part, is_code in runs)


def _marked_up(runs: Iterable[_code.Run]) -> str:
    return "".join(f"`{part}`" if is_code else _escaped(part) for part, is_code in runs)


def _lines(text: str, indent: str = "", form: Callable[[str], str] = _line) -> str:
    """Return a text with its line ends kept; `indent` stands before each line but the first."""
    lines = (form(line) for line in text.split("\n") if line.strip())
    return f"\\\n{indent}".join(
        _AT_START.sub(r"\1\\\2", line, count=1) if _AT_START.match(line) else line for line in lines
    )


def _escaped(text: str) -> str:
    shown = _ALWAYS.sub(r"\\\g<0>", text)
    return _LINK.sub(lambda found: f"{found[0]}\\", shown)
