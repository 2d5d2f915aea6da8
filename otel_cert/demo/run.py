"""The demonstration from the application to the documents, each step in a process of its own."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click

from otel_cert.demo import directory, openai_server, processes
from otel_cert.demo.knowledge import Knowledge, load
from otel_cert.errors import OtelCertError, UsageError
from otel_cert.store.layout import Layout

OTEL_CERT = (sys.executable, "-m", "otel_cert")
APPLICATION = (sys.executable, "-m", "otel_cert.demo.app")
STEPS = 10
SCORING = """\
# As the demonstration computes what it stored: costs, and how far answers are supported by what was retrieved.
processors:
  accuracy: {}

service:
  pipelines:
    analysis:
      processors: [genai, cost, entropy, accuracy]
"""

SYSTEM = Path(__file__).with_name("system.yaml")
"""What the museum declares about its assistant; the answers about it stand beside it."""

_COUNT = re.compile(r"\d[\d,]*")

Say = Callable[[str], None]


class Demo:
    """One run: `data_dir` receives the data, `output` the documents and the logs, `say` the progress, line by line."""

    def __init__(self, data_dir: Path, output: Path, say: Say) -> None:
        self._data_dir = data_dir
        self._output = output
        self._say = say
        self._done = 0

    def run(self, *, keep: bool = False) -> None:
        """Run every step; the tables go to stdout. Raises OtelCertError saying which step failed and why."""
        _require_openai()
        directory.prepare(self._data_dir, keep=keep)
        (self._output / "logs").mkdir(parents=True, exist_ok=True)
        self._observe(load())
        missing = missing_for_accuracy()
        with self._step("process: GenAI calls, their cost" + ("" if missing else ", the support of their answers")):
            self._command("process", *(() if missing else ("--config", str(self._config()))))
        for heading, verb in (("Cost", "costs"), ("Latency", "latency"), ("Coverage", "coverage")):
            with self._step(f"otel-cert {verb}"):
                click.echo(f"\n{heading}")
                self._command(verb, show=True)
        if missing:
            with self._step(f"no support of answers: {missing}"):
                pass
        else:
            with self._step("otel-cert evaluate"):
                click.echo("\nSupport of answers by what was retrieved: a proxy, for nobody labelled them")
                self._command("evaluate", show=True)
        with self._step("otel-cert entropy"):
            click.echo(
                "\nToken entropy of the answers that came with log probabilities; the scripted model made them up"
            )
            self._command("entropy", show=True)
            click.echo("\nThe least certain answer, its tokens by surprisal: a reason to look, no error")
            self._command("entropy", "--least-certain", "1", "--heat", show=True)
        with self._step("write the documents"):
            self._command("report", "--system", str(SYSTEM), "--output", str(self._documents), "--quote-answers")
            click.echo(f"\nThe documents of the system, by how each statement is known\n{self._counted()}")
        self._say(self._next_steps())

    def _observe(self, knowledge: Knowledge) -> None:
        listen = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
        serve = (*OTEL_CERT, "serve", *listen, "--data-dir", str(self._data_dir))
        with (
            openai_server.serve(knowledge) as model_url,
            processes.background(serve, self._log("serve"), processes.environment()) as receiver,
        ):
            with self._step("start the receiver"):
                endpoints = receiver.ready()
            protocols = {"http/protobuf": endpoints["http"], "grpc": endpoints["grpc"]}
            with self._step(
                f"the application answers visitors, a process each exporting OTLP over {', '.join(protocols)}"
            ):
                self._converse(knowledge, protocols, model_url)
            with self._step("stop the receiver; it keeps what it acknowledged"):
                receiver.stop()

    def _converse(self, knowledge: Knowledge, protocols: Mapping[str, str], model_url: str) -> None:
        """Hold all conversations, those over one protocol in a process of their own."""
        with ThreadPoolExecutor(len(protocols)) as pool:
            running = [
                pool.submit(self._application, knowledge, protocol, f"http://{address}", model_url)
                for protocol, address in protocols.items()
            ]
        for one in running:
            one.result()

    def _application(self, knowledge: Knowledge, protocol: str, endpoint: str, model_url: str) -> None:
        conversations = [c.id for c in knowledge.conversations if c.protocol == protocol]
        environment = processes.environment(
            OTEL_SERVICE_NAME="rag-demo",
            OTEL_RESOURCE_ATTRIBUTES="service.version=1.0.0,deployment.environment.name=demo",
            OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
            TRACELOOP_TRACE_CONTENT="true",
            OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="SPAN_ONLY",
            OPENAI_BASE_URL=model_url,
            OPENAI_API_KEY="none-needed",
        )
        processes.run([*APPLICATION, *conversations], self._log("app"), environment)

    def _command(self, verb: str, *options: str, show: bool = False) -> None:
        argv = [*OTEL_CERT, verb, "--data-dir", str(self._data_dir), *options]
        processes.run(argv, self._log(verb), processes.environment(), show=show)

    def _config(self) -> Path:
        path = self._output / "config.yaml"
        path.write_text(SCORING, encoding="utf-8")
        return path

    def _log(self, name: str) -> Path:
        return self._output / "logs" / f"{name}.log"

    @contextmanager
    def _step(self, text: str) -> Iterator[None]:
        self._done += 1
        label = f"[{self._done}/{STEPS}] {text}"
        started = time.monotonic()
        try:
            yield
        except OtelCertError:
            self._say(f"{label}: failed")
            raise
        self._say(f"{label} ({time.monotonic() - started:.1f} s)")

    def _next_steps(self) -> str:
        where = f"--data-dir {self._data_dir}"
        sql = "SELECT request_model, error_class, count(*) AS calls FROM genai_calls GROUP BY ALL ORDER BY ALL"
        return "\n".join(
            [
                "", "The documents, the data and the logs:",
                *(f"  {p}" for p in [self._documents, self._data_dir, self._output / "logs"]),
                "", "Try next:",
                f'  otel-cert sql "{sql}" {where}',
                *(f"  otel-cert evidence {i} {where}" for i in self._evidence()),
                f"  otel-cert report check {self._documents} {where}",
                "", "Observe your own application:",
                "  otel-cert serve",
                "  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 python your_app.py",
            ]
        )  # fmt: skip

    def _counted(self) -> str:
        """Return how many statements are measured, declared and open, as the command said, and which share that is."""
        said = self._log("report").read_text(encoding="utf-8").splitlines()
        line = next(line for line in reversed(said) if line.startswith("statements: "))
        total = max(1, sum(int(count.replace(",", "")) for count in _COUNT.findall(line)))
        return _COUNT.sub(
            lambda count: f"{count[0]} ({int(count[0].replace(',', '')) / total:.1%})".replace("%", " %"), line
        )

    @property
    def _documents(self) -> Path:
        return self._output / "documents"

    def _evidence(self) -> list[str]:
        ids = sorted(p.stem for p in Layout(self._data_dir).evidence("any").parent.glob("*.json"))
        return ids[:1]


def missing_for_accuracy() -> str | None:
    """Return what has to be installed before answers can be scored; None when all is there."""
    from pydantic import ValidationError

    from otel_cert.processors.accuracy_settings import AccuracySettings

    try:
        AccuracySettings()
    except ValidationError as error:
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    return None


def _require_openai() -> None:
    if find_spec("openai") is None:
        raise UsageError(
            "the demonstration needs the `openai` client",
            hint="pip install 'otel-cert[openai,documents]'",
        )
