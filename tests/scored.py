"""A store whose answers are scored, by a method of another package that can be checked by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otel_cert import pipeline
from otel_cert.engine.follower import Follower
from otel_cert.measures.accuracy import method
from otel_cert.processors.accuracy import FACTORY
from otel_cert.processors.accuracy_settings import AccuracySettings
from tests.stored import Store, body, chat

PACKAGE = Path(__file__).parent / "overlap"
"""The other package, as it lies in an environment: a module, and what says that it has an entry point."""
RIVER = "The Loire is 1006 kilometres long. It is in France."


@contextmanager
def overlap_installed() -> Iterator[None]:
    """Have the method `overlap` within the block."""
    sys.path.append(str(PACKAGE))
    method._installed.cache_clear()
    try:
        yield
    finally:
        sys.path.remove(str(PACKAGE))
        method._installed.cache_clear()


class ScoredStore(Store):
    """A store with the processor `accuracy`."""

    def __init__(self, root: Path, **settings: Any) -> None:
        super().__init__(root)
        self.set(**settings)

    def set(self, **settings: Any) -> None:
        """Configure the processor, by default with the method `overlap`."""
        config, pipelines = self.config, self.config.service.pipelines
        analysis = pipelines.analysis.model_copy(update={"processors": ("genai", "cost", "entropy", FACTORY.type)})
        service = config.service.model_copy(update={"pipelines": pipelines.model_copy(update={"analysis": analysis})})
        made = AccuracySettings(**({"method": "overlap"} | settings))
        self.config = config.model_copy(
            update={"service": service, "processors": config.processors | {FACTORY.type: made}}
        )

    def follower(self, *, restart: bool = False) -> Follower:
        """Return a new follower, as a start of the process makes it."""
        return pipeline.follower(self.layout, self.config, self.registry, restart=restart)

    def score(self, *, restart: bool = False) -> int:
        """Score what waits; return how many traces were looked at."""
        follower, traces = self.follower(restart=restart), 0
        while done := follower.round():
            traces += done.traces
        return traces


def rag(trace: int, answer: str | None, *documents: str, question: str = "How long is it?", **more: Any) -> bytes:
    """Return a request: a retrieval of documents and a call that answers, both below one span."""
    retrieved = json.dumps([{"id": str(number), "content": text} for number, text in enumerate(documents)])
    above = chat(trace, 1, gen_ai__operation__name="invoke_agent")
    retrieval = chat(
        trace, 2, parent=1, gen_ai__operation__name="retrieval", gen_ai__retrieval__documents=retrieved,
        gen_ai__retrieval__query__text=question,
    ) | {"name": "retrieval"}  # fmt: skip
    asked = [{"role": "user", "parts": [{"type": "text", "content": question}]}]
    parts = [{"type": "text", "content": answer}] if answer is not None else []
    said = {
        "gen_ai__input__messages": json.dumps(asked),
        "gen_ai__output__messages": json.dumps([{"role": "assistant", "parts": parts, "finish_reason": "stop"}]),
    }
    return body(above, *([retrieval] if documents else []), chat(trace, 3, parent=1, **(said | more)))
