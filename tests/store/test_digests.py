import subprocess

import pytest

from otel_cert.store import digests


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    return tmp_path


def lines(table):
    return (table / digests.NAME).read_text().splitlines()


def holds(table):
    """Ask the tool whose format it is."""
    command = ["sha256sum", "--check", "--strict", "--quiet", digests.NAME]
    return subprocess.run(command, cwd=table, capture_output=True, check=False).returncode == 0


def test_sha256sum_reads_them_and_finds_a_change(table):
    digests.record(table, ["a"])
    digests.record(table, ["b"])
    assert holds(table)
    (table / "b").write_bytes(b"3")
    assert not holds(table)


def test_only_the_owner_reads_them(table):
    digests.record(table, ["a"])
    assert (table / digests.NAME).stat().st_mode & 0o777 == 0o600


def test_nothing_to_record_makes_no_file(table):
    digests.record(table, [])
    digests.prune(table)
    assert not (table / digests.NAME).exists()


def test_what_is_gone_or_written_anew_is_forgotten(table):
    digests.record(table, ["a", "b"])
    (table / "a").unlink()
    digests.prune(table)
    assert [line[-1] for line in lines(table)] == ["b"]
    (table / "b").write_bytes(b"3")
    digests.record(table, ["b"])
    digests.prune(table)
    assert len(lines(table)) == 1
    assert holds(table)


def test_a_line_that_a_crash_cut_off_harms_no_other(table):
    digests.record(table, ["a", "b"])
    whole = (table / digests.NAME).read_bytes()
    for end in range(len(whole) // 2 + 1, len(whole)):
        (table / digests.NAME).write_bytes(whole[:end])
        digests.record(table, ["b"])
        digests.prune(table)
        assert holds(table)
        assert len(lines(table)) == 2, end
