"""What computes a model: OpenVINO, or PyTorch where OpenVINO is missing or does not know the architecture."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np
import structlog

from otel_cert.errors import OtelCertError
from otel_cert.scoring.models import ModelFiles

log = structlog.get_logger(__name__)

_SAME = 0.999
"""The least cosine of bf16 vectors with those of fp32 for bf16 to be used."""
_PROBE = 128
"""Tokens that are compared."""


class Runtime(Protocol):
    """Computes the vectors of tokens; safe for several threads."""

    @property
    def version(self) -> str:
        """Name, version and precision, e.g. `openvino 2026.4.1 bf16`."""
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

        core, model = openvino.Core(), graph(files.folder / "model.safetensors", files.config)
        self._request = _request(core, model, threads, "f32")
        precision = "f32"
        if _multiplies_bf16(core):
            quick = _request(core, model, threads, "bf16")
            if _least_cosine(self._request, quick, files.config) >= _SAME:
                self._request, precision = quick, "bf16"
        self.version = f"openvino {version('openvino')} {precision}"
        self._lock = threading.Lock()

    def run(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with self._lock:
            # Shared inputs: without them, a request does not take a shape that is larger than its first.
            found: np.ndarray = self._request.infer([ids, mask], share_inputs=True)[0]
            return found


def _multiplies_bf16(core: Any) -> bool:
    """Return whether the processor multiplies bf16, nearly twice as fast as fp32."""
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _request(core: Any, model: Any, threads: int, precision: str) -> Any:
    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision}
    return core.compile_model(model, "CPU", settings).create_infer_request()


def _least_cosine(one: Any, other: Any, config: Mapping[str, Any]) -> float:
    """Return the least cosine of two requests' vectors, over tokens from the whole vocabulary."""
    count = min(_PROBE, int(config["max_position_embeddings"]))
    ids = np.linspace(0, int(config["vocab_size"]) - 1, count, dtype=np.int32)[None]
    first, second = (request.infer([ids, np.ones_like(ids)], share_inputs=True)[0][0] for request in (one, other))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float((np.sum(first * second, axis=1) / lengths).min())


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
