import pytest
from click.testing import CliRunner

from otel_cert.cli import cli
from otel_cert.measures.accuracy import measure, method


@pytest.fixture
def overlap(tmp_path_factory, monkeypatch):
    """Install the method `overlap` as another package would bring it, and return the folder."""
    folder = tmp_path_factory.mktemp("packages")
    info = folder / "overlap-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: overlap\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[otel_cert.accuracy_methods]\noverlap = tests.evaluation.overlap:method\n")
    monkeypatch.syspath_prepend(folder)
    method._installed.cache_clear()
    measure._made.cache_clear()
    yield folder
    method._installed.cache_clear()
    measure._made.cache_clear()


@pytest.fixture
def run(overlap, monkeypatch, tmp_path):  # noqa: ARG001
    """Run a command line in this process, in an empty folder, with `overlap` as the method."""
    monkeypatch.chdir(tmp_path)

    def invoke(*args, **options):
        env = {"OTEL_CERT_DATA_DIR": str(tmp_path / "data")}
        env |= {f"OTEL_CERT_{verb}_METHOD": "overlap" for verb in ("MEASURE", "EVALUATE", "CALIBRATE", "LABEL_SAMPLE")}
        result = CliRunner().invoke(cli, [str(arg) for arg in args], env=env, prog_name="otel-cert", **options)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke
