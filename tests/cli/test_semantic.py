"""`otel-cert entropy --semantic`: requests that were answered several times, and how many meanings they got."""

import json

import pytest

from tests.stored import Store, body, chat

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
MEANT = ("It costs 10 euros.", "It costs 10 euros.", "It costs 20 euros.")


def message(role, text):
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("repeated"))
    question = message("user", "What does it cost?")
    spans = [
        chat(n, gen_ai__input__messages=question, gen_ai__output__messages=message("assistant", text),
             gen_ai__request__temperature=0.7)
        for n, text in enumerate(MEANT, 1)
    ]  # fmt: skip
    made.send(body(*spans))
    made.seal()
    made.analyse()
    return made


def test_the_meanings_of_a_repeated_request(store, run):
    found = run("entropy", "--semantic", "--data-dir", store.layout.root)
    assert found.exit_code == 0, found.output
    assert "2x 'It costs 10 euros.', 1x 'It costs 20 euros.'" in found.stdout
    assert "0.637" in found.stdout, "-(2/3 ln 2/3 + 1/3 ln 1/3)"
    assert "1 request with several answers, of 3 calls; meanings by likeness, an approximation" in found.stderr


def test_json_has_every_cluster_with_its_members(store, run):
    found = json.loads(run("entropy", "--semantic", "--data-dir", store.layout.root, "--format", "json").stdout)
    [request] = found["requests"]
    assert [cluster["members"] for cluster in request["result"]["clusters"]] == [[0, 1], [2]]
    assert request["result"]["weighted_entropy"] is None
    assert request["result"]["weighted_reason"]


def test_a_model_that_is_not_there_and_one_without_semantic(store, run):
    missing = run("entropy", "--semantic", "--nli", "/nowhere", "--data-dir", store.layout.root)
    assert missing.exit_code != 0
    assert "/nowhere" in missing.stderr
    assert "add --semantic" in run("entropy", "--nli", "x", "--data-dir", store.layout.root).stderr
