"""`python -m tests.faults`: let every file system call of every phase fail in every way, one at a time.

Results are appended to a file of JSON lines as they come; what is in it already is not done again.
"""

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from . import gate
from .gate import READING, Point
from .inject import FAILED, FAULTS, NOT_REACHED, PASSED, Harness, Result, restart_after
from .workload import PHASES, RESTART

_OF_EACH_CRASH = 4
EVERY = (*PHASES, *(RESTART + phase for phase in PHASES))

Task = tuple[Point, str]


def main() -> int:
    """Run, print the table, and return 1 when a fault was not survived."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="otel-cert-faults-", dir=memory()) as folder:
        if not gate.loaded():
            environment = os.environ | {"LD_PRELOAD": str(gate.build(Path(folder)))}
            return subprocess.run([*sys.orig_argv], env=environment, check=False).returncode
        results = enumerate_faults(Harness(Path(folder)), options)
    sys.stdout.write(f"{table(results)}\n")
    options.summary.write_text(json.dumps(summary(results), indent=1))
    return int(any(r.outcome == FAILED for r in results))


def memory() -> str | None:
    """Return a folder in memory: which calls are made does not depend on the disk, and a real one makes every sync wait."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--phase", action="append", choices=EVERY, help="only this one; may be given again")
    parser.add_argument("--call", help="only this system call")
    parser.add_argument("--sample", type=int, help="so many faults, drawn at random from all")
    parser.add_argument("--pairs", type=int, help="crash at so many points drawn at random, and fault their recoveries")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="faults at a time")
    parser.add_argument(
        "--limit-s", type=float, default=float("inf"), help="stop after this time; go on by the same command"
    )
    parser.add_argument(
        "--every-call", action="store_true", help="also reads and data file writes that repeat themselves"
    )
    parser.add_argument("--list", action="store_true", help="print the recorded points and stop")
    parser.add_argument("--results", type=Path, default=Path("faults.jsonl"), help="where results are kept")
    parser.add_argument("--summary", type=Path, default=Path("faults.json"), help="where the counts go")
    return parser.parse_args()


def enumerate_faults(harness: Harness, options: argparse.Namespace) -> list[Result]:
    """Do what is not done yet, and return all results."""
    points = [
        p
        for phase in options.phase or EVERY
        for p in harness.points(phase, every_call=options.every_call)
        if options.call in (None, p.call)
    ]
    tasks = [(point, fault) for point in points for fault in possible(point)]
    if options.pairs is not None:
        tasks = pairs(harness, points, options)
    if options.list:
        counts = Counter(f"{p.phase}: {p.call} {p.kind}" for p in points)
        sys.stdout.write("".join(f"{n:5} {name}\n" for name, n in counts.items()))
        sys.exit()
    if options.sample is not None:
        tasks = random.Random(options.seed).sample(tasks, min(options.sample, len(tasks)))
    done = kept(options.results)
    left = [task for task in tasks if task not in done]
    random.Random(options.seed).shuffle(left)  # what is done at any time is a fair sample
    sys.stderr.write(f"{len(points)} points, {len(tasks)} faults, {len(tasks) - len(left)} of them done before\n")
    with options.results.open("a") as file:
        for result in attempts(harness, left, options):
            done[result.point, result.fault] = result
            file.write(json.dumps(result.line()) + "\n")
            file.flush()
    return [done[task] for task in tasks if task in done]


def pairs(harness: Harness, points: Sequence[Point], options: argparse.Namespace) -> list[Task]:
    """Return faults of the recoveries from crashes at points drawn at random, a few for each."""
    chance = random.Random(options.seed)
    crashes = chance.sample([p for p in points if p.call not in READING and p.phase in PHASES], options.pairs)
    tasks: list[Task] = []
    for crash in crashes:
        found = harness.points(restart_after(crash), every_call=options.every_call)
        tasks += [(point, chance.choice(possible(point))) for point in chance.sample(found, _OF_EACH_CRASH)]
    return tasks


def possible(point: Point) -> Sequence[str]:
    """Return the faults of a call.

    One that only reads finds no full disk, and a kill there leaves what a kill at the next writing call leaves.
    """
    return ("EIO",) if point.call in READING else FAULTS


def attempts(harness: Harness, tasks: Sequence[Task], options: argparse.Namespace) -> Iterator[Result]:
    """Yield results as they come, and tell how far it is."""
    began, bad = time.monotonic(), 0
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for number, result in enumerate(pool.imap_unordered(partial(_attempt, harness), tasks), 1):
            yield result
            spent = time.monotonic() - began
            if result.outcome == FAILED:
                bad += 1
                sys.stderr.write(f"{result.fault} at {result.point}: {result.detail}\n")
            if number % 50 == 0:
                sys.stderr.write(f"{number} of {len(tasks)} in {spent:.0f} s, {bad} failed\n")
            if spent > options.limit_s:
                sys.stderr.write(f"{len(tasks) - number} are left; the same command goes on\n")
                return


def _attempt(harness: Harness, task: Task) -> Result:
    return harness.attempt(*task)


def kept(path: Path) -> dict[Task, Result]:
    """Return the results of earlier runs."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text().splitlines():
        held = json.loads(line)
        point = Point(held["phase"], held["call"], held["kind"], held["k"])
        found[point, held["fault"]] = Result(point, held["fault"], held["outcome"], held["detail"])
    return found


def summary(results: Sequence[Result]) -> dict[str, dict[str, dict[str, int]]]:
    """Return counts per phase and fault; those of recoveries from crashes drawn at random together."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for result in sorted(results, key=lambda r: (EVERY.index(r.point.phase.partition(": ")[0]), FAULTS.index(r.fault))):
        phase = result.point.phase if result.point.phase in EVERY else f"{RESTART}any crash"
        of_fault = counts.setdefault(phase, {}).setdefault(result.fault, Counter())
        of_fault["points"] += 1
        of_fault[result.outcome] += 1
    return counts


def table(results: Sequence[Result]) -> str:
    """Return the counts as Markdown: faults that fired of each kind, and what became of all."""
    lines = [f"| phase | {' | '.join(FAULTS)} | passed | not reached |", "|---" + "|--:" * (len(FAULTS) + 2) + "|"]
    total: dict[str, Counter[str]] = {fault: Counter() for fault in FAULTS}
    for phase, faults in summary(results).items():
        for fault, counts in faults.items():
            total[fault].update(counts)
        lines.append(_row(phase, faults))
    return "\n".join([*lines, _row("all", total)])


def _row(phase: str, faults: Mapping[str, Mapping[str, int]]) -> str:
    def count(outcome: str, fault: str) -> int:
        return faults.get(fault, {}).get(outcome, 0)

    fired = [str(count("points", fault) - count(NOT_REACHED, fault)) for fault in FAULTS]
    ends = [str(sum(count(outcome, fault) for fault in FAULTS)) for outcome in (PASSED, NOT_REACHED)]
    return f"| {' | '.join((phase, *fired, *ends))} |"


if __name__ == "__main__":
    sys.exit(main())
