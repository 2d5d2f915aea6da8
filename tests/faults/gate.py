"""The gate (gate.c) from Python: what is recorded, and where the process is to stop."""

import ctypes
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

RULES = (
    ("quarantined", "log/*/quarantine/*"),
    ("quarantine folder", "log/*/quarantine"),
    ("segment", "log/*/*.seg"),
    ("log folder", "log*"),
    ("temporary", "state/*.tmp"),
    ("temporary", "snapshots/*.tmp"),
    ("temporary", "tables/*/.*.tmp"),
    ("digests", "tables/*/_SHA256SUMS"),
    ("sealed.json", "state/sealed.json"),
    ("analysed.json", "state/analysed.json"),
    ("store.json", "state/store.json"),
    ("state", "state/*"),
    ("state folder", "state"),
    ("snapshot", "snapshots/*.json"),
    ("snapshot folder", "snapshots"),
    ("pins", "pins*"),
    ("lock", "locks/*"),
    ("checkpoint", "tables/*/_delta_log/*checkpoint*"),
    ("staged commit", "tables/*/_delta_log/*tmp*"),
    ("staged commit", "tables/*/_delta_log/*#*"),
    ("commit", "tables/*/_delta_log/*.json"),
    ("commit folder", "tables/*/_delta_log"),
    ("staged data", "tables/*/receive_day=*/*#*"),
    ("data", "tables/*/receive_day=*/*.parquet"),
    ("partition folder", "tables/*/receive_day=*"),
    ("table folder", "tables*"),
    ("root", ""),
)
"""(path class, pattern below the data directory); the first that matches wins."""

SYSTEM_CALLS = {
    "openat(read)": "openat",
    "stat": "newfstatat",
    "fstat": "newfstatat,fstat",
    "faccessat": "faccessat,faccessat2",
}
"""Recorded name -> what the C library may make of it; others are named alike."""

READING = (
    "openat(read)", "read", "readv", "pread64", "getdents64", "flock",
    "stat", "fstat", "statx", "statfs", "fstatfs", "access", "faccessat",
)  # fmt: skip
"""Calls that change nothing on the disk."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The k-th system call of a kind on a class of paths while a phase works."""

    phase: str
    call: str
    kind: str
    k: int


def build(folder: Path) -> Path:
    """Compile the gate and return the library."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("a C compiler (gcc) is needed to build the gate")
    library = folder / "gate.so"
    source = Path(__file__).with_name("gate.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-o", library, source, "-ldl"], check=True)
    return library


def loaded() -> bool:
    """Return whether the gate is in this process."""
    return hasattr(ctypes.CDLL(None), "gate_open")


def environment(role: str, root: Path, into: Path, point: Point) -> dict[str, str]:
    """Return the variables that make the first process with the argument `role` stop before `point`."""
    plan = {"ROLE": role, "ROOT": root, "RECORD": into, "CALL": point.call, "CLASS": point.kind, "K": point.k}
    return {f"OTEL_CERT_FAULT_{name}": str(value) for name, value in (plan | {"RULES": _rules()}).items()}


def _rules() -> str:
    return "\n".join(f"{kind}\t{pattern}" for kind, pattern in RULES)


def record(root: Path, into: Path, point: Point | None = None) -> None:
    """Record this process' calls below `root` from now on, and stop before `point`."""
    descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    wanted = (point.call.encode(), point.kind.encode(), point.k) if point else (b"", b"", 0)
    ctypes.CDLL(None).gate_open(str(root.resolve()).encode(), _rules().encode(), descriptor, *wanted)


def recorded(path: Path) -> list[tuple[str, str, str]]:
    """Return the recorded (call, class, path), in order, without the mark of the armed one."""
    return [(c, kind, name) for c, kind, name in _fields(path) if c != "ARMED"]


def after_armed(path: Path) -> list[tuple[str, str, str]]:
    """Return the armed call and those after it."""
    fields = list(_fields(path))
    armed = next((i for i, (call, *_) in enumerate(fields) if call == "ARMED"), None)
    return [] if armed is None else [fields[armed - 1], *fields[armed + 1 :]]


def distinct(found: Sequence[Point], path: Path) -> list[Point]:
    """Leave out what repeats itself.

    Of the calls that only read, the first of each call on each file stays; of the writes that fill a data file, which no
    commit names yet, the first and the last.
    """
    names = [(call, name) for call, _, name in recorded(path)]
    first: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    for i, name in enumerate(names):
        first.setdefault(name, i)
        last[name] = i
    kept = {*first.values(), *(i for i, point in enumerate(found) if not _repeats(point))}
    kept |= {i for (call, _), i in last.items() if call not in READING}
    return [point for i, point in enumerate(found) if i in kept]


def _repeats(point: Point) -> bool:
    return point.call in READING or (point.call, point.kind) == ("write", "data")


def armed_thread(path: Path) -> int:
    """Return the thread that stopped."""
    return next(int(thread) for call, thread, _ in _fields(path) if call == "ARMED")


def points(phase: str, path: Path) -> list[Point]:
    """Number the recorded calls."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for call, kind, _ in recorded(path):
        seen[call, kind] += 1
        found.append(Point(phase, call, kind, seen[call, kind]))
    return found


def _fields(path: Path) -> Iterator[tuple[str, str, str]]:
    for line in path.read_text().splitlines():
        call, kind, *name = line.split("\t")
        yield call, kind, name[0] if name else ""
