"""A causal language model and its tokenizer, loaded by transformers; where it runs, and moving to the processor.

Code that comes with a model is never run.
"""

from __future__ import annotations

import gc
import inspect
import logging
import threading
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_cert.trajectory.errors import (
    CPUFallbackFailed,
    GPUOutOfMemory,
    InvalidInput,
    ModelNotLoaded,
    OutOfMemory,
    PromptTooLong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_cert.trajectory.request import Prompt

_logger = logging.getLogger("otel_cert.trajectory")
_NO_LIMIT = 1 << 40
_MEMORIES = ("cache", "past_key_values")
"""What forward and its result call the keys and values so far: new and old versions of transformers."""
_KEPT_TEXTS = 50_000
"""Texts of single tokens that are kept."""


class Model:
    """A loaded model; several threads may use it, a step at a time."""

    def __init__(self, source: str, device: str, *, eight_bit: bool, cpu_fallback: bool) -> None:
        """Load it.

        Raises:
            ModelNotLoaded: it cannot be loaded; says why, and what to install.
            GPUOutOfMemory: it does not fit, and may not fall back.
            CPUFallbackFailed: it fits neither.

        """
        self.torch, self._transformers = _libraries()
        self.source = source
        self.computing = threading.Lock()
        """Held for each step, and while the model moves."""
        self._tokenizing = threading.Lock()  # a tokenizer of transformers is not safe for several threads
        self._fallback = cpu_fallback
        self.fell_back = False
        self.device = _device(self.torch, device)
        self.eight_bit = eight_bit and self._can_do_eight_bit()
        self.tokenizer = self._tokenizer()
        try:
            self.net = self._load(self.device, eight_bit=self.eight_bit)
        except self.torch.OutOfMemoryError as error:
            self.to_cpu(error)
        self._describe()
        self.text_of = lru_cache(_KEPT_TEXTS)(lambda token: self.read((token,), special=True))
        """Returns the text of one token by itself; of special ones, too."""

    def _describe(self) -> None:
        config = self.net.config.get_text_config()
        self.vocabulary = int(config.vocab_size)
        self.places = int(getattr(config, "max_position_embeddings", 0) or 0) or None
        """Most tokens of prompt and answer together; None when the configuration does not say."""
        ends = self.net.generation_config.eos_token_id
        self.ends = frozenset([ends] if isinstance(ends, int) else ends or ())
        self.padding = self.tokenizer.pad_token_id or 0  # never attended to
        self.takes = frozenset(inspect.signature(self.net.forward).parameters)
        """Names of what the model's forward takes."""
        self.memory = next((name for name in _MEMORIES if name in self.takes), _MEMORIES[0])
        self.chats = bool(self.tokenizer.chat_template)

    def encode(self, prompt: Prompt, *, chat: bool, most: int | None) -> list[int]:
        """Return the tokens of a prompt, special ones as the tokenizer or the chat template sets them.

        Raises:
            InvalidInput: messages, and the tokenizer has no chat template.
            PromptTooLong: they are more than `most`, or leave no place for an answer.

        """
        if not chat and not isinstance(prompt, str):
            raise InvalidInput(
                f"messages were given, and {self.source} has no chat template", hint="give the prompt as text"
            )
        with self._tokenizing:
            ids = self._templated(prompt) if chat else self.tokenizer(prompt, verbose=False)["input_ids"]
        if not ids:
            raise InvalidInput("the prompt has no tokens", hint="give a character that the tokenizer knows")
        limit = min(most or _NO_LIMIT, (self.places or _NO_LIMIT) - 1)
        if len(ids) > limit:
            raise PromptTooLong(
                f"the prompt has {len(ids)} tokens, and the limit is {limit}",
                hint="shorten it" if limit != most else "shorten it, or raise max_prompt_tokens",
            )
        return list(ids)

    def _templated(self, prompt: Prompt) -> list[int]:
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(m) for m in prompt]
        try:
            text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # templates raise errors of their own: roles that do not alternate
            raise InvalidInput(f"the chat template refuses the messages: {error}") from error
        found: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return found

    def read(self, ids: Sequence[int], *, special: bool = False) -> str:
        """Return the text of tokens, special ones left out unless asked for."""
        with self._tokenizing:
            text: str = self.tokenizer.decode(ids, skip_special_tokens=not special, clean_up_tokenization_spaces=False)
        return text

    @property
    def bytes(self) -> int:
        """Return the size of the weights in memory."""
        tensors = [*self.net.parameters(), *self.net.buffers()]
        return sum(t.numel() * t.element_size() for t in tensors)

    @property
    def gpu_bytes(self) -> int | None:
        """Return what PyTorch holds of the accelerator's memory, of all that this process does; None without one."""
        return int(self.torch.cuda.memory_allocated()) if self.device.startswith("cuda") else None

    def to_cpu(self, error: Exception) -> None:
        """Move to the processor, for good; `error` is what the accelerator said. The caller holds `computing`.

        Raises:
            GPUOutOfMemory: falling back is not allowed.
            CPUFallbackFailed: it has been done before, or fails now.

        """
        if not self._fallback:
            raise GPUOutOfMemory(
                f"{self.source} does not fit into the memory of {self.device}: {_first_line(error)}",
                hint="shorten the prompt, lower the batch size, or allow cpu_fallback",
            ) from error
        if self.fell_back:
            raise CPUFallbackFailed("memory is too small on the processor, too", hint="use a smaller model") from error
        _logger.warning("%s does not fit into the memory of %s: the processor takes over", self.source, self.device)
        self.fell_back = True
        eight_bit, self.eight_bit = self.eight_bit, False
        try:
            if eight_bit or not hasattr(self, "net"):  # weights of 8 bits cannot be moved
                self.net = None
                self._emptied()
                self.net = self._load("cpu", eight_bit=False)
            else:
                self.net.to("cpu", self.torch.float32)
        except (MemoryError, RuntimeError, OutOfMemory) as failed:
            raise CPUFallbackFailed(
                f"{self.source} does not fit into the processor's memory either: {_first_line(failed)}",
                hint="use a smaller model, or a machine with more memory",
            ) from failed
        self.device = "cpu"
        self._emptied()

    def _emptied(self) -> None:
        gc.collect()
        with suppress(Exception):
            if self.torch.cuda.is_available():
                self.torch.cuda.empty_cache()

    def free(self) -> None:
        """Let go of the weights, and give cached memory of the accelerator back."""
        self.net = self.tokenizer = None
        self.text_of.cache_clear()
        self._emptied()

    @contextmanager
    def memory_errors(self) -> Iterator[None]:
        """Turn the processor's errors of memory into ours; those of the accelerator pass."""
        try:
            yield
        except self.torch.OutOfMemoryError:
            raise
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
                raise
            kind = CPUFallbackFailed if self.fell_back else OutOfMemory
            raise kind(
                f"memory is too small: {_first_line(error)}", hint="shorten the prompt, or lower the batch size"
            ) from error

    def _can_do_eight_bit(self) -> bool:
        if self.device.startswith("cuda") and find_spec("bitsandbytes") and find_spec("accelerate"):
            return True
        _logger.warning("8-bit weights need CUDA, bitsandbytes and accelerate: %s is loaded as it is", self.source)
        return False

    def _tokenizer(self) -> Any:
        try:
            found = self._transformers.AutoTokenizer.from_pretrained(self.source, trust_remote_code=False)
            if len(found) <= len(found.all_special_tokens):  # what transformers makes of files that are missing
                raise ValueError("there is no tokenizer: it has no vocabulary")
            return found
        except Exception as error:
            raise _not_loaded(self.source, error) from error

    def _load(self, device: str, *, eight_bit: bool) -> Any:
        settings: dict[str, Any] = {"dtype": self.torch.float32 if device == "cpu" else "auto"}
        if eight_bit:
            settings |= {
                "quantization_config": self._transformers.BitsAndBytesConfig(load_in_8bit=True), "device_map": device,
            }  # fmt: skip
        try:
            net, told = self._transformers.AutoModelForCausalLM.from_pretrained(
                self.source, trust_remote_code=False, output_loading_info=True, **settings
            )
            if missing := sorted(told["missing_keys"]):  # transformers would go on with random ones
                raise ValueError(f"the files have no weights for {missing[0]} and {len(missing) - 1} others")
            return net.eval() if eight_bit else net.eval().to(device)
        except self.torch.OutOfMemoryError:
            raise
        except MemoryError as error:
            raise OutOfMemory(f"{self.source} does not fit into memory", hint="use a smaller model") from error
        except Exception as error:  # corrupt files raise errors of half a dozen libraries
            raise _not_loaded(self.source, error) from error


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ModelNotLoaded(f"{error.name} is not installed", hint="pip install 'otel-cert[models]'") from error
    return torch, transformers


def _device(torch: Any, asked: str) -> str:
    available = bool(torch.cuda.is_available())
    if asked == "auto":
        return "cuda" if available else "cpu"
    if asked != "cpu" and not available:
        raise ModelNotLoaded(f"device {asked}: PyTorch finds no CUDA device", hint='use device="auto" or "cpu"')
    return asked


def _not_loaded(source: str, error: Exception) -> ModelNotLoaded:
    hint = "give the path of a folder that transformers reads, or a name on the hub"
    if Path(source).is_dir():
        hint = "the folder must have config.json, the weights and the tokenizer, complete; save or download them again"
    return ModelNotLoaded(f"the model {source} cannot be loaded: {_first_line(error)}", hint=hint)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
