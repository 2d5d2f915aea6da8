"""A third party's processors that kill their process over marked spans; installed by the tests only, see `install`."""

import os
import resource
import shutil
import signal
from pathlib import Path

import pyarrow.compute as pc

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.schema import DATE, TEXT, Column, Table

NAMES = Table(
    "span_names", "Names.", key=("trace_id", "name"), sort=("trace_id",),
    columns=(Column("trace_id", TEXT, "Trace."), Column("name", TEXT, "Span."), Column("receive_day", DATE, "Partition.")),
)  # fmt: skip


class Nothing(Settings):
    """No settings."""


class Inline:
    """Kills the writer over spans called `kill writer`."""

    def consume(self, table, rows):
        if table == "spans" and pc.any(pc.equal(rows["name"], "kill writer")).as_py():
            _die(signal.SIGSEGV)
        return rows


class Analysis:
    """Kills the analysis over spans called `kill analysis`."""

    def evaluate(self, con):
        names = con.sql(
            "SELECT trace_id, name, min(receive_day) AS receive_day FROM spans GROUP BY 1, 2"
        ).to_arrow_table()
        if "kill analysis" in names["name"].to_pylist():
            _die(signal.SIGKILL)
        return {"span_names": names}


def _die(number):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)


INLINE = Factory(
    "deadly_inline", Kind.PROCESSOR, Nothing, lambda _: Inline(), Stability.BETA, "Kills the writer.", (Signal.TRACES,)
)
ANALYSIS = Factory(
    "deadly", Kind.PROCESSOR, Nothing, lambda _: Analysis(), Stability.BETA, "Kills the analysis.", (Signal.ANALYSIS,),
    reads=("spans",), writes=(NAMES,),
)  # fmt: skip

CONFIG = """
processors: {deadly_inline: {}, deadly: {}}
service:
  pipelines: {traces: {processors: [deadly_inline]}, analysis: {processors: [genai, cost, deadly]}}
store: {seal_interval: 100ms, min_free_bytes: 0}
analysis: {quiet: 100ms, interval: 100ms}
"""


def install(folder: Path) -> Path:
    """Install this module as a distribution of its own; return the folder for PYTHONPATH."""
    points = "[otel_cert.processors]\ndeadly_inline = deadly_processors:INLINE\ndeadly = deadly_processors:ANALYSIS\n"
    about = folder / "deadly_processors-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly-processors\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(points)
    shutil.copy(__file__, folder / "deadly_processors.py")
    return folder
