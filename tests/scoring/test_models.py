"""Models are found where they are said to be, computed by what can, and never loaded before a text asks for one."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from structlog.testing import capture_logs

from otel_cert.errors import NotFound, UsageError
from otel_cert.scoring.encoder import Encoder
from otel_cert.scoring.models import find_model
from otel_cert.scoring.shared import shared_encoder, unload
from tests.tiny_models import save_bert, save_tokenizer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
TEXTS = ["The revenue was 450 million.", "", "the company grew " * 10]


@pytest.fixture
def bert(tmp_path):
    return save_bert(tmp_path / "bert", "")


def by_transformers(folder, text):
    """Return the vectors of tokens by transformers alone, special ones too."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    with torch.inference_mode():
        inputs = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
        return AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state[0].numpy()


def check(folder):
    encoder = Encoder(str(folder))
    for text, found in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        expected = by_transformers(folder, text)
        mean = expected.mean(axis=0)
        assert found.pooled == pytest.approx(mean / np.linalg.norm(mean), abs=1e-3)
        inner = expected[1:-1]
        assert found.vectors == pytest.approx(inner / np.linalg.norm(inner, axis=1, keepdims=True), abs=1e-3)


def test_another_bert_is_computed_by_openvino(bert):
    with capture_logs() as logs:
        check(bert)
    assert logs == []
    assert Encoder(str(bert)).longest == 62


def test_another_architecture_is_computed_by_torch_with_a_warning(tmp_path):
    import torch
    from transformers import DistilBertConfig, DistilBertModel

    size = save_tokenizer(tmp_path)
    torch.manual_seed(1)
    config = DistilBertConfig(vocab_size=size, max_position_embeddings=64, dim=32, hidden_dim=64, n_layers=2, n_heads=4)
    DistilBertModel(config).eval().save_pretrained(tmp_path)
    with capture_logs() as logs:
        check(tmp_path)
    assert [entry["event"] for entry in logs] == ["OpenVINO cannot compute the embedding model: PyTorch does, slower"]
    assert "model_type is 'distilbert'" in logs[0]["problem"]
    assert Encoder(str(tmp_path)).versions["runtime"].startswith("torch ")


def test_a_missing_package_names_the_next_step(monkeypatch):
    monkeypatch.setattr("otel_cert.scoring.models.PACKAGE", "no_such_package_1")
    with pytest.raises(NotFound, match=r"pip install 'otel-cert\[models\]'"):
        find_model()


def test_a_name_that_is_no_folder_is_not_had_when_offline(tmp_path):
    code = "import sys; from otel_cert.scoring.models import find_model; find_model(sys.argv[1])"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    for name, problem in ((str(tmp_path / "x"), "there is no folder"), ("some/model", "neither a folder nor")):
        done = subprocess.run(
            [sys.executable, "-c", code, name],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert "NotFound: " in done.stderr
        assert problem in done.stderr


def test_a_folder_without_a_model_says_what_is_missing(bert):
    (bert / "tokenizer.json").unlink()
    with pytest.raises(NotFound, match=r"has no tokenizer\.json"):
        find_model(str(bert))


@pytest.mark.parametrize("text", ["", "[]", "{", "\0"])
def test_a_damaged_configuration_is_named(bert, text):
    (bert / "config.json").write_text(text)
    with pytest.raises(NotFound, match=r"config\.json"):
        Encoder(str(bert)).encode(["text"])


def test_a_model_that_pools_otherwise_is_refused(bert):
    (bert / "1_Pooling").mkdir()
    (bert / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    with pytest.raises(UsageError, match="does not take the mean"):
        find_model(str(bert))


def test_other_weights_have_another_digest(bert, tmp_path):
    other = shutil.copytree(bert, tmp_path / "other")
    assert find_model(str(bert)).sha256 == find_model(str(other)).sha256
    data = bytearray((other / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (other / "model.safetensors").write_bytes(data)
    assert find_model(str(bert)).sha256 != find_model(str(other)).sha256


def test_a_process_shares_its_encoders(bert):
    one = shared_encoder(str(bert))
    assert shared_encoder(str(bert)) is one
    assert shared_encoder(str(bert), memory=0) is not one
    unload()
    assert shared_encoder(str(bert)) is not one


def test_nothing_heavy_is_imported_before_a_text():
    code = (
        "import sys; from otel_cert.scoring.shared import shared_encoder; shared_encoder(); "
        "import otel_cert.measures.accuracy.nli, otel_cert.measures.accuracy.judge, otel_cert.cli; "
        "import otel_cert.scoring.causal; "
        "print({'torch', 'transformers', 'openvino', 'tokenizers', 'safetensors', 'sentence_transformers', "
        "'huggingface_hub', 'genai_prices'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_runtime_sends_nothing_home(tmp_path, bert):
    """OpenVINO's own telemetry would keep a client id here, and send an event from a child."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(tmp_path)}
    code = (
        "import multiprocessing, sys; from otel_cert.scoring.shared import shared_encoder; "
        f"print(len(shared_encoder({str(bert)!r}).encode(['A text.'])), 'openvino' in sys.modules, "
        "multiprocessing.active_children(), [name for name in sys.modules if name.startswith('openvino_telemetry.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 True [] []"
    assert not (tmp_path / "intel").exists()
