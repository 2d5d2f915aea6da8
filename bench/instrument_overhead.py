"""What recording costs an application: time that is added to each call of the OpenAI client.

    python bench/instrument_overhead.py                  # about three minutes
    python bench/instrument_overhead.py --format json

Five processes call the same loopback server in turns, a few calls each, round after round, so that all of them see the same
noise: `bare` (the client alone), `alone` (with its instrumentation, the SDK and an exporter, set up by hand), `ours`
(`otel_cert.instrument()`), and ours with a receiver that is `dead` or `silent` (accepts, and never answers). All of it is
repeated with other processes, because two of the same kind differ by some percent.

Each round gives one difference between two variants' medians; the figure is the median of these. Beside the time that passed
there is the processor time of the calling thread, which other work on the machine disturbs less. The goal: ours adds at most
100 us to what the instrumentation alone takes, whatever the receiver does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

VARIANTS = ("bare", "alone", "ours", "dead", "silent")
KINDS: dict[str, dict[str, Any]] = {
    "chat": {},
    "logprobs": {"logprobs": True, "top_logprobs": 5},
    "stream": {"stream": True, "stream_options": {"include_usage": True}},
}
GOAL_US = 100.0

Call = tuple[float, float]
"""Microseconds that passed, and of the calling thread's processor time."""
Times = dict[tuple[str, str], list[list[Call]]]
"""(kind of call, variant) -> the calls of each round."""
Ask = Callable[[str, int], list[Call]]

_TOKENS = 20
_MESSAGES = [
    {"role": "system", "content": "Answer in one sentence, only from this text. " + "Bread keeps for some days. " * 20},
    {"role": "user", "content": "How long does bread keep?"},
]


def main() -> None:
    """Measure, print, and fail when the goal is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10, help="times with processes of their own")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--calls", type=int, default=9, help="calls in a row")
    parser.add_argument("--content", action="store_true", help="record prompts and answers")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--worker", choices=VARIANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.worker)
        return
    figures = measure(arguments.repeats, arguments.rounds, arguments.calls, content=arguments.content)
    print(json.dumps(figures, indent=1) if arguments.format == "json" else table(figures))
    sys.exit(any(figures[kind][v]["added to alone"] > GOAL_US for kind in KINDS for v in ("ours", "dead", "silent")))


def measure(repeats: int, rounds: int, calls: int, *, content: bool) -> dict[str, dict[str, dict[str, float]]]:
    """Return, for each kind of call and variant, microseconds: see `_figures`."""
    took: Times = {(k, v): [] for k in KINDS for v in VARIANTS}
    for _ in range(repeats):
        with _workers(content=content) as workers:
            for turn in range(rounds + 2):
                for kind in KINDS:
                    for variant, ask in workers.items():
                        block = ask(kind, calls)
                        if turn > 1:  # the first rounds warm up
                            took[kind, variant].append(block)
    return {kind: {v: _figures(took, kind, v) for v in VARIANTS} for kind in KINDS}


@contextlib.contextmanager
def _workers(*, content: bool) -> Iterator[dict[str, Ask]]:
    with contextlib.ExitStack() as stack:
        model, sink = stack.enter_context(serving(answer_model)), stack.enter_context(serving(answer_telemetry))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))
        receivers = {"dead": "http://127.0.0.1:9", "silent": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        env = {**os.environ, "MODEL": model}
        env["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY" if content else "NO_CONTENT"
        yield {
            variant: stack.enter_context(worker(variant, {**env, "RECEIVER": receivers.get(variant, sink)}))
            for variant in VARIANTS
        }


def _figures(took: Times, kind: str, variant: str) -> dict[str, float]:
    passed = [time_us for block in took[kind, variant] for time_us, _ in block]
    figures = {
        "median": statistics.median(passed),
        "p99": statistics.quantiles(passed, n=100)[98],
        "added to bare": _added(took, kind, variant, "bare", 0),
        "added to alone": _added(took, kind, variant, "alone", 0),
        "CPU added to bare": _added(took, kind, variant, "bare", 1),
        "CPU added to alone": _added(took, kind, variant, "alone", 1),
    }
    return {name: round(value, 1) for name, value in figures.items()}


def _added(took: Times, kind: str, variant: str, base: str, clock: int) -> float:
    """Return the median over the rounds of what a variant's median is above the base's."""
    medians = [
        [statistics.median(call[clock] for call in block) for block in took[kind, which]] for which in (variant, base)
    ]
    return statistics.median(a - b for a, b in zip(*medians, strict=True))


def table(figures: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the figures for a page, in microseconds."""
    names = list(next(iter(figures["chat"].values())))
    lines = ["| call | variant | " + " | ".join(names) + " |", "|---|---|" + "--:|" * len(names)]
    for kind, variants in figures.items():
        for variant, row in variants.items():
            lines.append(f"| {kind} | {variant} | " + " | ".join(f"{value:,.0f}" for value in row.values()) + " |")
    return "\n".join(lines)


@contextlib.contextmanager
def worker(variant: str, env: dict[str, str]) -> Iterator[Ask]:
    """Run this script as one variant; yields what has it make a block of calls and returns what they took."""
    argv = [sys.executable, str(Path(__file__).resolve()), "--worker", variant]
    with subprocess.Popen(
        argv, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout

        def ask(kind: str, calls: int) -> list[Call]:
            print(kind, calls, file=process.stdin, flush=True)
            block: list[Call] = json.loads(process.stdout.readline())
            return block

        yield ask
        process.stdin.close()
        process.wait(60)


def work(variant: str) -> None:
    """Set up one variant, and make the calls that stdin asks for."""
    if variant == "alone":
        alone(os.environ["RECEIVER"])
    elif variant != "bare":
        import otel_cert

        otel_cert.instrument(os.environ["RECEIVER"])
    import openai

    client = openai.OpenAI(base_url=os.environ["MODEL"], api_key="none", max_retries=0)
    for line in sys.stdin:
        kind, calls = line.split()
        print(json.dumps([call(client, KINDS[kind]) for _ in range(int(calls))]), flush=True)


def alone(receiver: str) -> None:
    """Set up what `otel_cert.instrument()` builds on, as its documentation says."""
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{receiver}/v1/traces")))
    trace.set_tracer_provider(provider)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{receiver}/v1/metrics"))
    metrics.set_meter_provider(MeterProvider([reader]))
    OpenAIInstrumentor().instrument()


def call(client: Any, options: dict[str, Any]) -> Call:
    """Return what it took from a call to its answer, of a stream to its end."""
    started, busy = time.perf_counter(), time.thread_time()
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=_MESSAGES, **options)
    if options.get("stream"):
        for _ in answer:
            pass
    return (time.perf_counter() - started) * 1e6, (time.thread_time() - busy) * 1e6


@contextlib.contextmanager
def serving(answer: Callable[[bytes, bytes], bytes]) -> Iterator[str]:
    """Serve HTTP/1.1 from a process of its own; yields the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, answer), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()
        listener.close()


def _serve(listener: socket.socket, answer: Callable[[bytes, bytes], bytes]) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_converse, args=(connection, answer), daemon=True).start()


def _converse(connection: socket.socket, answer: Callable[[bytes, bytes], bytes]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            length = 0
            while (header := stream.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            connection.sendall(answer(line, stream.read(length)))


def answer_telemetry(_line: bytes, _body: bytes) -> bytes:
    """Take everything."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"


def answer_model(_line: bytes, body: bytes) -> bytes:
    """Answer a chat with the same words at once, as a whole or as a stream."""
    if b'"stream":true' in body:
        return _STREAM
    return _WITH_LOGPROBS if b'"logprobs":true' in body else _WHOLE


def _response(kind: str, body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


_USAGE = {"prompt_tokens": 120, "completion_tokens": _TOKENS, "total_tokens": 120 + _TOKENS}
_HEAD = {"id": "chatcmpl-1", "created": 1764000000, "model": "gpt-4o-mini-2024-07-18"}


def _whole(logprobs: Any) -> bytes:
    message = {"role": "assistant", "content": "word " * _TOKENS}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}
    return _response(
        "application/json", json.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE})
    )


def _stream() -> bytes:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "word "} for _ in range(_TOKENS)]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    head = {**_HEAD, "object": "chat.completion.chunk"}
    events = [{**head, "choices": [choice]} for choice in choices]
    events.append({**head, "choices": [], "usage": _USAGE})
    return _response("text/event-stream", "".join(f"data: {json.dumps(e)}\n\n" for e in events) + "data: [DONE]\n\n")


_TOP = [{"token": f"word{i}", "logprob": -0.5 * i, "bytes": None} for i in range(5)]
_TOKEN = {"token": "word ", "logprob": -0.25, "bytes": None, "top_logprobs": _TOP}
_WHOLE = _whole(None)
_WITH_LOGPROBS = _whole({"content": [_TOKEN] * _TOKENS, "refusal": None})
_STREAM = _stream()


if __name__ == "__main__":
    main()
