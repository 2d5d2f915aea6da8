"""Limits, cache, time, threads, async, streams, and everything that goes wrong."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
from itertools import islice

import pytest

from otel_cert.errors import OtelCertError
from otel_cert.trajectory import (
    DEFAULTS,
    CPUFallbackFailed,
    Gate,
    GenerationCancelled,
    GenerationTimeout,
    GPUOutOfMemory,
    HamiltonianMonitor,
    InvalidInput,
    InvalidLogits,
    ModelNotLoaded,
    OutOfMemory,
    PromptTooLong,
    TrajectoryError,
    TrajectoryMonitor,
)
from otel_cert.trajectory.decode import Limits
from tests.trajectory.models import PLACES, save_causal


def failing(net, monkeypatch, *errors, before=None):
    """Make the network raise these at its first passes; None lets one pass."""
    forward, waiting = net.forward, list(errors)

    def passing(**inputs):
        if before:
            before()
        if waiting and (error := waiting.pop(0)):
            raise error
        return forward(**inputs)

    monkeypatch.setattr(net, "forward", passing)


def oom():
    import torch

    return torch.OutOfMemoryError("CUDA out of memory (simulated)")


# What is refused.


@pytest.mark.parametrize("prompt", ["", [], 5, None, b"bytes", [{"role": "user"}], ["text"], "\ud800"])
def test_what_is_no_prompt(monitor, prompt):
    with pytest.raises(InvalidInput) as found:
        monitor.analyze(prompt)
    assert not found.value.recoverable
    assert monitor.health_check().state == "not loaded", "refused before anything is loaded"


@pytest.mark.parametrize(
    "settings",
    [
        {"max_new_tokens": 0}, {"max_new_tokens": 1.5}, {"temperature": -1}, {"temperature": float("nan")}, {"top_p": 0},
        {"top_p": 1.1}, {"top_k": -1}, {"seed": "x"}, {"timeout": -1}, {"timeout": "soon"},
    ],
)  # fmt: skip
def test_what_is_no_setting(monitor, settings):
    with pytest.raises(InvalidInput, match=next(iter(settings))):
        monitor.analyze("a", **settings)


@pytest.mark.parametrize(
    "settings", [{"device": "tpu"}, {"batch_size": 0}, {"cache_size": -1}, {"gates": {"entropie": 1}}, {"gates": [1]},
                 {"gates": {"perplexity": "low"}}, {"gates": [DEFAULTS[0], DEFAULTS[0]]}]
)  # fmt: skip
def test_what_makes_no_monitor(gpt2, settings):
    with pytest.raises(InvalidInput):
        TrajectoryMonitor(gpt2, **settings)


def test_prompts_are_never_cut_off(gpt2, monitor):
    with pytest.raises(PromptTooLong, match=f"the limit is {PLACES - 1}"):
        monitor.analyze("12 " * PLACES)
    with TrajectoryMonitor(gpt2, max_prompt_chars=5, max_prompt_tokens=2) as small:
        with pytest.raises(PromptTooLong, match="6 characters"):
            small.analyze("abcdef")
        with pytest.raises(PromptTooLong, match="3 tokens, and the limit is 2"):
            small.analyze("xyz")


def test_an_answer_ends_where_the_models_places_do(monitor):
    answer = monitor.analyze("z" * (PLACES - 4))
    assert (len(answer.tokens), answer.finish_reason) == (4, "length")


def test_messages_need_a_template(monitor, tmp_path):
    with pytest.raises(InvalidInput, match="no chat template"):
        monitor.analyze([{"role": "user", "content": "Hi"}])
    with TrajectoryMonitor(save_causal(tmp_path, chat=True), max_new_tokens=3) as chatting:
        answer = chatting.analyze([{"role": "user", "content": "Hi"}])
        assert answer.text == chatting.analyze("Hi").text
        assert answer.prompt_tokens == len(chatting._holder.model.tokenizer("<user>Hi\n<assistant>")["input_ids"])
    with TrajectoryMonitor(tmp_path, max_new_tokens=3, chat=False) as plain:
        assert plain.analyze("Hi").prompt_tokens == 2


# The cache.


def test_the_cache_keeps_answers_that_were_not_drawn(monitor, net, monkeypatch):
    first = monitor.analyze("of")
    failing(net, monkeypatch, *[AssertionError("asked again")] * 3)
    again = monitor.analyze("of")
    assert (again.cached, first.cached, again.tokens) == (True, False, first.tokens)
    for other in ({"temperature": 1.0, "seed": 1}, {"max_new_tokens": 3}):
        with pytest.raises(AssertionError, match="asked again"):
            monitor.analyze("of", **other)


def test_the_cache_forgets_the_least_recently_used_and_all_when_unloaded(gpt2):
    with TrajectoryMonitor(gpt2, max_new_tokens=1, cache_size=2) as monitor:
        for prompt in ("a", "b", "a", "c"):
            monitor.analyze(prompt)
        assert [monitor.analyze(p).cached for p in ("a", "c", "b")] == [True, True, False]
        health = monitor.health_check()
        assert (health.cached, health.cache_hits) == (2, 3)
        monitor.unload()
        assert monitor.health_check().cached == 0
    with TrajectoryMonitor(gpt2, max_new_tokens=1, cache_size=0) as monitor:
        assert [monitor.analyze("a").cached for _ in "ab"] == [False, False]


# Time and cancelling.


def test_a_timeout_stops_between_two_tokens(monitor, net, monkeypatch):
    passes = []

    def slow():
        passes.append(1)
        time.sleep(0.05)

    failing(net, monkeypatch, before=slow)
    with pytest.raises(GenerationTimeout) as found:
        monitor.analyze("a", max_new_tokens=80, timeout=0.5)
    stopped = len(passes)
    assert 0 < stopped < 80
    partial = found.value.partial
    assert (len(partial.tokens), partial.finish_reason) == (stopped, "incomplete")
    assert found.value.recoverable
    assert found.value.retry_after is None
    time.sleep(0.2)
    assert len(passes) == stopped, "nothing goes on behind the caller's back"
    assert not monitor.analyze("a", max_new_tokens=2).cached, "what was stopped is not kept"


def test_a_batch_that_runs_out_of_time_keeps_what_was_done(monitor, net, monkeypatch):
    model = monitor._holder.model
    monitor.analyze("of", max_new_tokens=2)
    model.ends = frozenset([monitor.analyze("of", max_new_tokens=2).tokens[1].id])
    passes = []

    def late():
        passes.append(1)
        if len(passes) == 4:
            limits[0].deadline = 0

    limits = [Limits(600)]
    monkeypatch.setattr(monitor, "_limits", lambda _: limits[0])
    failing(net, monkeypatch, before=late)
    done, stopped = monitor.analyze_batch(["of", "in 2024"], return_errors=True)
    assert (len(done.tokens), done.finish_reason) == (1, "stop")
    assert isinstance(stopped, GenerationTimeout)
    assert len(stopped.partial.tokens) == 4


def test_a_cancelled_call_stops(monitor, net, monkeypatch):
    started, passes = threading.Event(), []

    def slow():
        passes.append(1)
        started.set()
        time.sleep(0.02)

    failing(net, monkeypatch, before=slow)

    async def cancel():
        task = asyncio.create_task(monitor.analyze_async("a", max_new_tokens=90))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    monitor.unload(timeout=60)
    assert len(passes) < 90


def test_the_check_before_each_token():
    stop = threading.Event()
    limits = Limits(None, stop)
    limits.check()
    stop.set()
    with pytest.raises(GenerationCancelled):
        limits.check()


def test_async_calls_answer_as_others_do(monitor):
    async def both():
        return await asyncio.gather(*(monitor.analyze_async(p) for p in ("of", "in")))

    assert [a.tokens for a in asyncio.run(both())] == [monitor.analyze(p).tokens for p in ("of", "in")]


# Streams.


def test_a_stream_yields_the_tokens_of_the_answer(monitor):
    whole = monitor.analyze("The company")
    stream = monitor.stream("The company")
    assert stream.result is None
    tokens = list(stream)
    assert [(t.id, t.logprob) for t in tokens] == [(t.id, pytest.approx(t.logprob)) for t in whole.tokens]
    assert (stream.result.text, stream.result.finish_reason) == (whole.text, "length")
    assert list(stream) == []


def test_a_stream_may_be_closed_and_the_model_unloaded_between_two_tokens(monitor):
    whole = [t.id for t in monitor.analyze("The company").tokens]
    stream = monitor.stream("The company")
    first = [t.id for t in islice(stream, 4)]
    monitor.unload(timeout=60)
    assert first + [t.id for t in islice(stream, 4)] == whole[:8], "loaded again, it goes on where it was"
    stream.close()
    assert (len(stream.result.tokens), stream.result.finish_reason) == (8, "incomplete")
    open_ = monitor.stream("The company")
    next(open_)
    monitor.close()
    with pytest.raises(ModelNotLoaded, match="closed"):
        next(open_)


def test_a_stream_runs_out_of_time(monitor):
    stream = monitor.stream("a", timeout=60)
    next(stream)
    stream._limits.deadline = 0
    with pytest.raises((GenerationTimeout, ModelNotLoaded)) as found:
        next(stream)
    assert isinstance(found.value, GenerationTimeout)
    assert len(found.value.partial.tokens) == 1


# Loading and unloading.


def test_an_unload_waits_for_what_is_generated(monitor, net, monkeypatch):
    running, go_on = threading.Event(), threading.Event()

    def hold():
        running.set()
        go_on.wait(60)

    failing(net, monkeypatch, before=hold)
    found = []
    caller = threading.Thread(target=lambda: found.append(monitor.analyze("a")))
    caller.start()
    assert running.wait(60)
    with pytest.raises(GenerationTimeout, match="stays loaded"):
        monitor.unload(timeout=0.05)
    leaving = threading.Thread(target=monitor.unload)
    leaving.start()
    assert leaving.is_alive()
    go_on.set()
    caller.join(60)
    leaving.join(60)
    assert len(found[0].tokens) == 12
    assert monitor.health_check().state == "not loaded"


def test_many_threads_that_ask_and_unload(monitor):
    expected = monitor.analyze("of", max_new_tokens=3).tokens
    wrong = []

    def ask():
        for n in range(3):
            try:
                if n == 1:
                    monitor.unload()
                if monitor.analyze("of", max_new_tokens=3).tokens != expected:
                    wrong.append("other tokens")
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert wrong == []
    assert monitor.health_check().users == 0


def test_it_is_loaded_once_for_all_who_wait(monitor, monkeypatch):
    load, loads = monitor._holder._load, []
    monkeypatch.setattr(monitor._holder, "_load", lambda: loads.append(1) or load())
    threads = [threading.Thread(target=monitor.preload) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert loads == [1]


def test_who_cannot_wait_is_told_when_to_come_again(monitor, monkeypatch):
    load, go_on = monitor._holder._load, threading.Event()
    monkeypatch.setattr(monitor._holder, "_load", lambda: go_on.wait(60) and load())
    with pytest.raises(ModelNotLoaded) as found:
        monitor.analyze("a", timeout=0.05)
    assert found.value.recoverable
    assert found.value.retry_after > 0
    assert monitor.health_check().state == "loading"
    go_on.set()
    monitor.preload()
    assert len(monitor.analyze("a").tokens) == 12


def test_a_closed_monitor(gpt2):
    with TrajectoryMonitor(gpt2, preload=True) as monitor:
        assert monitor.health_check().state == "ready"
    with pytest.raises(ModelNotLoaded, match="closed") as found:
        monitor.analyze("a")
    assert not found.value.recoverable
    assert monitor.health_check().healthy is False


def test_health_tells_memory(monitor):
    assert monitor.health_check().model_bytes is None
    health = monitor.health_check(probe=True)
    assert health.model_bytes > 100_000
    assert health.process_bytes > health.model_bytes
    assert (health.state, health.healthy, health.device, health.gpu_bytes) == ("ready", True, "cpu", None)
    assert health.probe_s > 0
    monitor.unload()
    gc.collect()
    assert monitor.health_check().model_bytes is None


# Faults.


@pytest.mark.parametrize("fault", ["missing", "empty", "weights cut off", "no tokenizer", "another size"])
def test_a_model_that_cannot_be_loaded(tmp_path, monkeypatch, fault):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "model"
    if fault != "missing":
        folder.mkdir()
    if fault not in ("missing", "empty"):
        save_causal(folder)
        weights = folder / "model.safetensors"
        if fault == "weights cut off":
            weights.write_bytes(weights.read_bytes()[:5000])
        elif fault == "no tokenizer":
            (folder / "tokenizer.json").unlink()
            (folder / "tokenizer_config.json").unlink()
        else:
            config = folder / "config.json"
            config.write_text(config.read_text().replace('"n_layer": 2', '"n_layer": 3'))
    with TrajectoryMonitor(folder, timeout=None) as monitor:
        with pytest.raises(ModelNotLoaded, match="cannot be loaded") as found:
            monitor.analyze("a")
        assert not found.value.recoverable
        assert found.value.hint
        health = monitor.health_check(probe=True)
        assert (health.healthy, health.state) == (False, "not loaded")
        if fault == "weights cut off":
            save_causal(folder)
            assert monitor.analyze("a").tokens, "repaired, it is loaded at the next call"
            assert monitor.health_check().healthy


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_logits_that_are_no_distribution(monitor, net, monkeypatch, value):
    forward = net.forward

    def broken(**inputs):
        found = forward(**inputs)
        found.logits[..., 3] = float(value)
        return found

    monkeypatch.setattr(net, "forward", broken)
    for settings in ({}, {"temperature": 1.0}):
        with pytest.raises(InvalidLogits, match="1 of 318 logits are NaN or infinite"):
            monitor.analyze("a", **settings)
    monkeypatch.undo()
    assert monitor.analyze("a").tokens, "the monitor lives"


def test_the_processor_takes_over_where_the_accelerator_left(monitor, net, monkeypatch, caplog):
    expected = monitor.analyze("The company")
    failing(net, monkeypatch, None, None, None, oom())
    monitor._cache.clear()
    answer = monitor.analyze("The company")
    assert [t.id for t in answer.tokens] == [t.id for t in expected.tokens]
    assert [t.entropy for t in answer.tokens] == pytest.approx([t.entropy for t in expected.tokens], abs=1e-5)
    assert "the processor takes over" in caplog.text
    assert monitor.health_check().fell_back


def test_it_takes_over_once(monitor, net, monkeypatch):
    failing(net, monkeypatch, oom(), oom())
    with pytest.raises(CPUFallbackFailed) as found:
        monitor.analyze("a")
    assert not found.value.recoverable
    assert monitor.analyze("a").tokens


def test_the_processor_has_too_little_memory_as_well(monitor, net, monkeypatch):
    failing(net, monkeypatch, oom(), RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    with pytest.raises(CPUFallbackFailed, match="allocate memory"):
        monitor.analyze("a")


def test_falling_back_can_be_refused(gpt2, monkeypatch):
    with TrajectoryMonitor(gpt2, cpu_fallback=False, preload=True) as monitor:
        failing(monitor._holder.model.net, monkeypatch, oom())
        with pytest.raises(GPUOutOfMemory) as found:
            monitor.analyze("a")
        assert found.value.recoverable


def test_too_little_memory_on_the_processor_alone(monitor, net, monkeypatch):
    failing(net, monkeypatch, MemoryError("no"))
    with pytest.raises(OutOfMemory, match="memory is too small: no"):
        monitor.analyze("a")


def test_a_model_that_does_not_fit_the_accelerator_is_loaded_elsewhere(gpt2, monkeypatch):
    import torch
    import transformers

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    to = transformers.GPT2LMHeadModel.to

    def full(self, device, *more):
        if device == "cuda":
            raise oom()
        return to(self, device, *more)

    monkeypatch.setattr(transformers.GPT2LMHeadModel, "to", full)
    with TrajectoryMonitor(gpt2, max_new_tokens=2, timeout=None) as monitor:
        assert monitor.analyze("a").device == "cpu"
        assert monitor.health_check().fell_back


def test_a_device_and_eight_bits_that_are_not_there(gpt2, monkeypatch, caplog):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with (
        TrajectoryMonitor(gpt2, device="cuda") as monitor,
        pytest.raises(ModelNotLoaded, match="finds no CUDA device"),
    ):
        monitor.analyze("a")
    with TrajectoryMonitor(gpt2, load_in_8bit=True, max_new_tokens=1, timeout=None) as monitor:
        assert monitor.analyze("a").tokens
        assert not monitor.health_check().eight_bit
    assert "8-bit weights need CUDA" in caplog.text


def test_other_errors_of_a_model_are_the_callers(monitor, net, monkeypatch):
    failing(net, monkeypatch, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        monitor.analyze("a")
    assert monitor.health_check().users == 0


def test_one_bad_prompt_of_a_batch(monitor):
    prompts = ["of", "", "12 " * PLACES, "in"]
    with pytest.raises(InvalidInput):
        monitor.analyze_batch(prompts)
    found = monitor.analyze_batch(prompts, return_errors=True)
    assert [type(each).__name__ for each in found] == ["Trajectory", "InvalidInput", "PromptTooLong", "Trajectory"]
    assert monitor.analyze_batch([]) == []
    with pytest.raises(InvalidInput, match="a text was given"):
        monitor.analyze_batch("of")


def test_a_batch_without_a_model(tmp_path):
    with TrajectoryMonitor(tmp_path) as monitor:
        found = monitor.analyze_batch(["a", ""], return_errors=True)
    assert [type(each) for each in found] == [ModelNotLoaded, InvalidInput]


def test_the_libraries_are_needed_when_a_model_is(gpt2, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with (
        TrajectoryMonitor(gpt2) as monitor,
        pytest.raises(ModelNotLoaded, match="transformers is not installed") as found,
    ):
        monitor.analyze("a")
    assert "pip install 'otel-cert[models]'" in found.value.hint


def test_importing_it_loads_none_of_them():
    code = "import sys, otel_cert.trajectory; print({'torch', 'transformers', 'duckdb'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_errors_are_one_tree():
    kinds = [InvalidInput, PromptTooLong, ModelNotLoaded, GenerationTimeout, GPUOutOfMemory, CPUFallbackFailed]
    for kind in kinds:
        error = kind("what happened")
        assert isinstance(error, TrajectoryError)
        assert isinstance(error, OtelCertError)
        assert (error.message, error.retry_after) == ("what happened", None)
        assert isinstance(error.recoverable, bool)


# Gates.


def test_every_default_gate_fails_for_a_model_that_guesses(tmp_path):
    """Weights near zero: every distribution is nearly uniform over 318 tokens."""
    with TrajectoryMonitor(save_causal(tmp_path, scale=0.01), max_new_tokens=12) as monitor:
        answer = monitor.analyze("The revenue")
    assert not answer.passed_quality_check
    assert [(g.name, g.passed, g.can_fail) for g in answer.gates] == [(g.name, False, True) for g in DEFAULTS]
    assert len(answer.reasons) == len(DEFAULTS)


def test_every_default_gate_holds_for_a_model_that_is_sure(tmp_path):
    with TrajectoryMonitor(save_causal(tmp_path, scale=200, ends=False), max_new_tokens=12) as monitor:
        answer = monitor.analyze("The revenue")
    assert answer.passed_quality_check, answer.reasons
    assert answer.reasons == ()


def test_limits_of_ones_own(gpt2, caplog):
    limits = {"perplexity": 1e9, "mean_entropy": 6.0, "uncertain_share": None, "worst_window": None}
    with TrajectoryMonitor(gpt2, gates=limits, max_new_tokens=3) as monitor:
        answer = monitor.analyze("a")
    assert [(g.name, g.limit, g.can_fail) for g in answer.gates] == [
        ("mean_entropy", 6.0, False), ("perplexity", 1e9, True),
    ]  # fmt: skip
    assert "mean_entropy can never fail" in caplog.text, "the logarithm of 318 is 5.76"
    short = Gate("length", lambda answer: float(len(answer.tokens)), 2)
    with HamiltonianMonitor(gpt2, gates=[short], max_new_tokens=3) as monitor:
        assert monitor.analyze("a").reasons == ("length: 3.000 is above 2",)
