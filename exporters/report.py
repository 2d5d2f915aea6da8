"""The exporter `report`: the document set of a system as files, with the evidence behind its figures."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.config.units import Seconds
from otel_cert.errors import UsageError
from otel_cert.law import load_pack
from otel_cert.report.declarations import check_ids, classified, named, read_system
from otel_cert.report.model import Document
from otel_cert.report.opening import opened
from otel_cert.report.outline import NAMES
from otel_cert.report.rendering import Progress
from otel_cert.report.set import Written, write_set
from otel_cert.report.system import UNNAMED, System
from otel_cert.store import snapshots
from otel_cert.store.layout import Layout

from . import docx, html, json_document, markdown, pdf

Format = Literal["docx", "pdf", "html", "md", "json"]

RENDERERS: Mapping[str, Callable[[Document], bytes]] = {
    "docx": docx.render,
    "pdf": pdf.render,
    "html": html.render,
    "md": markdown.render,
    "json": json_document.render,
}
"""Format, which is also the file's ending -> what makes the file's content."""

_NEEDS = {"pdf": "typst"}
"""Format -> the module without which it cannot be written."""
_BY = "whoever had this report made, in the command or configuration"


def installed() -> tuple[str, ...]:
    """Return the formats that can be written here."""
    return tuple(one for one in RENDERERS if one not in _NEEDS or find_spec(_NEEDS[one]))


def renderers(formats: Iterable[str], template: Path | None = None) -> dict[str, Callable[[Document], bytes]]:
    """Return what makes each format's content; Word in the styles of `template`, a .docx, where there is one."""
    made = {one: RENDERERS[one] for one in formats}
    if template and "docx" in made:
        made["docx"] = partial(docx.render, template=template)
    return made


def formats_of(text: str | None) -> tuple[str, ...]:
    """Return the formats that a comma-separated text names, all that are installed when there is none.

    Raises:
        UsageError: there is no such format.

    """
    if text is None:
        return installed()
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if unknown := [part for part in chosen if part not in RENDERERS]:
        raise UsageError(f"{unknown[0]!r} is not one of {', '.join(RENDERERS)}", hint="--format docx,html")
    return chosen


@dataclass(frozen=True)
class DocumentSet:
    """What is to be written of which system; the two names take the place of the declared ones."""

    system: Path | None = None
    system_name: str | None = None
    provider: str | None = None
    answers: Path | None = None
    law_pack: Path | None = None
    language: str | None = None
    formats: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    quote: bool = False
    template: Path | None = None

    @property
    def unnamed(self) -> bool:
        """Whether the name of the system or of its provider is known from nowhere."""
        return self.system is None and not (self.system_name and self.provider)

    def write(
        self,
        layout: Layout,
        output: Path,
        *,
        since_ns: int | None = None,
        until_ns: int | None = None,
        after: Path | None = None,
        progress: Progress = lambda *_: None,
    ) -> Written:
        """Pin the newest snapshot and write the documents about calls that started in [since, until).

        In a new folder their versions go on from those of the set in `after`.

        Raises:
            NotFound: nothing was ever stored, or there is no file of declarations.
            UsageError: a declaration or answer is not valid, or a document is not of this set.

        """
        pack = load_pack(self.law_pack)
        declared = self.declared(dt.datetime.fromtimestamp(snapshots.latest(layout).created_unix_ns / 1e9, dt.UTC))
        check_ids(declared, pack)
        base = self.system.parent if self.system else Path()
        found = classified(declared, pack, base=base, answers=self.answers)
        with opened(layout, declared, pack, found, since_ns=since_ns, until_ns=until_ns, quote=self.quote) as context:
            return write_set(
                context,
                output,
                renderers(self.formats or installed(), self.template),
                only=self.only,
                language=self.language or declared.language,
                after=after,
                progress=progress,
            )

    def declared(self, created: dt.datetime) -> System:
        """Return what is declared, with the names that were given; a name that nobody gave is an open field."""
        if self.system is None:
            return named(self.system_name or UNNAMED, self.provider or UNNAMED, by=_BY, on=created.date())
        system = read_system(self.system)
        about, provider = system.system, system.provider
        return system.model_copy(
            update={
                "system": about.model_copy(update={"name": self.system_name or about.name}),
                "provider": provider.model_copy(update={"name": self.provider or provider.name}),
            }
        )


class ReportSettings(Settings):
    """Settings of the exporter `report`."""

    system: Path | None = None
    """What the organisation declares: `system.yaml`."""
    system_name: str | None = Field(default=None, min_length=1)
    """Name of the AI system that the documents are about, in the place of the declared one."""
    provider: str | None = Field(default=None, min_length=1)
    """Name of its provider: who is responsible for the system, not who hosts the model."""
    answers: Path | None = None
    """Answers about the system, or the record of `otel-cert assess`."""
    law_pack: Path | None = None
    """Folder of other legal data."""
    output: Path = Path("reports")
    """Folder to write into; made when it does not exist. `serve` writes into a folder per day in it."""
    every: Seconds = Field(default=86400.0, gt=0)
    """How often `serve` writes the documents."""
    window: Seconds = Field(default=30 * 86400.0, gt=0)
    """How far back the documents of `serve` reach."""
    quote_answers: bool = False
    """Whether the least supported answers are quoted, where answers are scored and their texts stored."""
    formats: tuple[Format, ...] = Field(default=("docx", "html"), min_length=1)
    """Which files to write."""
    template: Path | None = None
    """A .docx whose styles, page and headers Word files have in the place of ours."""
    documents: tuple[str, ...] = ()
    """Which documents to write; all of the system's set when empty."""
    language: Literal["en", "de", "fr", "es"] | None = None
    """Of the documents; the declared one when not given."""

    @model_validator(mode="after")
    def _checked(self) -> ReportSettings:
        if self.system is None and not (self.system_name and self.provider):
            raise ValueError("name the system and its provider: `system_name` and `provider`, or a file as `system`")
        if unknown := set(self.documents) - set(NAMES):
            raise ValueError(f"there is no document {min(unknown)!r}; valid are: {', '.join(NAMES)}")
        return self


class ReportExporter:
    """Writes document sets; has no state."""

    def __init__(self, settings: ReportSettings) -> None:
        self.settings = settings

    @property
    def every_s(self) -> float:
        """Seconds between two sets of `serve`."""
        return self.settings.every

    def run(self, layout: Layout, _id: str) -> None:
        """Write the set of the window that ends now into a folder named by the day; nothing before the first data.

        Its versions go on from the newest earlier day.
        """
        if not snapshots.latest(layout).number:
            return
        now_ns = time.time_ns()
        today = dt.datetime.now(dt.UTC).date().isoformat()
        dated = ReportExporter(self.settings.model_copy(update={"output": self.settings.output / today}))
        since_ns = now_ns - int(self.settings.window * 1e9)
        dated.export(layout, since_ns=since_ns, until_ns=now_ns, after=_last_before(today, self.settings.output))

    def export(
        self, layout: Layout, *, since_ns: int | None = None, until_ns: int | None = None, after: Path | None = None
    ) -> Written:
        """Write the set of calls that started in [since, until); see `DocumentSet.write`."""
        given = self.settings
        documents = DocumentSet(
            given.system,
            given.system_name,
            given.provider,
            given.answers,
            given.law_pack,
            given.language,
            given.formats,
            given.documents,
            given.quote_answers,
            given.template,
        )
        return documents.write(layout, given.output, since_ns=since_ns, until_ns=until_ns, after=after)


def _last_before(today: str, output: Path) -> Path | None:
    """Return the folder of the newest earlier day that holds a set."""
    days = (path.parent for path in output.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/manifest.json"))
    return max((day for day in days if day.name < today), default=None)


FACTORY = Factory(
    type="report",
    kind=Kind.EXPORTER,
    config=ReportSettings,
    create=ReportExporter,
    stability=Stability.BETA,
    doc="Writes the documents of a system and the evidence behind their figures.",
    signals=(Signal.ANALYSIS,),
)
