"""Every supported library has its extra and its line on the page."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from otel_cert.instrument.supported import LIBRARIES

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
PAGE = (ROOT / "docs" / "instrument.md").read_text()


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_the_extra_installs_the_library_and_what_records_it(library):
    required = {Requirement(line).name for line in EXTRAS[library.name]}
    assert library.instrumentations[0].distribution in required
    assert required & {library.distribution, library.name}
    (everything,) = (Requirement(line) for line in EXTRAS["instrument"])
    assert library.name in everything.extras


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_the_page_says_how_to_install_it_and_what_records_it(library):
    assert f"`otel-cert[{library.name}]`" in PAGE
    assert library.name == "bedrock" or f"`{library.instrumentations[0].distribution}`" in PAGE
