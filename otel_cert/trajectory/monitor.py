"""Runs a causal language model here and says of each answer, token by token, how sure the model was."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from otel_cert.trajectory.answer import Answer
from otel_cert.trajectory.batch import Batches, Call, unfinished
from otel_cert.trajectory.cache import AnswerCache
from otel_cert.trajectory.decode import Decoder, Limits
from otel_cert.trajectory.errors import InvalidInput, TrajectoryError
from otel_cert.trajectory.gates import Gates, chosen, judged, warn_of_vacuous
from otel_cert.trajectory.health import Health, process_bytes
from otel_cert.trajectory.holder import Holder, State
from otel_cert.trajectory.model import Model
from otel_cert.trajectory.request import Prompt, Sampling, checked_count, checked_prompt, checked_timeout
from otel_cert.trajectory.result import Trajectory
from otel_cert.trajectory.stream import Stream
from otel_cert.trajectory.telemetry import Recording

if TYPE_CHECKING:
    from types import TracebackType

_UNSET: Any = object()


class TrajectoryMonitor:
    """A model that answers, and how sure it was; loaded at the first use or by `preload`, safe for several threads.

        with TrajectoryMonitor("models/mine") as monitor:
            answer = monitor.analyze("The capital of Norway is")
            print(answer.text, answer.perplexity, answer.passed_quality_check, answer.reasons)

    Args:
        model: a folder that transformers reads, or a name on the hub.
        device: `auto` takes CUDA where there is one; `cuda`, `cuda:1`, ...; `cpu`.
        preload: load now rather than at the first call.
        load_in_8bit: where there are CUDA, bitsandbytes and accelerate; elsewhere it is loaded as it is, with a warning.
        name: the model's name in results and spans; the folder's or the hub's when not given.
        chat: whether a chat template is applied to text; by default, when the tokenizer has one. Messages always need it.
        max_new_tokens: of an answer; each call may say otherwise.
        max_prompt_chars, max_prompt_tokens: a longer prompt is refused, not cut off. Whatever is given, prompt and
            answer stay within the places that the model has.
        timeout: seconds for a call, waiting for the model included; None for no limit. It is looked at before each token.
        gates: limits by name or gates of one's own; see `otel_cert.trajectory.gates`.
        top_logprobs: how many of the most probable tokens are kept at each step.
        batch_size: most prompts that are computed side by side.
        cache_size: answers that are kept of calls without sampling; 0 keeps none.
        cpu_fallback: whether the processor takes over when the accelerator's memory is too small.

    Raises:
        InvalidInput: an argument makes no sense.
        ModelNotLoaded: with `preload`, the model cannot be loaded.

    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "auto",
        preload: bool = False,
        load_in_8bit: bool = False,
        name: str | None = None,
        chat: bool | None = None,
        max_new_tokens: int = 256,
        max_prompt_chars: int = 100_000,
        max_prompt_tokens: int | None = None,
        timeout: float | None = 60.0,
        gates: Gates | None = None,
        top_logprobs: int = 5,
        batch_size: int = 16,
        cache_size: int = 128,
        cpu_fallback: bool = True,
    ) -> None:
        if not str(model):
            raise InvalidInput("model: nothing is given", hint="give a folder, or a name on the hub")
        if device not in ("auto", "cpu") and not device.startswith("cuda"):
            raise InvalidInput(f"device: {device!r} is not known", hint="valid: auto, cuda, cpu")
        folder = Path(model).expanduser()
        self._source = str(folder) if folder.exists() else str(model)
        self.name = name or (folder.resolve().name if folder.exists() else str(model))
        self._chat = chat
        self._most_chars = checked_count("max_prompt_chars", max_prompt_chars, 1)
        self._most_tokens = (
            None if max_prompt_tokens is None else checked_count("max_prompt_tokens", max_prompt_tokens, 1)
        )
        self._most_new = checked_count("max_new_tokens", max_new_tokens, 1)
        self._timeout = checked_timeout(timeout)
        self.gates = chosen(gates)
        self._top = checked_count("top_logprobs", top_logprobs, 0)
        self._batch_size = checked_count("batch_size", batch_size, 1)
        self._cache = AnswerCache(checked_count("cache_size", cache_size, 0))

        self._vocabulary = 1

        def load() -> Model:
            found = Model(self._source, device, eight_bit=load_in_8bit, cpu_fallback=cpu_fallback)
            self._vocabulary = found.vocabulary
            warn_of_vacuous(self.gates, found.vocabulary)
            return found

        self._holder = Holder(load, self._cache.clear)
        if preload:
            self.preload()

    def analyze(
        self,
        prompt: Prompt,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int | None = None,
        timeout: float | None = _UNSET,
    ) -> Trajectory:
        """Generate an answer and measure it; the most probable token each time, unless `temperature` is above 0.

        An answer without sampling that is in the cache is returned as `cached`, and no span is emitted for it.

        Raises:
            InvalidInput: the prompt or an argument makes no sense; PromptTooLong: a limit is passed.
            ModelNotLoaded: it cannot be loaded, or is not within `timeout`.
            GenerationTimeout: the time was over; `partial` has what came.
            OutOfMemory: see GPUOutOfMemory and CPUFallbackFailed.
            InvalidLogits: the model computed no distribution.

        """
        sampling = self._sampling(max_new_tokens, temperature, top_p, top_k, seed)
        return self._one(prompt, sampling, self._limits(timeout))

    async def analyze_async(
        self,
        prompt: Prompt,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int | None = None,
        timeout: float | None = _UNSET,
    ) -> Trajectory:
        """Do what `analyze` does, in a thread; cancelling stops the generation before its next token."""
        stop = threading.Event()
        sampling = self._sampling(max_new_tokens, temperature, top_p, top_k, seed)
        limits = self._limits(timeout, stop)
        try:
            return await asyncio.to_thread(self._one, prompt, sampling, limits)
        finally:
            stop.set()

    def analyze_batch(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int | None = None,
        timeout: float | None = _UNSET,
        return_errors: bool = False,
    ) -> list[Trajectory | TrajectoryError]:
        """Answer several prompts side by side, `batch_size` at a time, in their order.

        Each answer is the one it would be by itself, but for rounding, and with a seed draws the same. `timeout` is for all
        together. With `return_errors` a prompt that fails has its error in its place, and the others their answers; else
        the first error is raised, that of an invalid prompt before anything is generated. Raises what `analyze` raises.
        """
        if isinstance(prompts, str):
            raise InvalidInput("prompts: a text was given", hint="give a list of prompts")
        sampling = self._sampling(max_new_tokens, temperature, top_p, top_k, seed)
        return self._all(list(prompts), sampling, self._limits(timeout), return_errors=return_errors)

    def stream(
        self,
        prompt: Prompt,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        top_k: int = 0,
        seed: int | None = None,
        timeout: float | None = _UNSET,
    ) -> Stream:
        """Return an iterator over tokens as they are generated; its `result` is the answer so far.

        Between two tokens the model is not in use: it may be unloaded, and is loaded again for the next one. The time
        counts from the first token asked for to the last, what the caller does between them included. A character whose
        bytes never become complete is in `result` only. The cache is not used. Iterating raises what `analyze` raises.
        """
        sampling = self._sampling(max_new_tokens, temperature, top_p, top_k, seed)
        checked_prompt(prompt, self._most_chars)
        limits = self._limits(timeout)
        recording = Recording(self.name, prompt, sampling, stream=True)

        def begin(model: Model) -> tuple[Decoder, Answer]:
            decoder = Decoder(model, [self._encoded(model, prompt, recording)], sampling, self._top)
            return decoder, Answer(decoder.rows[0], recording, self.name)

        return Stream(lambda: self._holder.use(limits.deadline), begin, self._judge, limits, recording)

    def preload(self, timeout: float | None = None) -> None:
        """Load the model now; raises ModelNotLoaded when it cannot be, or is not after `timeout` seconds."""
        with self._holder.use(Limits(checked_timeout(timeout)).deadline):
            pass

    def unload(self, timeout: float | None = None) -> None:
        """Free the model and the cache, once the calls that use it are done; the next call loads it again.

        Raises GenerationTimeout when it is still in use after `timeout` seconds; it then stays.
        """
        self._holder.unload(checked_timeout(timeout))

    def close(self) -> None:
        """Refuse every further call, wait for those that run, and free the model."""
        self._holder.unload(close=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def health_check(self, *, probe: bool = False) -> Health:
        """Return how the monitor is; `probe` also generates one token, loading the model if need be."""
        error, seconds = self._holder.error, None
        if probe:
            error, seconds = self._probed()
        model, state = self._holder.model, self._holder.state
        return Health(
            state=str(state),
            healthy=state is not State.CLOSED and error is None,
            model=self.name,
            device=model.device if model else None,
            fell_back=bool(model and model.fell_back),
            eight_bit=bool(model and model.eight_bit),
            vocabulary=model.vocabulary if model else None,
            model_bytes=model.bytes if model else None,
            gpu_bytes=model.gpu_bytes if model else None,
            process_bytes=process_bytes(),
            users=self._holder.users,
            cached=len(self._cache),
            cache_hits=self._cache.hits,
            cache_misses=self._cache.misses,
            error=str(error) if error else None,
            probe_s=seconds,
        )

    def _probed(self) -> tuple[Exception | None, float | None]:
        started = time.monotonic()
        limits = self._limits(_UNSET)
        try:
            with self._holder.use(limits.deadline) as model:
                ids = [max(model.vocabulary - 1, 0)]
                Decoder(model, [ids], Sampling(1), 1).step(model, limits)
        except TrajectoryError as error:
            return error, None
        return None, time.monotonic() - started

    def _one(self, prompt: Prompt, sampling: Sampling, limits: Limits) -> Trajectory:
        (found,) = self._all([prompt], sampling, limits, return_errors=False)
        assert isinstance(found, Trajectory)  # noqa: S101 - an error was raised
        return found

    def _all(
        self, prompts: Sequence[Prompt], sampling: Sampling, limits: Limits, *, return_errors: bool
    ) -> list[Trajectory | TrajectoryError]:
        found: list[Trajectory | TrajectoryError | None] = [self._known(prompt, sampling) for prompt in prompts]
        _raise_first(found, return_errors=return_errors)
        calls = {
            n: Call(prompt, Recording(self.name, prompt, sampling, stream=False))
            for n, prompt in enumerate(prompts)
            if found[n] is None
        }
        try:
            if calls:
                self._generate(list(calls.values()), sampling, limits, go_on=return_errors)
        except BaseException as error:
            for call in unfinished(list(calls.values())):
                call.recording.fail(error)
            if not (return_errors and isinstance(error, TrajectoryError)):
                raise
            for call in unfinished(list(calls.values())):
                call.outcome = error
        for n, call in calls.items():
            found[n] = call.outcome
        _raise_first(found, return_errors=return_errors)
        return [each for each in found if each is not None]

    def _known(self, prompt: Prompt, sampling: Sampling) -> Trajectory | TrajectoryError | None:
        """Return the answer in the cache, what is wrong with the prompt, or None."""
        try:
            checked_prompt(prompt, self._most_chars)
        except InvalidInput as error:
            return error
        kept = self._cache.get(_key(prompt, sampling)) if sampling.greedy else None
        return replace(kept, cached=True) if kept else None

    def _generate(self, calls: Sequence[Call], sampling: Sampling, limits: Limits, *, go_on: bool) -> None:
        with self._holder.use(limits.deadline) as model:
            for call in calls:
                try:
                    call.ids = self._encoded(model, call.prompt, call.recording)
                except InvalidInput as error:
                    call.end(error)
                    if not go_on:
                        raise
            batches = Batches(self.name, sampling, self._top, self._batch_size, self._judge)
            batches.run(model, list(unfinished(calls)), limits)
            if sampling.greedy:
                for call in calls:
                    if isinstance(call.outcome, Trajectory):
                        self._cache.put(_key(call.prompt, sampling), call.outcome)

    def _encoded(self, model: Model, prompt: Prompt, recording: Recording) -> list[int]:
        chat = model.chats if self._chat is None else self._chat
        if chat and not model.chats:
            raise InvalidInput(f"{self.name} has no chat template", hint="leave out chat=True")
        if chat:
            recording.chats()
        return model.encode(prompt, chat=chat, most=self._most_tokens)

    def _judge(self, answer: Trajectory) -> Trajectory:
        return judged(answer, self.gates, self._vocabulary)

    def _sampling(
        self, max_new_tokens: int | None, temperature: float, top_p: float, top_k: int, seed: int | None
    ) -> Sampling:
        most = self._most_new if max_new_tokens is None else max_new_tokens
        return Sampling(most, temperature, top_p, top_k, seed)

    def _limits(self, timeout: float | None, stop: threading.Event | None = None) -> Limits:
        return Limits(self._timeout if timeout is _UNSET else checked_timeout(timeout), stop)


HamiltonianMonitor = TrajectoryMonitor
"""The name that an earlier tool used."""


def _key(prompt: Prompt, sampling: Sampling) -> Hashable:
    said = prompt if isinstance(prompt, str) else tuple(tuple(sorted(message.items())) for message in prompt)
    return said, sampling.max_new_tokens


def _raise_first(found: Sequence[Trajectory | TrajectoryError | None], *, return_errors: bool) -> None:
    first = next((each for each in found if isinstance(each, TrajectoryError)), None)
    if first is not None and not return_errors:
        raise first
