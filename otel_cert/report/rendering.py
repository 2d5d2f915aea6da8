"""A document of a set as files: finished, in its language, in each format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from otel_cert.report.finish import finished
from otel_cert.report.folder import Approved, Folder, write
from otel_cert.report.model import Document
from otel_cert.report.translate import translate

Renderers = Mapping[str, Callable[[Document], bytes]]
"""Format, which is also the file's ending -> what makes the file's content."""
Progress = Callable[[str, int, int], None]


def render(
    folder: Folder,
    document: Document,
    previous: str | None,
    approvals: Sequence[Approved],
    renderers: Renderers,
    language: str,
    progress: Progress = lambda *_: None,
) -> dict[str, str]:
    """Write one document in each format; return the files with their SHA-256."""
    shown = translate(finished(document, previous, approvals), language)
    files = {}
    for done, (ending, made) in enumerate(renderers.items(), 1):
        file = f"{document.name}.{ending}"
        files[file] = write(folder.root / file, made(shown))
        progress(document.name, done, len(renderers))
    return files
