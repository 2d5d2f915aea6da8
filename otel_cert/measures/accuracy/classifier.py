"""Classifiers of two texts read together, from a folder or the hub, by transformers: of the pair, or of its tokens.

Code that comes with a model is never run; a model whose architecture transformers itself does not know is refused.
"""

from __future__ import annotations

import hashlib
import threading
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from otel_cert.errors import NotFound, UsageError
from otel_cert.measures.accuracy.labels import Labels, find_labels

_FROM_PADDING = {"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "data2vec-text", "roberta-prelayernorm"}
"""Their first position is behind the one of the padding, so that fewer are left."""


class TooLong(Exception):
    """A pair has more tokens than the model reads; nothing is cut off."""


class Judgement(NamedTuple):
    """What the model says of a pair, each 0 to 1."""

    support: float
    """That the first text supports the second; of a classifier of tokens: all of the second."""
    contradiction: float | None
    """That they contradict each other; None when the model has no such class."""
    tokens: tuple[tuple[int, int, float], ...] = ()
    """Of a classifier of tokens: characters of the second text, and their support."""


class Classifier:
    """A model and its tokenizer, loaded at the first use; safe for several threads."""

    def __init__(self, model: str, labels: dict[str, str], longest: int | None) -> None:
        """`labels` says which of the model's labels means what, where their names do not."""
        self.name = model
        self._given, self._longest = labels, longest
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def versions(self) -> dict[str, str]:
        """Return what judgements depend on; loads the model."""
        return {
            "model": f"{self.name} sha256:{self._model().digest}",
            "transformers": version("transformers"),
            "torch": version("torch"),
        }

    @property
    def longest(self) -> int:
        """Return the most tokens of two texts together, beside special ones."""
        loaded = self._model()
        return loaded.longest - int(loaded.tokenizer.num_special_tokens_to_add(pair=True))

    @property
    def of_tokens(self) -> bool:
        """Return whether it classifies tokens."""
        return self._model().labels.of_tokens

    def pieces(self, text: str) -> np.ndarray:
        """Return the characters of each token of a text, int32 [n, 2]."""
        return self._model().pieces(text)

    def judge(self, first: str, second: str) -> Judgement:
        """Return what the model says of a pair, read alone: beside others, its last bits would differ.

        Raises:
            TooLong: the pair is longer than `longest`.

        """
        return self._model().judged(first, second)

    def unload(self) -> None:
        """Free the model; the next use loads it again."""
        with self._lock:
            self._loaded = None

    def _model(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(self.name, self._given, self._longest)
            return self._loaded


class _Loaded:
    def __init__(self, name: str, given: dict[str, str], longest: int | None) -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise NotFound(f"{error.name} is not installed", hint="pip install 'otel-cert[models]'") from error
        self._torch: Any = torch
        self._lock = threading.Lock()
        config = _read(transformers.AutoConfig, name)
        self.labels: Labels = find_labels(name, config, given)
        kind = "TokenClassification" if self.labels.of_tokens else "SequenceClassification"
        self._model = _read(getattr(transformers, f"AutoModelFor{kind}"), name, dtype=torch.float32).eval()
        self.tokenizer = _read(transformers.AutoTokenizer, name)
        if not self.tokenizer.is_fast:
            raise UsageError(f"the tokenizer of {name} does not say which characters a token covers")
        self.longest = longest or _places(config, self.tokenizer)
        self.digest = self._digest()

    def pieces(self, text: str) -> np.ndarray:
        with self._lock:  # a tokenizer of transformers is not safe for several threads
            found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return np.array(found["offset_mapping"], np.int32).reshape(-1, 2)

    def judged(self, first: str, second: str) -> Judgement:
        torch = self._torch
        with self._lock:
            inputs = self.tokenizer([first], [second], return_tensors="pt", return_offsets_mapping=True, verbose=False)
        if inputs["input_ids"].shape[1] > self.longest:
            raise TooLong(f"{inputs['input_ids'].shape[1]} tokens, and the model reads {self.longest}")
        offsets = inputs.pop("offset_mapping").numpy()[0]
        with torch.inference_mode():
            logits = self._model(**inputs).logits[0].double()
        shares = (torch.sigmoid(logits) if logits.shape[-1] == 1 else torch.softmax(logits, -1)).numpy()
        if not self.labels.of_tokens:
            return self._of_pair(shares)
        of_second = [n for n, part in enumerate(inputs.sequence_ids(0)) if part == 1]
        return self._of_tokens(shares[of_second], offsets[of_second])

    def _of_pair(self, shares: np.ndarray) -> Judgement:
        other = self.labels.contradiction
        return Judgement(float(shares[self.labels.support]), None if other is None else float(shares[other]))

    def _of_tokens(self, shares: np.ndarray, offsets: np.ndarray) -> Judgement:
        support = self.labels.support_of(shares)
        tokens = tuple(
            (int(start), int(end), float(value))
            for (start, end), value in zip(offsets, support, strict=True)
            if end > start
        )
        return Judgement(min((value for _, _, value in tokens), default=0.0), None, tokens)

    def _digest(self) -> str:
        """Return a digest of the weights and the tokenizer, wherever they came from."""
        digest = hashlib.sha256(self.tokenizer.backend_tokenizer.to_str().encode())
        for name, value in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.contiguous().view(-1).view(self._torch.uint8).numpy())
        return digest.hexdigest()


def _read(kind: Any, name: str, **settings: object) -> Any:
    try:
        return kind.from_pretrained(name, trust_remote_code=False, **settings)
    except (OSError, ValueError, KeyError, ImportError) as error:
        first = str(error).strip().partition("\n")[0]
        raise NotFound(
            f"the model {name} cannot be loaded: {first}",
            hint="give the path of a folder that transformers reads, or a name on the hub; HF_HUB_OFFLINE=1 keeps to "
            "what was downloaded before",
        ) from error


def _places(config: Any, tokenizer: Any) -> int:
    """Return the most tokens that the model reads."""
    places = int(getattr(config, "max_position_embeddings", 0) or 512)
    if config.model_type in _FROM_PADDING:
        places -= int(config.pad_token_id) + 1
    return min(places, int(tokenizer.model_max_length))
