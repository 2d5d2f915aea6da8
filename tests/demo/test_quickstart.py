import re
import subprocess
import sys
from pathlib import Path

from otel_cert.cli import VERBS
from otel_cert.demo import processes

PAGE = (Path(__file__).parents[2] / "docs" / "quickstart.md").read_text()

CALL = """
from openai import OpenAI
OpenAI().chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])
provider.shutdown()
"""


def test_the_instrumentation_on_the_page_sends_calls(model_url, otlp_http):
    code = "".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)) + CALL
    environment = processes.environment(
        OPENAI_BASE_URL=model_url, OPENAI_API_KEY="none", OTEL_SERVICE_NAME="my-assistant",
        OTEL_EXPORTER_OTLP_ENDPOINT=otlp_http.endpoint,
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert [(s.name, s.resource["service.name"]) for s in otlp_http.spans()] == [("openai.chat", "my-assistant")]


def test_the_commands_on_the_page_exist():
    verbs = set(re.findall(r"^otel-cert ([\w-]+)", PAGE, re.MULTILINE))
    assert {"demo", "serve", "sql", "report"} <= verbs <= set(VERBS)
