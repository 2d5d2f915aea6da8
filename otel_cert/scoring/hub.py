"""Models from the Hugging Face hub, by a name that was given; nothing is ever downloaded without one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from otel_cert.errors import NotFound

_OFFLINE = "give the path of a folder; HF_HUB_OFFLINE=1 keeps to what was downloaded before"


def from_hub(name: str, kind: str, files: Sequence[str], *, local_only: bool = False) -> Path:
    """Return the folder with these files of a model, downloaded unless they were before.

    Args:
        name: as on the hub.
        kind: what the folder of such a model is called in hints, e.g. `a sentence-transformers model`.
        files: patterns of their names, at the top of the repository or as they are written.
        local_only: never download, as with `HF_HUB_OFFLINE=1`.

    Raises:
        NotFound: there is no such model, or it cannot be had.

    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        raise NotFound(
            f"there is no folder {name}, and the hub's client is not installed", hint="pip install 'otel-cert[models]'"
        ) from None
    try:
        return Path(snapshot_download(name, allow_patterns=list(files), local_files_only=local_only))
    except HFValidationError:
        raise NotFound(f"there is no folder {name}", hint=f"give a folder with {kind}, or its hub name") from None
    except Exception as error:  # offline, unknown, gated, a broken connection: the client raises many types
        raise NotFound(
            f"the model {name} is neither a folder nor to be had from the hub: {type(error).__name__}", hint=_OFFLINE
        ) from error
