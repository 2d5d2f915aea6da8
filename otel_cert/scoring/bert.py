"""BERT (Devlin et al. 2019, arXiv:1810.04805) as an OpenVINO graph, made from its weights without PyTorch.

Nothing has to be converted and kept: making the graph takes less than a second, and no library that traces a model, or
reports that it did, is involved.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from openvino import Model, Node, Output

_EXPECTED = {"model_type": ("bert",), "hidden_act": ("gelu",), "position_embedding_type": ("absolute", None)}


class NotBert(Exception):
    """The architecture is another one, so that this graph would compute something else."""


def graph(weights: Path, config: dict[str, Any]) -> Model:
    """Return a graph from `input_ids` and `attention_mask`, int32 [texts, tokens], to float32 [texts, tokens, width].

    Raises:
        NotBert: the configuration asks for what this graph does not do, or weights are missing or of another type.

    """
    for key, valid in _EXPECTED.items():
        if config.get(key) not in valid:
            raise NotBert(f"{key} is {config.get(key)!r}")
    return _Graph(_read(weights), config).model()


def _read(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    try:
        found = load_file(path)
    except TypeError as error:  # bfloat16, which numpy does not know
        raise NotBert(f"its weights cannot be read: {error}") from error
    return {name.removeprefix("bert."): np.asarray(value, np.float32) for name, value in found.items()}


class _Graph:
    def __init__(self, weights: dict[str, np.ndarray], config: dict[str, Any]) -> None:
        from openvino import opset13

        self._op, self._weights, self._config = opset13, weights, config

    def model(self) -> Model:
        from openvino import Model

        op = self._op
        ids, mask = (op.parameter([-1, -1], np.int32, name) for name in ("input_ids", "attention_mask"))
        seen = op.convert(op.unsqueeze(mask, _ints(1, 2)), "boolean")  # [texts, 1, 1, tokens]
        hidden: Any = self._embedded(ids)
        for layer in range(self._config["num_hidden_layers"]):
            hidden = self._layer(hidden, seen, f"encoder.layer.{layer}")
        return Model([op.result(hidden)], [ids, mask], "bert")

    def _embedded(self, ids: Node) -> Node:
        op, name = self._op, "embeddings"
        places = (
            self._weight(f"{name}.position_embeddings.weight") + self._weight(f"{name}.token_type_embeddings.weight")[0]
        )
        tokens = op.gather(op.shape_of(ids, "i64"), _ints(1), np.int64(0))
        first = op.slice(op.constant(places), _ints(0), tokens, _ints(1), _ints(0))
        words = op.gather(op.constant(self._weight(f"{name}.word_embeddings.weight")), ids, np.int64(0))
        return self._norm(op.add(words, first), f"{name}.LayerNorm")

    def _layer(self, hidden: Node, seen: Node, name: str) -> Node:
        op, of = self._op, f"{name}.attention.self"
        query, key, value = (self._heads(self._linear(hidden, f"{of}.{part}")) for part in ("query", "key", "value"))
        mixed = op.scaled_dot_product_attention(query, key, value, seen, causal=False)
        joined = op.reshape(op.transpose(mixed, _ints(0, 2, 1, 3)), _ints(0, 0, self._config["hidden_size"]), True)
        attended = self._linear(joined, f"{name}.attention.output.dense")
        hidden = self._norm(op.add(attended, hidden), f"{name}.attention.output.LayerNorm")
        wide = op.gelu(self._linear(hidden, f"{name}.intermediate.dense"), "erf")
        return self._norm(op.add(self._linear(wide, f"{name}.output.dense"), hidden), f"{name}.output.LayerNorm")

    def _heads(self, hidden: Node) -> Node:
        """Return [texts, heads, tokens, width of a head]."""
        heads = self._config["num_attention_heads"]
        shape = _ints(0, 0, heads, self._config["hidden_size"] // heads)
        return self._op.transpose(self._op.reshape(hidden, shape, True), _ints(0, 2, 1, 3))

    def _linear(self, hidden: Node, name: str) -> Node:
        product = self._op.matmul(hidden, self._op.constant(self._weight(f"{name}.weight")), False, True)
        return self._op.add(product, self._op.constant(self._weight(f"{name}.bias")))

    def _norm(self, hidden: Node, name: str) -> Node:
        op = self._op
        even = op.mvn(hidden, _ints(-1), True, self._config["layer_norm_eps"], "inside_sqrt")
        scaled = op.multiply(even, op.constant(self._weight(f"{name}.weight")))
        return op.add(scaled, op.constant(self._weight(f"{name}.bias")))

    def _weight(self, name: str) -> np.ndarray:
        try:
            return self._weights[name]
        except KeyError:
            raise NotBert(f"it has no weights {name}") from None


def _ints(*values: int) -> Output:
    from openvino import opset13

    return opset13.constant(np.array(values, np.int64)).output(0)
