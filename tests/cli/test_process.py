"""`otel-cert process`: what waits becomes visible, with and without a running service."""

from tests.stored import Store, body, chat

from .serving import ask, cli, serving

VISIBLE = "SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM genai_calls), count(total_cost) FROM costs"


def test_what_waits_is_computed_once_and_with_all_again(tmp_path):
    Store(tmp_path).send(body(chat(1)), body(chat(2)))
    for arguments, computed in [((), 2), ((), 0), (("--all",), 2)]:
        done = cli("process", "--data-dir", tmp_path, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{computed} traces computed\n")
        assert ask(tmp_path, VISIBLE) == [(2, 2, 2)]


def test_a_directory_without_data(tmp_path):
    done = cli("process", "--data-dir", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: no otel-cert data in {tmp_path}\n  hint: start `otel-cert serve")
    assert list(tmp_path.iterdir()) == []


def test_a_running_service_is_waited_for(tmp_path):
    with serving(tmp_path) as running:
        assert running.post(body(chat(1))) == 200
        done = cli("process", "--data-dir", running.data)
        assert (done.returncode, done.stderr) == (0, "computed by the running service\n")
        assert ask(running.data, VISIBLE) == [(1, 1, 1)]
        refused = cli("process", "--data-dir", running.data, "--all")
        assert refused.returncode == 1
        assert "holds the writer of this data directory\n  hint: stop it" in refused.stderr
        running.stop()
