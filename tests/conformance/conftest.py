"""One service for every test that needs nothing special of it; `served.served` starts one with settings of its own."""

import pytest

from .served import LIMIT, STORE, served

CONFIG = f"""{STORE}
receivers:
  otlp:
    max_request_bytes: {LIMIT}
    protocols: {{http: {{cors_origins: ["https://app.example.com"]}}}}
"""


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """Serve for a whole test process; a test tells its rows by names or ids of their own."""
    with served(tmp_path_factory.mktemp("served"), CONFIG) as running:
        yield running
