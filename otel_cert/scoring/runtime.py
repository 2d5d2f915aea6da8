"""What computes a model: OpenVINO, or PyTorch where OpenVINO is missing or does not know the architecture."""

from __future__ import annotations

import sys
import threading
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np
import structlog

from otel_cert.errors import OtelCertError
from otel_cert.scoring.models import ModelFiles

log = structlog.get_logger(__name__)


class Runtime(Protocol):
    """Computes the vectors of tokens; safe for several threads."""

    @property
    def version(self) -> str:
        """Name and version, e.g. `openvino 2026.4.1`."""
        ...

    @property
    def together(self) -> bool:
        """Whether texts of one length may be computed together without a changed bit."""
        ...

    def run(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return float32 [texts, tokens, width] of int32 [texts, tokens]; the array may be reused by the next run."""
        ...


def open_runtime(files: ModelFiles, threads: int) -> Runtime:
    """Return OpenVINO with the model, else PyTorch with a warning.

    Raises:
        OtelCertError: neither can compute it.

    """
    try:
        return _OpenVino(files, threads)
    except Exception as error:  # not installed, another architecture, a driver that fails
        problem = f"{type(error).__name__}: {error}"
    log.warning("OpenVINO cannot compute the embedding model: PyTorch does, slower", model=files.name, problem=problem)
    try:
        return _Torch(files)
    except ImportError as error:
        raise OtelCertError(
            f"the embedding model {files.name} cannot be computed: {problem}; {error}",
            hint="pip install 'otel-cert[models]'",
        ) from error


def _openvino() -> Any:
    """Import OpenVINO without `openvino_telemetry`.

    With it, the import sends an event to Google Analytics from a forked process, and keeps a client id in the home folder;
    without it, OpenVINO sends nothing.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None = cannot be imported
    import openvino

    return openvino


class _OpenVino:
    together = True
    """Checked by a test: padded to the same length, a text has the same vectors in every batch."""

    def __init__(self, files: ModelFiles, threads: int) -> None:
        openvino = _openvino()
        from otel_cert.scoring.bert import graph

        self.version = f"openvino {version('openvino')}"
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        model = graph(files.folder / "model.safetensors", files.config)
        self._request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
        self._lock = threading.Lock()

    def run(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with self._lock:
            # Shared inputs: without them, a request does not take a shape that is larger than its first.
            found: np.ndarray = self._request.infer([ids, mask], share_inputs=True)[0]
            return found


class _Torch:
    together = False
    """Matrix products of PyTorch differ in their last bits with the number of rows."""

    def __init__(self, files: ModelFiles) -> None:
        import torch
        from transformers import AutoModel

        self.version = f"torch {version('torch')}"
        self._torch: Any = torch
        self._model = AutoModel.from_pretrained(files.folder, dtype=torch.float32, local_files_only=True).eval()

    def run(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        torch = self._torch
        with torch.inference_mode():
            inputs = {"input_ids": torch.from_numpy(ids).long(), "attention_mask": torch.from_numpy(mask).long()}
            found: np.ndarray = self._model(**inputs).last_hidden_state.numpy()
            return found
