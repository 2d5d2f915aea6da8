"""Models of both shapes, written once."""

import pytest

from otel_cert.trajectory import TrajectoryMonitor
from tests.trajectory.models import save_causal


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Threads that wait for each other cost more than such small models, most of all beside other tests."""
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="session", params=["gpt2", "llama"])
def folder(request, tmp_path_factory):
    return save_causal(tmp_path_factory.mktemp("models") / request.param, request.param)


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory):
    """A model whose answers have no end."""
    return save_causal(tmp_path_factory.mktemp("models") / "endless", ends=False)


@pytest.fixture
def monitor(gpt2):
    with TrajectoryMonitor(gpt2, device="cpu", max_new_tokens=12, timeout=None) as monitor:
        yield monitor


@pytest.fixture
def net(monitor):
    """The loaded network of the monitor, to be made to fail."""
    monitor.preload()
    return monitor._holder.model.net
