"""Files of answers: what every format gives, and what becomes of rows that are none."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from otel_cert.errors import NotFound, UsageError
from otel_cert.evaluation import formats
from otel_cert.evaluation.formats import Bad, length
from otel_cert.evaluation.records import File, Row

ROWS = [
    {"id": "a", "answer": "It is red.", "context": ["Red.", "Blue, not red."], "label": 1, "doc": "d1"},
    {"id": "b", "answer": "Zwölf 🎈", "context": "eleven", "question": "How many?", "label": 0, "doc": "d2"},
]
WANTED = [
    ("a", "It is red.", ("Red.", "Blue, not red."), None, True, "d1"),
    ("b", "Zwölf 🎈", ("eleven",), "How many?", False, "d2"),
]


def told(row):
    return row.id, row.answer, row.context, row.question, row.label, row.cluster


def rows_of(path, *content, **options):
    path.write_bytes(b"".join(content))
    return list(File(path, **options))


def test_every_format_gives_the_same_rows(tmp_path):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "a.ndjson").write_text(lines)
    (tmp_path / "a.json").write_text(json.dumps(ROWS))
    (tmp_path / "lines.json").write_text(lines)
    cells = 'id,answer,context,question,label,doc\na,It is red.,"[""Red."", ""Blue, not red.""]",,1,d1\n'
    (tmp_path / "a.csv").write_text(cells + "b,Zwölf 🎈,eleven,How many?,0,d2\n")
    tabs = 'id\tanswer\tcontext\tquestion\tlabel\tdoc\na\tIt is red.\t["Red.", "Blue, not red."]\t\t1\td1\n'
    (tmp_path / "a.tsv").write_text(tabs + "b\tZwölf 🎈\televen\tHow many?\t0\td2\n")
    listed = [
        {"question": None, **row, "context": row["context"] if isinstance(row["context"], list) else [row["context"]]}
        for row in ROWS
    ]
    pq.write_table(pa.Table.from_pylist(listed), tmp_path / "a.parquet")
    found = {path.name: [told(row) for row in File(path)] for path in tmp_path.iterdir()}
    assert found == dict.fromkeys(found, WANTED)
    assert len(found) == 7


def test_a_byte_order_mark_and_windows_lines_change_nothing(tmp_path):
    mark = b"\xef\xbb\xbf"
    [row] = rows_of(tmp_path / "a.jsonl", mark, b'{"id": 1, "answer": "x"}\r\n\r\n')
    assert (row.id, row.answer, row.place) == (1, "x", "line 1")
    [row] = rows_of(tmp_path / "a.csv", mark, b'id,answer\r\n7,"a\r\nb"\r\n')
    assert (row.id, row.answer) == ("7", "a\r\nb")


def test_columns_may_be_called_otherwise(tmp_path):
    content = b'{"key": "x", "output": "yes", "answer": "no", "conversation": 5, "model": "m"}'
    [row] = rows_of(tmp_path / "a.jsonl", content, names={"id": "key", "answer": "output"}, groups=("model", "team"))
    assert (row.id, row.answer, row.cluster, row.groups) == ("x", "yes", "5", {"model": "m", "team": "unknown"})
    with pytest.raises(UsageError, match="no field 'output'"):
        File(tmp_path / "a.jsonl", {"output": "answer"})


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\x00\x01\xff\xfe", "not UTF-8"),
        (b"{", "no JSON"),
        (b'{"id": "\x00"}', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"9" * 5000, "no JSON"),
        (b"[1, 2]", "no object"),
        (b"null", "no object"),
        (b'{"answer": 3}', "the answer is 3, not a text"),
        (b'{"answer": ["x"]}', "the answer is a list"),
        (b'{"context": {"a": 1}}', "the context is an object"),
        (b'{"context": ["a", null]}', "the context is a list that holds null, not a text or a list of texts"),
        (b'{"context": [{"text": "a"}]}', "the context is a list that holds an object"),
        (b'{"question": false}', "the question is False"),
        (b'{"label": 2}', "the label is 2; write 1"),
        (b'{"label": "perhaps"}', "the label is 'perhaps'"),
        (b'{"label": [1]}', "the label is a list"),
        (b'{"label": NaN}', "the label is nan"),
        (b'{"id": 1.5}', "the id is 1.5"),
        (b'{"id": {}}', "the id is an object"),
        (rb'{"id": "\udcff"}', "half a character"),
        (b'{"spans": [[3, 1]]}', "a span is not"),
        (b'{"spans": "no"}', "no JSON list"),
        (b'{"weight": 0}', "the weight is 0"),
        (b'{"weight": "x"}', "the weight is 'x'"),
        (b'{"doc": [1]}', "the document is a list"),
        (b'{"id": "first", "answer": "again"}', "the id 'first' was there before"),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_there(tmp_path, line, why):
    first, bad, last = rows_of(tmp_path / "a.jsonl", b'{"id": "first"}\n', line, b'\n{"id": "last"}')
    assert (first.id, last.id, last.place) == ("first", "last", "line 3")
    assert isinstance(bad, Bad)
    assert bad.place == "line 2"
    assert why in bad.why


def test_a_line_beyond_the_limit_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "LONGEST", 2**20)
    long = b'{"answer": "' + b"x" * 3 * 2**20 + b'"}\n'
    first, bad, last = rows_of(tmp_path / "a.jsonl", b'{"id": 1}\n', long, b'{"id": 3}\n')
    assert (first.id, last.id, bad) == (1, 3, Bad("line 2", "it is longer than 1 MiB"))


def test_text_keeps_every_character_but_half_of_one(tmp_path):
    [row] = rows_of(tmp_path / "a.jsonl", rb'{"answer": "a\u0000\ud800b\ud83d\ude00\u202e"}')
    assert row.answer == "a\0\ufffdb😀\u202e"
    assert row.id == 1


def test_bad_cells(tmp_path):
    content = b'id,answer\n1,a,b\n2\n3,\xff\n4,"c\n'
    first, second, third, fourth = rows_of(tmp_path / "a.csv", content)
    assert (first.why, third.why) == ("it has more cells than there are columns", "it is not UTF-8")
    assert (second.id, second.answer) == ("2", None)
    assert (fourth.id, fourth.answer, fourth.place) == ("4", "c\n", "line 5")


def test_labels_of_a_column_with_gaps_are_labels(tmp_path):
    rows = rows_of(tmp_path / "a.csv", b"answer,label\nx,1.0\ny,\nz,0.0\n")
    assert [row.label for row in rows] == [True, None, False]


@pytest.mark.parametrize(
    ("cell", "context"),
    [
        ('"[]"', ()),
        ('" [ ]"', ()),
        ('"[ ""a"",\n ""b"" ]"', ("a", "b")),
        ('"[a] is a letter"', ("[a] is a letter",)),
        ('"[""a"", 1]"', ('["a", 1]',)),
        ('"[1]"', ("[1]",)),
    ],
)
def test_a_cell_is_a_list_when_it_reads_as_one_of_texts(tmp_path, cell, context):
    [row] = rows_of(tmp_path / "a.csv", f"answer,context\nx,{cell}\n".encode())
    assert row.context == context


def test_a_field_of_another_name_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("id;answer;context\n1;Red.;Red.\n")
    file = File(tmp_path / "a.csv")
    assert file.nameless is None, "nothing was read yet"
    assert len(list(file)) == 1
    assert file.nameless == f"no row of {tmp_path / 'a.csv'} has a field 'answer'; it has: 'id;answer;context'"
    file = File(tmp_path / "a.csv", {"answer": "id;answer;context"})
    assert (len(list(file)), file.nameless) == (1, None)


def test_a_list_has_bad_items_too(tmp_path):
    first, second = rows_of(tmp_path / "a.json", b'[1, {"answer": "x"}]')
    assert first == Bad("item 1", "it is no object")
    assert (second.id, second.place) == (2, "item 2")


def test_what_is_no_such_file(tmp_path):
    for name, content in (("a.parquet", b"PAR1 no"), ("a.json", b"[1,"), ("a.txt", b"x")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match=name):
            list(File(tmp_path / name))
    (tmp_path / "a.jsonl.gz").write_bytes(b"x")
    with pytest.raises(UsageError, match="says no format") as packed:
        list(File(tmp_path / "a.jsonl.gz"))
    assert "unpack it first" in (packed.value.hint or "")
    (tmp_path / "a.tsv").write_bytes("id\tanswer\nä\tx\n".encode("utf-16"))
    with pytest.raises(UsageError, match=r"a\.tsv is not UTF-8"):
        list(File(tmp_path / "a.tsv"))
    with pytest.raises(NotFound, match="there is no file"):
        list(File(tmp_path / "none.jsonl"))
    with pytest.raises(NotFound):
        list(File(tmp_path))


def test_an_empty_file_has_no_rows(tmp_path):
    for name in ("a.jsonl", "a.csv", "a.json"):
        assert rows_of(tmp_path / name) == []
        assert length(tmp_path / name) is None


def test_labels_as_people_write_them(tmp_path):
    labels = [1, True, "1", " Supported ", "yes", 0, False, "unsupported", "NO", None, ""]
    content = b"".join(json.dumps({"label": label}).encode() + b"\n" for label in labels)
    found = [row.label for row in rows_of(tmp_path / "a.jsonl", content)]
    assert found == [True] * 5 + [False] * 4 + [None] * 2


def test_spans_of_either_form(tmp_path):
    [row] = rows_of(tmp_path / "a.jsonl", b'{"spans": [[0, 3, "number"], {"start": 4, "end": 5}]}')
    assert isinstance(row, Row)
    assert row.spans == ((0, 3), (4, 5))


def test_about_how_long_it_will_take(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"{}\n{}\n")
    pq.write_table(pa.table({"answer": ["x"] * 3}), tmp_path / "a.parquet")
    assert length(tmp_path / "a.jsonl") == 2
    assert length(tmp_path / "a.parquet") == 3
