import subprocess
import sys
from pathlib import Path

from otel_cert.demo import processes

EXAMPLE = Path(__file__).parents[2] / "examples" / "openai_rag.py"


def test_the_example_sends_its_trace_where_the_environment_says(model_url, otlp_http):
    environment = processes.environment(
        OPENAI_BASE_URL=model_url, OPENAI_API_KEY="none", OTEL_SERVICE_NAME="kitchen-helper",
        OTEL_EXPORTER_OTLP_ENDPOINT=otlp_http.endpoint,
    )  # fmt: skip
    argv = [sys.executable, str(EXAMPLE), "How should I store tomatoes?"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "The visitor information does not say."
    spans = {s.name: s for s in otlp_http.spans()}
    assert set(spans) == {"answer question", "retrieval kitchen", "openai.embeddings", "openai.chat"}
    assert '"id": "tomatoes"' in spans["retrieval kitchen"].attributes["gen_ai.retrieval.documents"]
    assert spans["openai.chat"].resource["service.name"] == "kitchen-helper"
