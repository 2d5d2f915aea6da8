"""The modules of our protocol buffers are those that their definitions give."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "proto" / "generate.py"


def generator():
    spec = importlib.util.spec_from_file_location("generate_protobuf", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_modules_are_marked_with_the_digest_of_their_definition():
    made = generator()
    sources = made.sources()
    assert [source.name for source in sources] == ["scoring.proto"]
    for source in sources:
        for target in made.targets(source):
            text = target.read_text()
            assert text.startswith(made.marked(source)), "run `python proto/generate.py --write`"
            assert "runtime_version" not in text


def test_modules_hold_what_the_definition_says():
    from otel_cert.scoring import wire
    from otel_cert.scoring.v1 import scoring_pb2

    [service] = scoring_pb2.DESCRIPTOR.services_by_name.values()
    assert service.full_name == wire.SERVICE
    methods = {m.name: (m.input_type.full_name, m.output_type.full_name) for m in service.methods}
    assert methods == {
        name: (method.request.DESCRIPTOR.full_name, method.response.DESCRIPTOR.full_name)
        for name, method in wire.METHODS.items()
    }


def test_generating_again_changes_nothing():
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed")
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
