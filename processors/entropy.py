"""The `entropy` processor: how sure the model was of each token of its answers, from recorded log probabilities.

A call without log probabilities gets a row that says why. Those with any get one per answer, and one evaluation
`surprisal`, the mean negative log-likelihood of their tokens. Nothing is asked of a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import Field

from otel_cert.component import Factory, Kind, Settings, Signal, Stability
from otel_cert.measures.entropy import Part, Place, Profile, Tokens, locate, profile, read, vocabulary_of
from otel_cert.measures.entropy.profile import BELOW, WINDOW, Run
from otel_cert.processors.entropy_figures import Row, figures, filled, listed, storable
from otel_cert.schema import EVALUATIONS, TOKEN_ENTROPY, Table

if TYPE_CHECKING:
    import duckdb

SOURCE = "recorded"
"""The provider's own numbers."""
EVALUATION, EVALUATOR, VERSION = "surprisal", "otel-cert/entropy", "1"

_CALLS = """\
SELECT trace_id, span_id, receive_day, request_model, response_model, output_messages, logprobs
FROM genai_calls
WHERE logprobs IS NOT NULL
"""


class EntropySettings(Settings):
    """What is told about the tokens of an answer."""

    window: int = Field(default=WINDOW, ge=1)
    """Tokens of the window that is looked for where the model was least sure."""
    below: float = Field(default=BELOW, gt=0, le=1)
    """Tokens less probable than this are counted."""
    vocabulary_sizes: dict[str, int] = Field(default_factory=dict)
    """How many tokens your models choose among, by the beginning of their names; they go before the published ones."""


class Entropy:
    """Measures answers that carry log probabilities."""

    def __init__(self, settings: EntropySettings | None = None) -> None:
        self._settings = settings or EntropySettings()

    def evaluate(self, con: duckdb.DuckDBPyConnection) -> Mapping[str, pa.Table]:
        """Return the rows of `token_entropy` and of `evaluations`; see `component.Processor`."""
        without = con.sql(_sql()).to_arrow_table()
        measured: list[Row] = []
        evaluations: list[Row] = []
        for call in con.sql(_CALLS).to_arrow_table().to_pylist():
            rows = [*self._answers(call)]
            measured += rows
            evaluations += _evaluation(call, rows)
        return {
            TOKEN_ENTROPY.name: pa.concat_tables([_completed(TOKEN_ENTROPY, without), filled(TOKEN_ENTROPY, measured)]),
            EVALUATIONS.name: filled(EVALUATIONS, evaluations),
        }

    def _answers(self, call: Row) -> Iterator[Row]:
        """Yield a row per answer, and one of the call when its record holds none."""
        choices = listed(call["logprobs"])
        messages = listed(call["output_messages"])
        known = vocabulary_of(call["response_model"] or call["request_model"], self._settings.vocabulary_sizes)
        row = {"source": SOURCE, "vocabulary": known and known.name, "vocabulary_size": known and known.size}
        row |= {name: call[name] for name in ("trace_id", "span_id", "receive_day")}
        for number, choice in enumerate(choices or [[]]):
            tokens = read(choice if isinstance(choice, list) else [])
            found = profile(tokens, known and known.size, window=self._settings.window, below=self._settings.below)
            places = locate(tokens.texts, _parts(messages[number] if number < len(messages) else None))
            reason = None if found.known else "no_numbers" if len(tokens) else "no_tokens"
            yield row | {"choice": number, "reason": reason} | _figures(tokens, found, places)


def _figures(tokens: Tokens, found: Profile, places: Sequence[Place | None]) -> Row:
    return figures(found, places, lambda run: _spelled(tokens, run)) | {
        "n_unlikely": tokens.unlikely,
        "n_unreadable": tokens.unreadable,
        "tokens": None if all(text is None for text in tokens.texts) else [*map(storable, tokens.texts)],
        "ranks": [rank or None for rank in tokens.ranks.tolist()],
        "alternatives": tokens.alternatives.tolist(),
    }


def _spelled(tokens: Tokens, run: Run) -> str | None:
    """Return the text of a run of tokens; None when one of them was not recorded."""
    texts = tokens.texts[run.first : run.last]
    return None if None in texts else storable("".join(text or "" for text in texts))


def _evaluation(call: Row, rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the evaluation of a call whose answers have figures: of all their tokens together."""
    n, known = (sum(row[name] for row in rows) for name in ("n_tokens", "n_known"))
    if not known:
        return
    score = sum(row["sum_surprisal"] or 0.0 for row in rows) / known
    yield {
        "trace_id": call["trace_id"],
        "span_id": call["span_id"],
        "evaluation_name": EVALUATION,
        "evaluator": EVALUATOR,
        "evaluator_version": VERSION,
        "score_value": score,
        "explanation": f"mean negative log-likelihood of {known} of {n} tokens, nats; 0 = certain",
        "received": False,
        "receive_day": call["receive_day"],
    }


def _parts(message: Any) -> list[Part]:
    """Return the texts of an answer: its reasoning, then what it says and which tools it asks for.

    Several texts of one kind are one, a line each, as in `claims`; places count from its start.
    """
    sent = message.get("parts") if isinstance(message, dict) else None
    found: list[Part] = []
    ends = dict.fromkeys(("text", "reasoning"), 0)
    for part in sent if isinstance(sent, list) else ():
        kind, content = (part.get("type"), part.get("content")) if isinstance(part, dict) else (None, None)
        if kind in ends and isinstance(content, str):
            found.append(Part(kind, content, ends[kind]))
            ends[kind] += len(content) + 1
        elif kind == "tool_call":
            found += [Part(kind, text) for text in _arguments(part.get("arguments"))]
    return sorted(found, key=lambda part: part.kind != "reasoning")


def _arguments(sent: Any) -> list[str]:
    """Return the arguments of a tool call in the forms in which a model may have written them."""
    if isinstance(sent, str):
        return [sent]
    if sent is None:
        return []
    return [json.dumps(sent, ensure_ascii=False, separators=(",", ":")), json.dumps(sent, ensure_ascii=False)]


def _completed(table: Table, rows: pa.Table) -> pa.Table:
    """Return rows with the columns that they lack, unknown."""
    columns = [
        rows[f.name].cast(f.type) if f.name in rows.column_names else pa.nulls(rows.num_rows, f.type)
        for f in table.arrow
    ]
    return pa.table(columns, schema=table.arrow)


@cache
def _sql() -> str:
    return (resources.files(__package__) / "entropy.sql").read_text(encoding="utf-8")


FACTORY = Factory(
    type="entropy",
    kind=Kind.PROCESSOR,
    config=EntropySettings,
    create=Entropy,
    stability=Stability.BETA,
    doc="Tells from recorded log probabilities how sure the model was of each token; a call without them has a reason.",
    signals=(Signal.ANALYSIS,),
    reads=("genai_calls",),
    writes=(TOKEN_ENTROPY, EVALUATIONS),
)
