"""Requests that were answered several times, and how many meanings the answers have, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from otel_cert.evaluation.semantic import Sampled
    from otel_cert.measures.entropy.meaning import Meaning

_COLUMNS = ("Request", "Service", "Model", "n", "Meanings", "Entropy", "Weighted", "Answers by meaning")
_SHOWN, _LONG = 3, 60
"""Meanings that are shown of a request, and characters of each."""


def show(data_dir: Path, nli: str | None, window: Mapping[str, int | None], output_format: str) -> None:
    """Print the semantic entropy of each request with several answers, the greatest first; JSON has every cluster."""
    from otel_cert.cli._output import document, emit
    from otel_cert.evaluation.semantic import sampled_requests
    from otel_cert.report.text import plural
    from otel_cert.store.query import connect

    meaning = _meaning(nli)
    with connect(data_dir) as con:
        found = sampled_requests(con, meaning, params=dict(window), with_question=meaning.reads_question)
    if output_format == "json":
        document(found.model_dump())
    else:
        emit(_COLUMNS, [list(_cells(one)) for one in found.requests], output_format)
    how = (
        f"; meanings by {meaning.name}, an approximation: --nli MODEL decides by entailment"
        if meaning.approximation
        else ""
    )
    asked = plural(len(found.requests), "request")
    click.echo(
        f"{asked} with several answers, of {plural(found.calls, 'call')}{how}; snapshot {found.snapshot}", err=True
    )


def _meaning(nli: str | None) -> Meaning:
    from otel_cert.measures.entropy.meaning import Entailment, Likeness

    if nli is None:
        from otel_cert.scoring.shared import shared_encoder

        return Likeness(shared_encoder())
    from otel_cert.measures.accuracy.classifier import Classifier

    return Entailment(Classifier(nli, {}, None))


def _cells(one: Sampled) -> Iterator[Any]:
    from otel_cert.report import text

    yield one.request[:12]
    yield text.words(one.service)
    yield text.words(one.model)
    yield one.result.n
    yield len(one.result.clusters)
    yield text.nats(one.result.entropy)
    yield text.nats(one.result.weighted_entropy)
    largest = sorted(one.result.clusters, key=lambda cluster: -len(cluster.members))
    said = [f"{len(each.members)}x {_cut(each.representative)!r}" for each in largest[:_SHOWN]]
    yield ", ".join(said) + (" ..." if len(largest) > _SHOWN else "")


def _cut(said: str) -> str:
    return said if len(said) <= _LONG else said[: _LONG - 1] + "…"
