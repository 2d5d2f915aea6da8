"""A document as JSON: everything it says, with a type per block, and a flat list of its statements."""

from __future__ import annotations

import json

from otel_cert.report.model import Document
from otel_cert.report.plain import plain

from ._readable import HIDDEN


def render(document: Document) -> bytes:
    """Return the file's content, UTF-8; what hides in a text is written by its code, and read back as it was."""
    content = json.dumps(plain(document), ensure_ascii=False, indent=1)
    return (HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], content) + "\n").encode()
