"""The `entropy_lm` processor: how surprising answers are to a language model, where no log probabilities were recorded.

The model reads the recorded prompt and answer (teacher forcing), so its distribution over the whole vocabulary is known at
each token. These are numbers *under that model*, and say nothing of how sure the model was that answered: they are rows of
another source, `lm`, with the scoring model's name. A call that is not scored has a row that says why.

It runs in a process of its own. An answer is scored again only when it, its prompt or the model is another.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import structlog

from otel_cert.component import Factory, Kind, Signal, Stability
from otel_cert.errors import NotFound, Retryable, UsageError
from otel_cert.measures.entropy import Bounds, Place, summarise
from otel_cert.measures.entropy.profile import Run
from otel_cert.measures.recorded_item import RecordedItem, recorded_item
from otel_cert.processors.call_texts import choices
from otel_cert.processors.entropy_figures import Row, figures, filled, listed, storable
from otel_cert.processors.entropy_lm_settings import EntropyLmSettings
from otel_cert.processors.sampled import Sampled
from otel_cert.processors.sampling import Plan
from otel_cert.schema import TOKEN_ENTROPY_LM
from otel_cert.scoring.remote_models import LanguageModel
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from otel_cert.store.query import OUT_OF_MEMORY

log = structlog.get_logger(__name__)

SOURCE = "lm"
FAILED = "scoring_failed"
_OWN = ("trace_id", "span_id", "receive_day")
_NOT_READ = {"reasoning"}


class EntropyLm:
    """Scores the answers of calls with one language model."""

    def __init__(self, settings: EntropyLmSettings) -> None:
        self._settings = settings
        self._plan = Plan(settings.sample, settings.seed, settings.sample_minimum)

    @cached_property
    def _lm(self) -> LanguageModel:
        """The model; loaded when it is first needed, in the process that scores."""
        return self._settings.made()

    @cached_property
    def _versions(self) -> Mapping[str, str]:
        return dict(self._lm.versions)

    @cached_property
    def identity(self) -> str:
        """What figures depend on, and which calls have some; see `component.Lasting`."""
        return _digest(self._versions, self._settings.model_dump(mode="json"))

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of `token_entropy_lm`; see `component.Processor`."""
        calls = con.sql(_sql()).to_arrow_table().to_pylist()
        stored, sampled = _stored(con), Sampled(self._plan, con, calls)
        rows: list[Row] = []
        wanted: list[tuple[Row, RecordedItem]] = []
        for call in calls:
            before = stored.get((call["trace_id"], call["span_id"]), {})
            share = sampled.share(call, _planned(before))
            for row, recorded in self._answers(call, share):
                kept = before.get(row["choice"])
                if recorded is None:
                    rows.append(row)
                elif kept is not None and kept["fingerprint"] == row["fingerprint"]:
                    rows.append(kept | {name: row[name] for name in ("receive_day", "sample_share", "sample_plan")})
                else:
                    wanted.append((row, recorded))
        scored = self._scored([recorded.item for _, recorded in wanted])
        rows += [
            row | self._told(recorded.item.answer, result)
            for (row, recorded), result in zip(wanted, scored, strict=True)
        ]
        return {TOKEN_ENTROPY_LM.name: filled(TOKEN_ENTROPY_LM, rows)}

    def _answers(self, call: Row, share: float | None) -> Iterator[tuple[Row, RecordedItem | None]]:
        """Yield a row per answer with what is scored of it; of a call that is not scored one with the reason."""
        row: Row = {name: call[name] for name in _OWN} | {"source": SOURCE, "scoring_model": self._lm.label}
        reason = call["reason"]
        if reason is None and call["recorded"] and not self._settings.always:
            reason = "own_recorded"
        if reason is None and share is None:
            reason = "not_sampled"
        texts = choices(call["output_messages"]) if reason is None else []
        if not texts:
            yield row | {"choice": 0, "reason": reason or "no_answer"}, None
            return
        row |= {"sample_share": share, "sample_plan": self._plan.text}
        system, messages = listed(call["system_instructions"]), listed(call["input_messages"])
        said = [message for message in listed(call["output_messages"]) if isinstance(message, dict)]
        for number, text in enumerate(texts):
            if text is None:
                yield row | {"choice": number, "reason": "no_answer"}, None
                continue
            recorded = recorded_item(system, messages, text)
            skipped = {*recorded.left_out, *_unread(said[number])}
            yield (
                row
                | {
                    "choice": number,
                    "left_out": sorted(skipped) or None,
                    "fingerprint": self._fingerprint(recorded.item),
                },
                recorded,
            )

    def _fingerprint(self, item: Item) -> str:
        return _digest(self._versions, self._settings.window, self._settings.below, item.prompt, item.answer)

    def _scored(self, items: Sequence[Item]) -> list[TokenScores | Unscored | None]:
        """Return the scores of items; None for one on which the model fails.

        Raises Retryable when the model is not there now, and for want of memory: the items are then scored later.
        """
        try:
            return list(self._lm.score(items)) if items else []
        except (NotFound, UsageError) as error:  # the model's, not an item's
            raise Retryable(error.message, hint=error.hint) from error
        except (Retryable, *OUT_OF_MEMORY):
            raise
        except Exception:
            log.exception("answers could not be scored", answers=len(items))
        if len(items) == 1:
            return [None]
        return [scored for item in items for scored in self._scored([item])]

    def _told(self, answer: str, found: TokenScores | Unscored | None) -> Row:
        row: Row = {"model_versions": json.dumps(self._versions, sort_keys=True), "scored_unix_ns": time.time_ns()}
        if found is None:
            return row | {"reason": FAILED}
        if isinstance(found, Unscored):
            return row | {"reason": found.problem, "problem": storable(found.message)}
        told = summarise(
            found.surprisal,
            Bounds(found.entropy, found.entropy),
            window=self._settings.window,
            below=self._settings.below,
        )
        starts, ends = found.offsets[:, 0].tolist(), found.offsets[:, 1].tolist()

        def spelled(run: Run) -> str | None:
            return storable(answer[starts[run.first] : ends[run.last - 1]])

        places = [Place("text", start, end) for start, end in zip(starts, ends, strict=True)]
        return row | figures(told, places, spelled) | {
            "n_unlikely": 0,
            "n_unreadable": 0,
            "tokens": [storable(answer[begin:end]) for begin, end in _pieces(ends)],
            "ranks": found.rank.tolist(),
            "alternatives": [None] * len(starts),
            "prompt_form": found.form,
            "windows": found.windows,
            "context": found.context,
        }  # fmt: skip


def _pieces(ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the characters that each token adds: together they spell the answer, although tokens may share a character."""
    reached = np.maximum.accumulate(np.array([0, *ends]))
    return zip(reached[:-1].tolist(), reached[1:].tolist(), strict=True)


def _unread(message: Mapping[str, Any]) -> set[str]:
    """Return the types of parts of an answer that stand before its text and are not read."""
    parts = message.get("parts")
    kinds = {str(part.get("type")) for part in parts if isinstance(part, dict)} if isinstance(parts, list) else set()
    return kinds & _NOT_READ


def _stored(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[int, Row]]:
    """Return the stored rows of the calls shown, by call and answer."""
    rows = con.sql(f"SELECT s.* FROM stored.{TOKEN_ENTROPY_LM.name} AS s SEMI JOIN genai_calls USING (trace_id)")
    found: dict[tuple[str, str], dict[int, Row]] = {}
    for row in rows.to_arrow_table().select(TOKEN_ENTROPY_LM.names).to_pylist():
        found.setdefault((row["trace_id"], row["span_id"]), {})[row["choice"]] = row
    return found


def _planned(before: Mapping[int, Row]) -> Row | None:
    """Return a stored row that was in a sample."""
    return next((row for row in before.values() if row["sample_plan"] is not None), None)


def _digest(*values: object) -> str:
    """Return 16 bytes of SHA-256 as hex."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _sql() -> str:
    return (resources.files(__package__) / "entropy_lm.sql").read_text(encoding="utf-8")


FACTORY = Factory(
    type="entropy_lm",
    kind=Kind.PROCESSOR,
    config=EntropyLmSettings,
    create=EntropyLm,
    stability=Stability.DEVELOPMENT,
    doc="Scores answers without log probabilities by a language model of yours, token by token, in a process of its own.",
    signals=(Signal.ANALYSIS,),
    reads=("genai_calls", "token_entropy"),
    writes=(TOKEN_ENTROPY_LM,),
    own_process=True,
)
