"""Measures what a document set costs: each kind of evidence beside its bare queries, and the whole set in every format.

python bench/report.py [--calls 1000000] [--seed 1] [--folder /tmp] [--format json]

Each kind of evidence is asked for as a set does: what another kind asked already is not asked again. Then the SQL of every
answer is run bare, over the same views. Then the set is written as `otel-cert report` does, and its documents are rendered
bare from their content. Spans are left out of the store, as in the other queries over calls.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from figures import Figures, Goal, machine, show
from tables import build_calls

import otel_cert
from otel_cert.exporters import _vega
from otel_cert.exporters.report import RENDERERS, DocumentSet
from otel_cert.law import classify, load_pack
from otel_cert.report.context import Context
from otel_cert.report.folder import Folder
from otel_cert.report.measured import changes, declared_observed, measured, missing_data, suppliers
from otel_cert.report.system import System
from otel_cert.store.layout import Layout

_SECONDS = Goal("all measured evidence", 60, "s", at_least=False)
_BARE = Goal("all measured evidence, times its bare queries", 3, "ratio", at_least=False)
_MEMORY = Goal("all measured evidence, memory", 1.5, "GB", at_least=False)
_SET_SECONDS = Goal("whole set in every format", 60, "s", at_least=False)
_SET_MEMORY = Goal("whole set in every format, memory", 1.5, "GB", at_least=False)
_SET_BARE = Goal("whole set, times its bare queries and bare rendering", 3, "ratio", at_least=False)
_SYSTEM = Path(__file__).parents[1] / "examples" / "cv_screener" / "system.yaml"
_BLOCKS = (changes, missing_data, declared_observed, suppliers)
_DECLARED = {"system": {"name": "Measured"}, "provider": {"name": "Nobody"}}


def measure_evidence(figures: Figures, root: Path) -> float:
    """Time every kind of evidence of the law pack and every block, then the queries behind them, bare; return these."""
    pack, asked = load_pack(), time.perf_counter()
    with otel_cert.connect(root) as con:
        context = Context(con, con, Layout.open(root), System.model_validate(_DECLARED), pack, classify({}))
        for kind in pack.evidence:
            _timed(figures, kind.id, lambda id_=kind.id: measured(context, id_))
        for block in _BLOCKS:
            _timed(figures, block.__name__, lambda make=block: make(context))
        took = time.perf_counter() - asked
    with otel_cert.connect(root) as con:  # anew, so that nothing is cached
        bare = sum(_bare(figures, con, answer) for answer in context.answers.values())
    figures.add("bare queries of all measured evidence", bare, "s")
    _SECONDS.add(figures, took)
    _BARE.add(figures, took / bare)
    _MEMORY.add(figures, _gigabytes())
    return float(bare)


def measure_set(figures: Figures, root: Path, output: Path, bare_queries: float) -> None:
    """Time the whole set of a high-risk system in every format beside bare queries and bare rendering."""
    with otel_cert.connect(root) as con:
        services = [name for (name,) in con.execute("SELECT DISTINCT service_name FROM genai_calls").fetchall() if name]
    system = output.with_suffix(".yaml")
    system.write_text(
        _SYSTEM.read_text().replace("services: [application-ranking]", f"services: {json.dumps(services)}")
    )
    began = time.perf_counter()
    written = DocumentSet(system=system, answers=_SYSTEM.with_name("answers.yaml")).write(Layout.open(root), output)
    took = time.perf_counter() - began
    figures.add("files of the set", len(written.paths), "count")
    _SET_SECONDS.add(figures, took)
    _SET_MEMORY.add(figures, _gigabytes())
    folder = Folder(output)
    documents = [folder.document(name) for name in folder.read().documents]
    _vega._svg.cache_clear()
    began = time.perf_counter()
    for document in documents:
        for render in RENDERERS.values():
            render(document)
    bare = time.perf_counter() - began
    figures.add("bare rendering of the set", bare, "s")
    _SET_BARE.add(figures, took / (bare_queries + bare))


def _gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _timed(figures: Figures, name: str, make: Callable[[], Any]) -> None:
    began = time.perf_counter()
    make()
    figures.add(f"evidence {name}", time.perf_counter() - began, "s")


def _bare(figures: Figures, con: Any, answer: Any) -> float:
    began = time.perf_counter()
    con.execute(answer.sql, dict(answer.params)).fetchall()
    took = time.perf_counter() - began
    figures.add(f"bare query {answer.question.name} {answer.params.get('by') or ''}".strip(), took, "s")
    return took


@click.command()
@click.option("--calls", type=int, default=1_000_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--store", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A store to ask, instead.")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=tempfile.gettempdir(),
              help="Where the data is written, and removed again.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(calls: int, seed: int, store: Path | None, folder: Path, format_: str) -> None:
    """Build a store of calls, ask for all evidence, and print every figure."""
    figures, host = Figures(), machine(folder)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        if store is None:  # in a process of its own, whose memory is not that of the report
            builder = multiprocessing.get_context("spawn").Process(target=build_calls, args=(Path(place), seed, calls))
            builder.start()
            builder.join()
        asked = store or Path(place)
        measure_set(figures, asked, Path(place) / "set", measure_evidence(figures, asked))
    click.echo(show(host, {"calls": calls, "seed": seed}, figures, format_))


if __name__ == "__main__":
    main()
