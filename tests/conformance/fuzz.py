"""Fuzzes what reads a request's bytes, guided by coverage, for as long as one likes.

    pip install atheris
    python -m tests.conformance.fuzz --minutes 60

Not a test: atheris has wheels for some versions of Python on Linux only. It ends with the number of executions, or at the
first input that raises anything but a refusal; that input is written to `crash-*` in the working directory.
"""

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path

import atheris
from google.protobuf import json_format

from tests.otlp.test_json import rename_ids

with atheris.instrument_imports(include=["otel_cert"]):
    from otel_cert.errors import Permanent
    from otel_cert.otlp.columns import Arrival
    from otel_cert.otlp.decode import Received, decode
    from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS, parse
    from otel_cert.receivers._body import gunzip
    from otel_cert.receivers._intake import check

DATA = Path(__file__).parent.parent / "data" / "otlp"
LIMIT = 1 << 20
JSON_BIT, GZIP_BIT = 64, 128
"""The first byte of an input says how the rest is read: these bits, and the signal in the others."""


def one(data: bytes) -> None:
    """Do what the receiver and then the writer do with one body."""
    if not data:
        return
    signal = list(SIGNALS)[data[0] % JSON_BIT % len(SIGNALS)]
    try:
        body = gunzip(data[1:], LIMIT) if data[0] & GZIP_BIT else data[1:]
        checked = check(signal, JSON if data[0] & JSON_BIT else PROTOBUF, body)
    except Permanent:
        return
    request = checked.request
    arrival = Arrival("otlp", 1, request.received_unix_ns, request_hash="")
    rows = decode(signal, [Received(arrival, request.body, request.content_type)])
    if signal != "metrics":  # whose rows are points
        assert rows.num_rows == checked.items


def seeds(folder: Path) -> None:
    """Write a corpus to begin with: recorded requests, in both encodings, and packed."""
    for number, path in enumerate(sorted(DATA.glob("*/chat_a.*.pb"))):
        signal = path.name.split(".")[-2]
        code, body = list(SIGNALS).index(signal), path.read_bytes()
        document = json_format.MessageToDict(parse(signal, PROTOBUF, body), use_integers_for_enums=True)
        (folder / f"{number}.pb").write_bytes(bytes([code]) + body)
        (folder / f"{number}.json").write_bytes(bytes([code | JSON_BIT]) + json.dumps(rename_ids(document)).encode())
        (folder / f"{number}.gz").write_bytes(bytes([code | GZIP_BIT]) + gzip.compress(body))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2)
    with tempfile.TemporaryDirectory() as corpus:
        seeds(Path(corpus))
        seconds = round(parser.parse_args().minutes * 60)
        options = [f"-max_total_time={seconds}", "-print_final_stats=1", f"-max_len={1 << 16}", "-timeout=20", corpus]
        atheris.Setup([sys.argv[0], *options], one)
        atheris.Fuzz()
