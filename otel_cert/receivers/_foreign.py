"""Histories of other tools: which formats are known, and the OTLP requests that their documents become."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from otel_cert.errors import Malformed
from otel_cert.receivers import _cert_json, _langfuse
from otel_cert.receivers._draft import Draft, request

FORMATS: Mapping[str, Callable[[Mapping[str, Any], bytes], list[Draft] | None]] = {
    "CERT": _cert_json.drafts,
    "Langfuse": _langfuse.drafts,
}
"""Name -> what makes spans of a record; given a key for ids, it returns None when the record is no such."""

_MOST_SPANS, _MOST_BYTES = 512, 4 << 20
"""A request of the spans of one document has no more, so that a large document becomes many."""
_SPELLED = re.compile(r"\\\\u[dD][89a-fA-F]")
"""What a lone surrogate looks like in JSON once it is spelled out."""

Converted = tuple[str, bytes | Malformed]
"""(where in the document, a trace request or why there is none)."""


class Converter:
    """Makes requests of the documents of one file.

    A record without ids gets ones made of its content, and of how often the file had it before: wherever the file lies,
    and however often it is read, its spans have the same ids, and so are stored once.
    """

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def requests(self, document: Any, *, spelled: bool = False) -> Iterator[Converted] | None:
        """Return what a document becomes; None when nothing in it is of a known format.

        `spelled`: it had lone surrogates, which are spelled out now.
        """
        found = [(place, self._drafts(item, spelled=spelled)) for place, item in _items(document)]
        return None if all(drafts is None for _, drafts in found) else _batched(found)

    def _drafts(self, record: Any, *, spelled: bool) -> list[Draft] | Malformed | None:
        if not isinstance(record, dict):
            return None
        try:
            content = json.dumps(record, sort_keys=True)
            key = hashlib.sha256(content.encode()).digest()
            for drafts in FORMATS.values():
                if (made := drafts(record, self._nth(key))) is None:
                    continue
                self._seen[key[:8]] += 1
                for draft in made:
                    if spelled and _SPELLED.search(content):
                        draft.flag("lone surrogates")
                    draft.done()
                return made
        except RecursionError:
            return Malformed("the record is nested too deeply")
        return None

    def _nth(self, key: bytes) -> bytes:
        earlier = self._seen[key[:8]]
        return hashlib.sha256(key + b"%d" % earlier).digest() if earlier else key


def _items(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield (place, record): those of an array, of an answer's `data`, or the document itself."""
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        document, prefix = document["data"], ".data"
    else:
        prefix = ""
    if not isinstance(document, list):
        yield "", document
        return
    for number, item in enumerate(document):
        yield f"{prefix}[{number}]", item


def _batched(found: list[tuple[str, list[Draft] | Malformed | None]]) -> Iterator[Converted]:
    waiting: list[Draft] = []
    size, first = 0, ""
    for place, drafts in found:
        if drafts is None or isinstance(drafts, Malformed):
            yield place, drafts or Malformed(f"no record of {' or '.join(FORMATS)}")
            continue
        first = first if waiting else place
        waiting += drafts
        size += sum(draft.span.ByteSize() for draft in drafts)
        if len(waiting) >= _MOST_SPANS or size >= _MOST_BYTES:
            yield first, request(waiting)
            waiting, size = [], 0
    if waiting:
        yield first, request(waiting)
