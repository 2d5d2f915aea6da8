"""Stored attributes: texts of groups of rows."""

import pyarrow as pa

from otel_cert.semconv.attributes import Stored


def _stored(*rows: dict[str, str]) -> Stored:
    return Stored(
        pa.table(
            {
                "keys": pa.array([[*row] for row in rows], pa.list_(pa.string())),
                "texts": pa.array([[*row.values()] for row in rows], pa.list_(pa.string())),
                "types": ["s" * len(row) for row in rows],
            }
        )
    )


def test_texts_of_groups_come_row_by_row_whatever_their_lengths_and_order() -> None:
    stored = _stored({"a": "1", "b": "2"}, {}, {"a": "3"}, {"a": "4", "b": "5"})
    assert list(stored.texts([[3, 0], [1], [2]])) == [["4", "5", "1", "2"], [], ["3"]]


def test_the_first_of_a_repeated_name_counts() -> None:
    keys, texts = pa.array([["a", "b", "a"]]), pa.array([["1", "2", "3"]])
    stored = Stored(pa.table({"keys": keys, "texts": texts, "types": ["sss"]}))
    assert [dict(row) for row in stored] == [{"a": "1", "b": "2"}]
