"""A causal language model of transformers in memory: tokens to logits, only where they are asked for.

Code that comes with a model is never run. What makes its numbers wrong without an error is found when it is loaded: weights
that are missing, a model that sees what comes later, and logits that are more than a matrix times the last hidden state.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.scoring.causal_files import CausalFiles

if TYPE_CHECKING:
    from torch import Tensor

log = structlog.get_logger(__name__)

_CHUNK_BYTES = 8 << 20
"""Logits that exist at a time where the head can be asked by itself."""
_LEAST_ROWS = 8
_FLOAT = 4
_UNLIMITED = 1 << 24
"""Tokenizers without a limit name a number that is greater."""
_ALIKE = {"float32": 1e-5, "bfloat16": 3e-2, "float16": 3e-3}
"""What differences by rounding stay below, relative and absolute."""
_PLACES = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length")


class CausalModel:
    """Model and tokenizer, loaded."""

    def __init__(self, files: CausalFiles, device: str, dtype: str) -> None:
        """Load them.

        Raises:
            NotFound: PyTorch or transformers is not installed, or a file is damaged.
            UsageError: it is no causal language model, or has no tokenizer that knows characters.

        """
        try:
            import torch
            import transformers
        except ImportError as error:
            raise NotFound(f"{error.name} is not installed", hint="pip install 'otel-cert[models]'") from error
        self._torch: Any = torch
        self.device = _device(torch, device)
        self._name = files.name
        self.tokenizer = _tokenizer(transformers, files)
        self._model = _model(transformers, files, getattr(torch, dtype)).to(self.device).eval()
        self._head = self._model.get_output_embeddings()
        self._base = self._model.base_model
        self._keeps = "logits_to_keep" in inspect.signature(self._model.forward).parameters
        self.vocabulary = int(self._model.get_input_embeddings().weight.shape[0])
        self._alike = _ALIKE[dtype]
        self.split = self._head is not None and self._base is not self._model and not self._capped
        self.split = self._probed()

    @property
    def longest(self) -> int | None:
        """Return the tokens that it reads at once; None when nothing limits them."""
        config = self._model.config.get_text_config()
        places = [int(found) for name in _PLACES if (found := getattr(config, name, None))][:1]
        limit = int(self.tokenizer.model_max_length)
        return min([*places, *([limit] if 0 < limit < _UNLIMITED else [])], default=None)

    def logits(self, ids: np.ndarray, rows: np.ndarray, places: np.ndarray) -> Iterator[Tensor]:
        """Yield float32 [some, vocabulary] logits, in order, of the tokens at `places` of the texts `rows`.

        Texts are padded on the right with any token: what comes later changes nothing, as was tried when loading. Memory:
        the hidden states of all tokens, and logits in portions. Where the architecture changes logits after its head
        (scales, caps), all that are asked for exist at once.

        Args:
            ids: int [texts, tokens].
            rows: int64 [asked].
            places: int64 [asked].

        """
        torch = self._torch
        with torch.inference_mode():
            inputs, at = self.tensor(ids), (self.tensor(rows), self.tensor(places))
            if not self.split:
                found = self._whole(inputs, *at)
                yield from (part.float() for part in found.split(self._portion))
                return
            hidden = self._base(inputs, use_cache=False).last_hidden_state[at]
            yield from (self._head(part).float() for part in hidden.split(self._portion))

    def tensor(self, values: np.ndarray) -> Tensor:
        """Return int64 on the model's device."""
        found: Tensor = self._torch.from_numpy(np.ascontiguousarray(values, np.int64)).to(self.device)
        return found

    def relieve(self) -> None:
        """Give back what PyTorch keeps of the device's memory."""
        if self.device.startswith("cuda"):
            self._torch.cuda.empty_cache()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether an error says that memory did not suffice; on processors PyTorch raises a plain RuntimeError."""
        if isinstance(error, (MemoryError, self._torch.OutOfMemoryError)):
            return True
        said = str(error)
        return isinstance(error, RuntimeError) and ("can't allocate memory" in said or "not enough memory" in said)

    def _whole(self, inputs: Tensor, rows: Tensor, places: Any) -> Any:
        if not self._keeps:
            return self._model(inputs, use_cache=False).logits[rows, places]
        keep, among = places.unique(return_inverse=True)
        return self._model(inputs, use_cache=False, logits_to_keep=keep).logits[rows, among]

    @property
    def _capped(self) -> bool:
        """Whether its configuration says that large logits are made smaller, which a short text would not show."""
        said = self._model.config.get_text_config().to_dict()
        return any(value and "logit" in key and "cap" in key for key, value in said.items())

    @property
    def _portion(self) -> int:
        return max(_LEAST_ROWS, _CHUNK_BYTES // (self.vocabulary * _FLOAT))

    def _probed(self) -> bool:
        """Return whether the head gives the model's logits by itself.

        Raises:
            UsageError: logits depend on tokens that come later.

        """
        last = self.vocabulary - 1
        ids = np.array([[n % self.vocabulary for n in (1, 5, 3, 2)], [n % self.vocabulary for n in (1, 5, 3, last)]])
        rows, places = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
        torch = self._torch
        with torch.inference_mode():
            model = self._model(self.tensor(ids), use_cache=False).logits[:, :3].float()
        one, other = model
        if not bool(torch.isfinite(model).all()):
            log.warning("a language model gives numbers that are not finite", model=self._name)
            return self.split  # said again of each answer that it happens to
        if not torch.allclose(one, other, rtol=self._alike, atol=self._alike):
            raise UsageError(
                f"in the model {self._name} a token depends on those behind it, so that it gives answers no probability",
                hint="give a causal (decoder) language model",
            )
        if not self.split:
            return False
        ours = torch.cat(list(self.logits(ids, rows, places))).view_as(model)
        return bool(torch.allclose(ours, model, rtol=self._alike, atol=self._alike))


def _device(torch: Any, asked: str) -> str:
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if asked.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(f"device {asked}: PyTorch finds no GPU", hint="give 'auto' or 'cpu'")
    return asked


def _tokenizer(transformers: Any, files: CausalFiles) -> Any:
    try:
        found = transformers.AutoTokenizer.from_pretrained(files.folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # a damaged tokenizer.json raises a bare Exception
        raise NotFound(
            f"the tokenizer of {files.name} cannot be loaded: {_first(error)}",
            hint="copy or download the model's tokenizer.json and tokenizer_config.json again",
        ) from error
    if not found.is_fast:
        raise UsageError(
            f"the tokenizer of {files.name} does not say which characters a token covers",
            hint="save a fast tokenizer, a tokenizers.Tokenizer in tokenizer.json, beside the model",
        )
    return found


def _model(transformers: Any, files: CausalFiles, dtype: Any) -> Any:
    kind = transformers.AutoModelForCausalLM
    try:
        with _no_bar(transformers):
            model, info = kind.from_pretrained(
                files.folder, dtype=dtype, local_files_only=True, trust_remote_code=False, use_safetensors=True,
                output_loading_info=True,
            )  # fmt: skip
    except (MemoryError, OtelCertError):
        raise
    except Exception as error:
        raise _unloadable(files, error) from error
    lacking = sorted(info["missing_keys"]) + sorted(str(name) for name, *_ in info["mismatched_keys"])
    if lacking:  # transformers fills them with random numbers
        raise NotFound(
            f"the weights of {files.name} lack {len(lacking)} of its parts, such as {lacking[0]}",
            hint="copy or download the model again: config.json and weights that belong together",
        )
    return model


@contextmanager
def _no_bar(transformers: Any) -> Iterator[None]:
    """Keep transformers from drawing its progress on standard error."""
    shown = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers.utils.logging.enable_progress_bar()


def _unloadable(files: CausalFiles, error: Exception) -> OtelCertError:
    """Return what to say: a damaged file, an architecture that is none, or one that brings code of its own."""
    said = _first(error)
    if type(error).__name__ == "SafetensorError" or isinstance(error, (OSError, RuntimeError)):
        return NotFound(f"the weights of {files.name} cannot be read: {said}", hint="copy or download the model again")
    return UsageError(
        f"{files.name} is no causal language model that transformers knows: {said}",
        hint="give a decoder model whose architecture transformers has; code that comes with a model is never run",
    )


def _first(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip().partition("\n")[0]
