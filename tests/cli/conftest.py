import pytest
from click.testing import CliRunner

from otel_cert.cli import cli
from tests.components import REGISTRY


@pytest.fixture
def run():
    """Run a command line in this process, with the components of the tests."""

    def invoke(*args, env=None):
        return CliRunner().invoke(cli, [str(arg) for arg in args], obj=REGISTRY, env=env, prog_name="otel-cert")

    return invoke
