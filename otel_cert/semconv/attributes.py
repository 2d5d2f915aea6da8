"""Attributes as they are stored: the names and texts of all rows one after another, and a type code for each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otel_cert.semconv.anyvalue import plain

ATTRIBUTES_SQL = "map_keys({0}attributes) AS keys, map_values({0}attributes) AS texts, {0}attribute_types AS types"
"""The columns that `Stored` reads; DuckDB gives no Arrow map when a key is repeated, which senders may do."""


class Attributes(Mapping[str, Any]):
    """The attributes of one span, event or log record; each becomes a plain value when it is asked for."""

    __slots__ = ("_codes", "_places", "_texts")

    def __init__(self, places: Mapping[str, int], codes: str, texts: Sequence[Any]) -> None:
        self._places = places
        self._codes = codes
        self._texts = texts

    def __getitem__(self, name: str) -> Any:
        place = self._places[name]
        return plain(self._codes[place : place + 1], self._texts[place])

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of an attribute; `default` where it is not there."""
        place = self._places.get(name)
        return default if place is None else plain(self._codes[place : place + 1], self._texts[place])

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Stored:
    """The attributes of many rows, of the columns `keys`, `texts` and `types`."""

    def __init__(self, rows: pa.Table) -> None:
        coded = pc.list_flatten(rows["keys"]).dictionary_encode().combine_chunks()
        lengths = pc.list_value_length(rows["keys"]).fill_null(0).to_numpy()
        self._names: list[str] = coded.dictionary.to_pylist()
        self._numbers = coded.indices.to_numpy().astype(np.int32)
        self._begins: list[int] = [0, *np.cumsum(lengths).tolist()]
        self._texts = rows["texts"]
        self.codes: list[str] = rows["types"].fill_null("").to_pylist()
        """The type codes of each row, a letter for each attribute."""
        self._places: dict[bytes, dict[str, int]] = {}

    def __iter__(self) -> Iterator[Attributes]:
        """Yield the attributes of each row."""
        texts = pc.list_flatten(self._texts).to_pylist()
        rows = zip(self.shapes(), self.codes, pairwise(self._begins), strict=True)
        return (Attributes(self.places(shape), codes, texts[a:b]) for shape, codes, (a, b) in rows)

    def shapes(self) -> Iterator[bytes]:
        """Yield what is equal for rows that have the same names in the same order."""
        packed, width = self._numbers.tobytes(), self._numbers.itemsize
        return (packed[width * a : width * b] for a, b in pairwise(self._begins))

    def places(self, shape: bytes) -> Mapping[str, int]:
        """Return the names of a shape, and where each is among the attributes of a row."""
        found = self._places.get(shape)
        if found is None:
            found = self._places[shape] = {}
            for place, number in enumerate(np.frombuffer(shape, self._numbers.dtype).tolist()):
                found.setdefault(self._names[number], place)  # the first of a repeated name counts, as in SQL
        return found

    def texts(self, groups: Collection[Sequence[int]]) -> Iterator[list[Any]]:
        """Yield the texts of all attributes of each group of rows, one row after another.

        Texts that are made, used and freed together stay in the processor's cache, which takes half the time.
        """
        ordered = pc.list_flatten(self._texts.take(pa.array(chain.from_iterable(groups), pa.int64())))
        begins, begin = self._begins, 0
        for rows in groups:
            count = sum(begins[n + 1] - begins[n] for n in rows)
            yield ordered.slice(begin, count).to_pylist()
            begin += count
