import shutil

import pytest

from otel_cert.report.folder import Folder
from tests.calls import some, store
from tests.report.documentset.sets import DECISION, example, write


@pytest.fixture(scope="session")
def layout(tmp_path_factory):
    """A store that no test changes."""
    return store(tmp_path_factory.mktemp("documents") / "data", *some())


@pytest.fixture(scope="session")
def high_set(layout, tmp_path_factory):
    """The set of a high-risk system that is nearly complete; no test changes it."""
    output = tmp_path_factory.mktemp("high") / "set"
    written = write(layout, output, example("cv_screener"), decision=DECISION)
    return output, written


@pytest.fixture
def copied(high_set, tmp_path):
    """A copy of it, to be damaged."""
    return Folder(shutil.copytree(high_set[0], tmp_path / "set"))
