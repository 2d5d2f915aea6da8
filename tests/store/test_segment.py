"""The ack log's file format against torn ends and flipped bits."""

import random

import pytest

from otel_cert.store.segment import HEADER_BYTES, Gap, Record, Request, last_sequence, pack, records

MARKER = bytes(range(16))


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
    return list(records(data, MARKER, **options))


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
    places = [*range(HEADER_BYTES), *(chance.randrange(len(SEGMENT)) for _ in range(400))]
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
    path = tmp_path / f"{1:020d}-{MARKER.hex()}.seg"
    path.write_bytes(SEGMENT[:kept])
    assert last_sequence(path) == {0: 0, len(PACKED[0]): 1}.get(kept, 4)
