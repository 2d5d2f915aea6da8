"""The exporter `report`: the monitoring report of a window as files, with the evidence behind its figures."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.config.units import Seconds
from otel_cert.errors import NotFound, OtelCertError
from otel_cert.report import evidence, monitoring
from otel_cert.report.model import Document
from otel_cert.report.registration import registrations
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout
from otel_cert.store.query import connect

from . import docx, html, json_document, markdown, pdf

Format = Literal["docx", "pdf", "html", "md", "json"]

RENDERERS: dict[Format, Callable[[Document], bytes]] = {
    "docx": docx.render,
    "pdf": pdf.render,
    "html": html.render,
    "md": markdown.render,
    "json": json_document.render,
}
"""Format, which is also the file's ending -> what makes the file's content."""


class ReportSettings(Settings):
    """Settings of the exporter `report`."""

    system_name: str = Field(min_length=1)
    """Name of the AI system that the report is about."""
    provider: str = Field(min_length=1)
    """Name of its provider: who is responsible for the system, not who hosts the model."""
    output: Path = Path("reports")
    """Folder to write into; made when it does not exist. `serve` writes into a folder per day in it."""
    every: Seconds = Field(default=86400.0, gt=0)
    """How often `serve` writes a report."""
    window: Seconds = Field(default=30 * 86400.0, gt=0)
    """How far back the report of `serve` reaches."""
    quote_answers: bool = True
    """Whether the least supported answers are quoted, where answers are scored and their texts stored."""
    formats: tuple[Format, ...] = Field(default=("docx", "html"), min_length=1)
    """Which files to write."""


@dataclass(frozen=True)
class Written:
    """What an export left behind."""

    paths: tuple[Path, ...]
    evidence_ids: tuple[str, ...]
    snapshot: int
    calls: int


class ReportExporter:
    """Writes monitoring reports; has no state."""

    def __init__(self, settings: ReportSettings) -> None:
        self.settings = settings

    @property
    def every_s(self) -> float:
        """Seconds between two reports of `serve`."""
        return self.settings.every

    def run(self, layout: Layout, _id: str) -> None:
        """Write the report of the window that ends now into a folder named by the day; nothing before the first data."""
        if not snapshots.latest(layout).number:
            return
        now_ns = time.time_ns()
        folder = self.settings.output / dt.datetime.now(dt.UTC).date().isoformat()
        dated = ReportExporter(self.settings.model_copy(update={"output": folder}))
        dated.export(layout, since_ns=now_ns - int(self.settings.window * 1e9), until_ns=now_ns)

    def export(self, layout: Layout, *, since_ns: int | None = None, until_ns: int | None = None) -> Written:
        """Pin the newest snapshot, write the report of calls that started in [since, until), and record its evidence.

        Raises NotFound when nothing was ever stored; a window without calls gives a report that says so.
        """
        newest = snapshots.latest(layout)
        if not newest.number:
            raise NotFound(
                f"nothing is stored in {layout.root} yet",
                hint="send telemetry to `otel-cert serve`, or load files with `otel-cert import`",
            )
        created = dt.datetime.now(dt.UTC)
        subject = monitoring.Subject(self.settings.system_name, self.settings.provider)
        with connect(layout.root, snapshot=snapshots.pin(layout, newest.number).number) as con:
            report = monitoring.build(
                con,
                subject,
                since_ns=since_ns,
                until_ns=until_ns,
                created=created,
                quote=self.settings.quote_answers,
                registered=registrations(layout),
            )
        recorded = [evidence.record(layout, answer, created) for answer in report.answers]
        paths = write(report.document, self.settings.output, self.settings.formats)
        return Written(paths, tuple(e.id for e in recorded), newest.number, report.answers[0].n)


def write(document: Document, output: Path, formats: Sequence[Format]) -> tuple[Path, ...]:
    """Write `document` once per format into the folder `output` and return the paths; raise OtelCertError if that fails."""
    name = document.title.lower().replace(" ", "-")
    contents = {output / f"{name}.{ending}": RENDERERS[ending](document) for ending in formats}
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            path.write_bytes(content)
    except OSError as error:
        raise OtelCertError(
            f"cannot write the report to {output}: {error.strerror}",
            hint="name a folder that you may write to as `output`",
        ) from error
    return tuple(contents)


FACTORY = Factory(
    type="report",
    kind=Kind.EXPORTER,
    config=ReportSettings,
    create=ReportExporter,
    stability=Stability.BETA,
    doc="Writes the monitoring report (Word, HTML) and the evidence behind its figures.",
    signals=(Signal.ANALYSIS,),
)
