"""The ack log's file format against torn ends and flipped bits."""

import hashlib
import random
import struct

import google_crc32c
import pytest

from otel_cert.store.segment import Gap, Record, Request, Segment, last_sequence, pack, records
from otel_cert.verify import segments as verified

MARKER = bytes(range(16))
NAMED = Segment(1, MARKER)


def request(body=b"payload", *, signal="traces", subject="", content_type="application/x-protobuf"):
    return Request(signal, content_type, body, 1_700_000_000_000_000_000, subject)


REQUESTS = (
    request(b"first"),
    request(b"", signal="metrics", subject="team ä"),
    request(MARKER + b"not a header" * 3, signal="logs", content_type="application/json"),
    request(b"last one"),
)
PACKED = [b"".join(pack(MARKER, number, r)) for number, r in enumerate(REQUESTS, 1)]
SEGMENT = b"".join(PACKED)


def read(data, **options):
    return list(records(data, NAMED, **options))


def sequences(found):
    return [f.sequence for f in found if isinstance(f, Record)]


def test_what_is_written_is_read():
    found = read(SEGMENT)
    assert [f.request for f in found] == list(REQUESTS)
    assert sequences(found) == [1, 2, 3, 4]
    assert found[-1].end == len(SEGMENT)


def test_offsets_count_from_the_begin_of_the_segment():
    found = read(PACKED[1], offset=len(PACKED[0]))
    assert found[0].end == len(PACKED[0]) + len(PACKED[1])


def test_a_torn_end_is_waited_for_and_in_a_finished_segment_a_gap():
    whole = len(SEGMENT) - len(PACKED[-1])
    for end in range(whole + 1, len(SEGMENT)):
        assert sequences(read(SEGMENT[:end])) == [1, 2, 3]
        assert read(SEGMENT[:end], final=True)[3:] == [Gap(whole, end, "torn")]


def test_a_record_after_an_interrupted_one_is_found_wherever_that_one_ends():
    for end in range(1, len(PACKED[0])):
        found = read(PACKED[0][:end] + PACKED[1] + PACKED[3])
        assert found[0] == Gap(0, end, "damaged")
        assert sequences(found) == [2, 4]


def test_one_flipped_bit_costs_at_most_its_own_record():
    chance = random.Random(7)
    places = [*range(NAMED.header_bytes), *(chance.randrange(len(SEGMENT)) for _ in range(400))]
    for place in places:
        data = bytearray(SEGMENT)
        data[place] ^= 1 << chance.randrange(8)
        hit = next(n for n in range(1, 5) if place < sum(map(len, PACKED[:n])))
        found = read(bytes(data), final=True)
        assert sequences(found) == [n for n in (1, 2, 3, 4) if n != hit]
        (gap,) = (f for f in found if isinstance(f, Gap))
        assert (gap.start, gap.end) == (sum(map(len, PACKED[: hit - 1])), sum(map(len, PACKED[:hit])))


def test_a_flipped_bit_never_changes_what_is_read():
    for place in range(len(PACKED[0])):
        for bit in range(8):
            data = bytearray(PACKED[0])
            data[place] ^= 1 << bit
            assert sequences(read(bytes(data))) == []


@pytest.mark.parametrize("kept", [0, len(PACKED[0]), len(SEGMENT) - 1, len(SEGMENT)])
def test_the_last_sequence_counts_every_number_that_was_given_out(tmp_path, kept):
    path = tmp_path / NAMED.name
    path.write_bytes(SEGMENT[:kept])
    assert last_sequence(path) == {0: 0, len(PACKED[0]): 1}.get(kept, 4)


def first_version(number, made):
    """Return a record of version 1, which had the SHA-256 of the body in its header."""
    header = MARKER + struct.pack("<IQqBBH", len(made.body), number, made.received_unix_ns, 0, 0, len(made.subject))
    header += hashlib.sha256(made.body).digest()
    payload = made.subject.encode() + made.body
    crcs = [google_crc32c.value(part).to_bytes(4, "little") for part in (header, payload)]
    return header + crcs[0] + payload + crcs[1]


def test_segments_of_the_first_version_are_read(tmp_path):
    path = tmp_path / f"{1:020d}-{MARKER.hex()}.seg"
    requests = [request(b"first", subject="team"), request(b"second")]
    data = b"".join(first_version(n, r) for n, r in enumerate(requests, 1))
    path.write_bytes(data)
    found = list(records(data + b"torn", Segment.of(path), final=True))
    assert [(r.sequence, r.request) for r in found[:2]] == [(1, requests[0]), (2, requests[1])]
    assert found[2:] == [Gap(len(data), len(data) + 4, "torn")]
    assert last_sequence(path) == 2
    checked = list(verified.Segment(path))
    assert [(r.sequence, r.body, r.end) for r in checked] == [(r.sequence, r.request.body, r.end) for r in found[:2]]
    path.write_bytes(data[:45] + b"!" + data[46:])  # in the SHA-256 of the first
    assert [isinstance(r, verified.Gap) for r in verified.Segment(path)] == [True, False]


def test_a_name_says_what_it_is_made_of(tmp_path):
    assert Segment.of(tmp_path / NAMED.name) == NAMED
    assert Segment.of(tmp_path / f"{7:020d}-{MARKER.hex()}.seg") == Segment(7, MARKER, version=1)
