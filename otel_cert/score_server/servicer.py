"""The methods of the scoring service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, NoReturn, TypeVar
from urllib.parse import unquote

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2 as code
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from otel_cert.errors import (
    Backpressure,
    NotFound,
    OtelCertError,
    Permanent,
    PermissionDenied,
    RateLimited,
    Retryable,
    Unauthenticated,
    UsageError,
)
from otel_cert.otlp.status import refusal, retry
from otel_cert.receivers._gate import Gate
from otel_cert.score_server.batches import Batches
from otel_cert.scoring import wire
from otel_cert.scoring.encoded import Encoded
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.remote_models import LanguageModel
from otel_cert.scoring.scored_tokens import Item, TokenScores, Unscored
from otel_cert.scoring.v1 import scoring_pb2 as pb
from otel_cert.store.tokens import SCORE

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_BUSY_S = 0.5
_RETRY_S = 1.0


class _NoModel(OtelCertError):
    """The server was started without what is asked for."""


class _Late(OtelCertError):
    """The caller's deadline is over."""


class Servicer:
    """Answers `otel_cert.scoring.v1.Scoring`; every failure is a status that says what to do."""

    def __init__(
        self,
        encoder: Encoder,
        lm: LanguageModel | None,
        gate: Gate,
        *,
        most_together: int,
        most_items_together: int,
        waiting: int,
        calls: int,
    ) -> None:
        self._encoder, self._lm, self._gate = encoder, lm, gate
        self._calls, self._most_calls = 0, calls
        self._lock = threading.Lock()
        self.texts: Batches[str, Encoded] = Batches("embed", encoder.encode, most=most_together, waiting=waiting)
        self.items: Batches[Item, TokenScores | Unscored] = Batches(
            "score", self._scored, most=most_items_together, waiting=waiting
        )
        self._answers: dict[str, Callable[[Any, grpc.ServicerContext], Message]] = {
            "Describe": self._describe,
            "Tokenize": self._tokenize,
            "Embed": self._embed,
            "Score": self._score,
        }

    def handler(self) -> grpc.GenericRpcHandler:
        """Return the service for a server."""
        return grpc.method_handlers_generic_handler(
            wire.SERVICE, {name: grpc.unary_unary_rpc_method_handler(self._method(name)) for name in self._answers}
        )

    def start(self) -> None:
        """Begin to compute."""
        self.texts.start()
        self.items.start()

    def stop(self) -> None:
        """Compute what waits, and end."""
        self.texts.stop()
        self.items.stop()

    def _method(self, name: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        answer, request = self._answers[name], wire.METHODS[name].request

        # Without (de)serializers who may not ask is refused before anything is read.
        def method(body: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                self._admit(context)
                return answer(request.FromString(body), context).SerializeToString()
            except Exception as error:
                _abort(context, _status(error))

        return method

    def _admit(self, context: grpc.ServicerContext) -> None:
        if self._gate.open:
            return
        given = [str(value) for key, value in context.invocation_metadata() if key == "authorization"]
        peer = unquote(context.peer()).partition(":")[2].rpartition(":")[0].strip("[]")
        self._gate.admit(", ".join(given) or None, SCORE, peer)

    def _describe(self, _: pb.DescribeRequest, __: grpc.ServicerContext) -> pb.DescribeResponse:
        lm = self._lm
        return pb.DescribeResponse(
            encoder_versions=self._encoder.versions,
            width=self._encoder.width,
            longest=self._encoder.longest,
            lm_versions=lm.versions if lm else {},
            lm_label=lm.label if lm else "",
            most=wire.MOST,
        )

    def _tokenize(self, request: pb.TokenizeRequest, _: grpc.ServicerContext) -> pb.TokenizeResponse:
        _check(request.texts)
        return pb.TokenizeResponse(pieces=[wire.pieces_message(self._encoder.pieces(text)) for text in request.texts])

    def _embed(self, request: pb.EmbedRequest, context: grpc.ServicerContext) -> pb.EmbedResponse:
        _check(request.texts)
        found = self._waited(self.texts, list(request.texts), context)
        return pb.EmbedResponse(vectors=[wire.vectors_message(one) for one in found], versions=self._encoder.versions)

    def _score(self, request: pb.ScoreRequest, context: grpc.ServicerContext) -> pb.ScoreResponse:
        if self._lm is None:
            raise _NoModel("this server has no language model: start it with `otel-cert score-server --lm MODEL`")
        _check(request.items)
        found = self._waited(self.items, [wire.item(item) for item in request.items], context)
        results = [wire.result_message(one) for one in found]
        return pb.ScoreResponse(results=results, versions=self._lm.versions, label=self._lm.label)

    def _scored(self, items: list[Item]) -> Sequence[TokenScores | Unscored]:
        assert self._lm is not None  # noqa: S101 - `_score` checked it
        return self._lm.score(items)

    def _waited(self, batches: Batches[Any, _T], things: Sequence[Any], context: grpc.ServicerContext) -> list[_T]:
        """Return the results; waits no longer than the caller does."""
        if not things:
            return []
        with self._lock:
            if self._calls >= self._most_calls:
                raise Backpressure(f"{self._calls} requests wait already", retry_after_s=_BUSY_S)
            self._calls += 1
        try:
            remaining_s = context.time_remaining()
            future: Future[list[_T]] = batches.submit(things, remaining_s)

            def give_up() -> None:
                future.cancel()

            if not context.add_callback(give_up):  # the caller is gone already
                give_up()
            return future.result(remaining_s)
        except (TimeoutError, CancelledError) as error:
            raise _Late("the deadline was over before the result was there") from error
        finally:
            with self._lock:
                self._calls -= 1


def _check(things: Sequence[Any]) -> None:
    if len(things) > wire.MOST:
        raise ValueError(f"{len(things)} in one request; send {wire.MOST} at most")


_CODES: Mapping[type[Exception], int] = {
    Unauthenticated: code.UNAUTHENTICATED,
    PermissionDenied: code.PERMISSION_DENIED,
    Permanent: code.INVALID_ARGUMENT,
    _NoModel: code.FAILED_PRECONDITION,
    _Late: code.DEADLINE_EXCEEDED,
    NotFound: code.FAILED_PRECONDITION,
    UsageError: code.FAILED_PRECONDITION,
    ValueError: code.INVALID_ARGUMENT,
    wire.Unreadable: code.INVALID_ARGUMENT,
    DecodeError: code.INVALID_ARGUMENT,
}
"""The first that fits counts."""


def _status(error: Exception) -> Status:
    """Return what to tell a caller; an unexpected error is told by its type only, for its text may quote what was sent."""
    if isinstance(error, RateLimited | Backpressure):
        return _exhausted(error.message, error.retry_after_s)
    if isinstance(error, MemoryError):
        return _exhausted("memory is short", _RETRY_S)
    if isinstance(error, Retryable):
        return retry(error.message, _RETRY_S)
    for kind, number in _CODES.items():
        if isinstance(error, kind):
            return refusal(int(number), str(error))
    log.error("a request failed", exc_info=error)
    told = error.message if isinstance(error, OtelCertError) else type(error).__name__
    return Status(code=code.INTERNAL, message=f"scoring failed: {told}")


def _exhausted(message: str, after_s: float) -> Status:
    status = retry(message, after_s)
    status.code = code.RESOURCE_EXHAUSTED
    return status


def _abort(context: grpc.ServicerContext, status: Status) -> NoReturn:
    context.abort_with_status(rpc_status.to_status(status))
