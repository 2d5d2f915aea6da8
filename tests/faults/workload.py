"""What is interrupted: one small deterministic piece of work per phase, done by the functions that `serve` calls."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from otel_cert.config import Config
from otel_cert.config.loader import load
from otel_cert.errors import Backpressure
from otel_cert.otlp.requests import PROTOBUF, parse
from otel_cert.process import analyse_now, seal_now
from otel_cert.registry import Registry
from otel_cert.store import maintain
from otel_cert.store.layout import Layout
from otel_cert.store.log import AckLog, segments
from otel_cert.store.segment import Request
from tests.durability.load import batch

REGISTRY = Registry.installed()
CONFIG = load(None, REGISTRY)
SEGMENT_BYTES = 1000


class Place:
    """A data directory, and beside it what its senders know."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.receipts = folder / "receipts"
        """What was acknowledged, as `otel-cert verify --acknowledged` takes it."""
        self._book = folder / "book"

    @property
    def layout(self) -> Layout:
        """The paths of the data directory."""
        return Layout(self.data)

    def write(self, event: str, signal: str, ids: Sequence[str]) -> None:
        """Note that requests were `sent` or `acknowledged`."""
        with self._book.open("a") as book:
            book.writelines(f"{event}\t{signal}\t{id_}\n" for id_ in ids)

    def book(self, event: str, signal: str) -> set[str]:
        """Return the ids of what was `sent`, `acknowledged` or `damaged`."""
        lines = (line.split("\t") for line in self._book.read_text().splitlines())
        return {id_ for e, s, id_ in lines if (e, s) == (event, signal)}


Body = tuple[str, list[str], bytes]
"""(signal or `bad`, ids, request)."""


def receive(place: Place, *bodies: Body) -> None:
    """Append requests as the receiver does; a sender that hears Backpressure sends once more, and then must be heard."""
    log = AckLog(place.layout, "otlp", segment_bytes=SEGMENT_BYTES, min_free_bytes=0)
    for signal, ids, body in bodies:
        request = Request(signal if signal != "bad" else "traces", PROTOBUF, body, time.time_ns())
        place.write("sent", signal, ids)
        try:
            log.append([request])
        except Backpressure:
            log.append([request])
        place.write("acknowledged", signal, ids)
        with place.receipts.open("a") as receipts:
            receipts.writelines(f"{line}\n" for line in _receipts(signal, body))
    log.close()


def _receipts(signal: str, body: bytes) -> list[str]:
    if signal == "traces":
        spans = parse(signal, PROTOBUF, body).resource_spans[0].scope_spans[0].spans
        return [f"{span.trace_id.hex()} {span.span_id.hex()}" for span in spans]
    return [hashlib.sha256(body).hexdigest()] if signal != "bad" else []


def seal(place: Place, config: Config = CONFIG) -> None:
    """Do what the writer process does."""
    seal_now(place.layout, config, REGISTRY)


def analyse(place: Place, config: Config = CONFIG) -> None:
    """Do what the analysis process does."""
    analyse_now(place.layout, config, REGISTRY, restart=False, progress=lambda *_: None)


def cleaning() -> Config:
    """Delete at once what was superseded or left over."""
    return CONFIG.model_copy(update={"store": CONFIG.store.model_copy(update={"grace_s": 0.0})})


def tidy() -> Config:
    """Compact, checkpoint and clean at every opportunity, in this process."""
    maintain._CHECKPOINT_EVERY = 2
    config = cleaning()
    return config.model_copy(update={"store": config.store.model_copy(update={"hot_files": 2})})


def requests(name: str, *, trace: int = 1) -> list[Body]:
    """Return a request of every signal."""
    id_of = {"traces": f"{name}-s", "logs": f"{name}-l", "metrics": f"{name}-m"}
    made = {signal: [id_, f"{id_}2"] for signal, id_ in id_of.items()}
    return [(signal, ids, batch(signal, ids, trace.to_bytes(16, "big"))) for signal, ids in made.items()]


def conflicting(body: Body) -> Body:
    """Return a request whose spans have the ids of another's and other content."""
    signal, ids, sent = body
    request = parse("traces", PROTOBUF, sent)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.name = "other"
        for attribute in span.attributes:
            if attribute.key == "test.id":
                attribute.value.string_value += "-other"
    return signal, [f"{id_}-other" for id_ in ids], request.SerializeToString()


def bad(name: str) -> Body:
    """Return bytes that are no request; the receivers would refuse them."""
    body = b"\xff" * 10 + name.encode()
    return "bad", [hashlib.sha256(body).hexdigest()], body


def damage(place: Place) -> None:
    """Put bytes that are no record between the records of the oldest segment, and half a record behind the newest."""
    oldest, newest = segments(place.layout.log("otlp"))[0], segments(place.layout.log("otlp"))[-1]
    place.write("damaged", "log records", [f"log/otlp/{oldest.name}"])
    oldest.write_bytes(b"damaged" + oldest.read_bytes())
    newest.write_bytes(newest.read_bytes() + newest.read_bytes()[:40])


def fresh(place: Place) -> None:
    """Make an empty data directory."""
    Layout.create(place.data)


def sealed(place: Place) -> None:
    """Rows in every raw table."""
    fresh(place)
    receive(place, *requests("a"))
    seal(place)


def computed(place: Place) -> None:
    """Rows in every table."""
    sealed(place)
    analyse(place)


def waiting(place: Place) -> None:
    """Requests wait in a log that is damaged in places; one of them cannot become rows."""
    fresh(place)
    receive(place, *requests("a"), bad("a"))
    damage(place)


def waiting_more(place: Place) -> None:
    """Beside stored rows: repeats, conflicts and news wait."""
    fresh(place)
    first = requests("a")
    receive(place, *first)
    seal(place)
    analyse(place)
    receive(place, *first, conflicting(first[0]), *requests("b", trace=2))


def to_recompute(place: Place) -> None:
    """A late span came for a trace that was computed, and a new trace."""
    computed(place)
    receive(place, *requests("late"), *requests("b", trace=2))
    seal(place)


def many_files(place: Place) -> None:
    """Enough small files and commits in every table to be compacted and checkpointed."""
    fresh(place)
    for name in ("a", "b", "c"):
        receive(place, *requests(name, trace=ord(name)))
        seal(place)
        analyse(place)


def take_requests(place: Place) -> None:
    """The receiver's part."""
    receive(place, *requests("r", trace=3), *requests("q", trace=4))


def maintain_raw(place: Place) -> None:
    """Compact, publish and checkpoint; then delete what was superseded."""
    seal(place, tidy())
    seal(place, tidy())


def maintain_derived(place: Place) -> None:
    """As `maintain_raw`, for the tables of the analysis."""
    analyse(place, tidy())
    analyse(place, tidy())


def restart(place: Place) -> None:
    """Everything that happens after a crash: the receiver goes on, and what waits is sealed and computed."""
    receive(place, requests("after", trace=5)[0])
    seal(place)
    analyse(place)


def recover(place: Place, phase: str) -> None:
    """Start again after a fault, go on, and clean up; also compact when that was interrupted."""
    receive(place, requests("recovered", trace=6)[0])
    config = tidy() if "maintain" in phase else cleaning()
    seal(place, config)
    analyse(place, config)


@dataclass(frozen=True, slots=True)
class Phase:
    """What is there before, and the work that is interrupted."""

    before: Callable[[Place], None]
    work: Callable[[Place], None]
    crash: tuple[str, str, int]
    """(call, path class, k) of its canonical crash, from which `restart` is interrupted again."""


PHASES = {
    "receive": Phase(computed, take_requests, ("fdatasync", "segment", 2)),
    "first seal": Phase(waiting, seal, ("fsync", "commit", 3)),
    "seal": Phase(waiting_more, seal, ("rename", "sealed.json", 1)),
    "first analysis": Phase(sealed, analyse, ("fsync", "commit", 1)),
    "analysis": Phase(to_recompute, analyse, ("rename", "analysed.json", 1)),
    "maintain raw": Phase(many_files, maintain_raw, ("fsync", "data", 2)),
    "maintain derived": Phase(many_files, maintain_derived, ("unlink", "data", 1)),
}
RESTART = "restart after "
"""Prefix of the phases that are recoveries."""
