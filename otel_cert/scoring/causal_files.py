"""Where a causal language model's files are: in a folder, or on the hub by a name that was given."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from otel_cert.errors import NotFound, UsageError
from otel_cert.scoring.hub import from_hub

_KIND = "a causal language model in the form of transformers"
_CONFIG, _WEIGHTS, _SHARDS = "config.json", "model.safetensors", "model.safetensors.index.json"
_TEXT = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")
_LISTED = (_CONFIG, *_TEXT, _SHARDS, _WEIGHTS, "model-*.safetensors")
_AGAIN = "copy or download the model again"
_LABEL = 12


@dataclass(frozen=True)
class CausalFiles:
    """A folder with the configuration, the tokenizer and the weights of a causal language model."""

    name: str
    """As it was asked for."""
    folder: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        """Return `config.json`: the architecture and its sizes."""
        return _read(self.folder / _CONFIG)

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """Return the names of the files that hold the weights.

        Raises:
            NotFound: some are missing, or the index of shards is damaged.
            UsageError: they are of a form that runs code when it is read.

        """
        index = self.folder / _SHARDS
        if (self.folder / _WEIGHTS).is_file():
            return (_WEIGHTS,)
        if index.is_file():
            named = _read(index).get("weight_map")
            if not isinstance(named, dict) or not named:
                raise NotFound(f"{index} names no weights", hint=_AGAIN)
            return tuple(sorted({str(name) for name in named.values()}))
        if list(self.folder.glob("*.bin")):
            raise UsageError(
                f"{self.folder} has its weights as pickles, which may run code when they are read",
                hint="load the model once with transformers where you trust it, and save_pretrained(FOLDER) it",
            )
        raise NotFound(f"{self.folder} has no {_WEIGHTS}", hint=f"{_AGAIN}; only weights in safetensors are read")

    @cached_property
    def sha256(self) -> str:
        """Return the digest of every file that a number depends on; reads all weights."""
        digest = hashlib.sha256()
        for name in (_CONFIG, *_TEXT, *self.weights):
            path = self.folder / name
            if path.exists():
                with path.open("rb") as file:
                    digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        return digest.hexdigest()

    @property
    def label(self) -> str:
        """Return what tells it from any other model in tables and on screens, e.g. `gpt2 sha256:0123456789ab`."""
        return f"{self.name} sha256:{self.sha256[:_LABEL]}"


def find_causal(name: str, *, local_only: bool = False) -> CausalFiles:
    """Return the files of a causal language model, of a folder or of a name on the Hugging Face hub.

    Only a hub name is ever downloaded, and not with `local_only`, nor when `HF_HUB_OFFLINE` is set.

    Raises:
        NotFound: there is no such model, or files of it are missing.
        UsageError: no name is given, the tokenizer has no `tokenizer.json`, or its weights are pickles.

    """
    if not name.strip():
        raise UsageError("no language model is named", hint=f"give a folder with {_KIND}, or its hub name")
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = from_hub(name, _KIND, _LISTED, local_only=local_only)
    found = CausalFiles(name, folder)
    if not (folder / _CONFIG).is_file():
        raise NotFound(f"{folder} has no {_CONFIG}", hint=f"give a folder with {_KIND}")
    if missing := [each for each in found.weights if not (folder / each).is_file()]:
        raise NotFound(f"{folder} has no {', '.join(missing)}", hint=_AGAIN)
    if not (folder / "tokenizer.json").is_file():
        raise UsageError(
            f"{folder} has no tokenizer.json, so that nothing says which characters a token covers",
            hint="AutoTokenizer.from_pretrained(FOLDER, use_fast=True).save_pretrained(FOLDER) writes it, where "
            "transformers has a fast tokenizer for this model",
        )
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NotFound(f"{path} cannot be read: {error}", hint=_AGAIN) from error
    if not isinstance(found, dict):
        raise NotFound(f"{path} holds no JSON object", hint=_AGAIN)
    return found
