"""Settings of the processor `entropy_lm`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from pydantic import Field, model_validator

from otel_cert.component import Settings
from otel_cert.errors import NotFound, Retryable, UsageError
from otel_cert.measures.entropy.profile import BELOW, WINDOW
from otel_cert.scoring.remote_models import LanguageModel
from otel_cert.scoring.shared import is_remote, remote_lm

_NEEDS = ("torch", "transformers")
_OURS = ("device", "dtype", "longest", "stride", "batch_tokens", "threads")
"""Settings of a model in this process."""


class EntropyLmSettings(Settings):
    """Which language model scores answers, and which answers."""

    model: str = Field(min_length=1)
    """Language model: a folder, a name on the Hugging Face hub, or a scoring server, `grpcs://HOST:PORT`."""
    always: bool = False
    """Score answers whose own log probabilities were recorded, too; the figures stay apart."""
    device: str = Field(default="cpu", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    """Where it computes: `cpu`, `cuda`, `cuda:1`, or `auto`: a GPU where there is one."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Numbers of its weights in memory."""
    longest: int | None = Field(default=None, ge=8)
    """Tokens that it reads at once; what it can when null. Less needs less memory."""
    stride: int | None = Field(default=None, ge=1)
    """Tokens by which windows over longer texts move on; half of `longest` when null."""
    batch_tokens: int | None = Field(default=None, ge=1)
    """Tokens that are computed together; chosen by the device when null."""
    threads: int = Field(default=1, ge=1)
    """Of the processor."""
    window: int = Field(default=WINDOW, ge=1)
    """Tokens of the window that is looked for where the answer is most surprising."""
    below: float = Field(default=BELOW, gt=0, le=1)
    """Tokens less probable than this are counted."""
    sample: float = Field(default=1.0, gt=0, le=1)
    """Share of the conversations, or else traces, whose answers are scored."""
    seed: int = 0
    """Another seed gives another sample."""
    sample_minimum: int = Field(default=0, ge=0)
    """Score at least about so many calls a day of every service and model, however small the share is."""

    @model_validator(mode="after")
    def _possible(self) -> EntropyLmSettings:
        if is_remote(self.model):
            if given := [name for name in _OURS if name in self.model_fields_set]:
                raise ValueError(f"{', '.join(given)}: the scoring server decides on that; leave it out")
        elif missing := [name for name in _NEEDS if find_spec(name) is None]:
            raise ValueError(
                f"scoring by a language model needs {', '.join(missing)}: pip install 'otel-cert[models]',"
                " or name a scoring server"
            )
        return self

    def made(self) -> LanguageModel:
        """Return the language model, not loaded yet; raises Retryable when it is not there: it may be copied meanwhile."""
        try:
            return remote_lm(self.model) if is_remote(self.model) else self._local()
        except (NotFound, UsageError) as error:
            raise Retryable(error.message, hint=error.hint) from error

    def _local(self) -> LanguageModel:
        import torch

        from otel_cert.scoring.causal import CausalLM

        torch.set_num_threads(self.threads)
        return CausalLM(
            self.model,
            device=self.device,
            dtype=self.dtype,
            longest=self.longest,
            stride=self.stride,
            batch_tokens=self.batch_tokens,
        )
