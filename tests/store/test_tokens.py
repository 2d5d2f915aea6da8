import json
import math
import time

import pytest
from structlog.testing import capture_logs

from otel_cert.errors import NotFound, OtelCertError, UsageError
from otel_cert.store import tokens
from otel_cert.store.layout import Layout
from otel_cert.store.tokens import Tokens


@pytest.fixture
def layout(tmp_path):
    return Layout.create(tmp_path / "data")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Look at the file before every request."""
    monkeypatch.setattr(tokens, "_CHECK_S", 0)


def test_only_the_hash_of_a_token_is_kept(layout):
    secret, token = tokens.create(layout, "checkout", ["ingest"])
    kept = layout.tokens.read_text()
    assert token.sha256 in kept
    assert secret not in kept
    assert secret.removeprefix("otelcert_") not in kept
    assert layout.tokens.stat().st_mode & 0o777 == 0o600
    assert not any(secret in path.read_text() for path in layout.root.rglob("*") if path.is_file())


def test_tokens_are_long_random_and_different(layout):
    made = [tokens.create(layout, "checkout", ["ingest"]) for _ in range(20)]
    assert len({secret for secret, _ in made}) == len({token.id for _, token in made}) == 20
    assert all(len(secret.removeprefix("otelcert_")) * math.log2(64) >= 256 for secret, _ in made)


def test_a_running_service_sees_what_is_created_and_revoked(layout):
    running = Tokens(layout.tokens)
    assert not running.any_valid()
    first, _ = tokens.create(layout, "checkout", ["ingest"])
    second, kept = tokens.create(layout, "checkout", ["ingest"])
    assert running.find(first).name == "checkout"
    assert running.any_valid()
    tokens.revoke(layout, running.find(first).id)
    assert running.find(first) is None
    assert running.find(second) == kept
    tokens.revoke(layout, "checkout")
    assert running.find(second) is None
    layout.tokens.unlink()
    assert tokens.read(layout.tokens) == []


def test_an_expired_token_is_none(layout, monkeypatch):
    secret, token = tokens.create(layout, "checkout", ["ingest"], 60)
    running = Tokens(layout.tokens)
    assert running.find(secret) == token
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert running.find(secret) is None
    assert token.state(later) == "expired"


def test_a_damaged_file_leaves_the_tokens_of_before_in_force_and_is_told_once(layout):
    secret, _ = tokens.create(layout, "checkout", ["ingest"])
    running = Tokens(layout.tokens)
    for damage in ("no json", '[{"id": 1}]', '{"a": 1}', "[1]"):
        layout.tokens.write_text(damage)
        with capture_logs() as logs:
            assert running.find(secret).name == "checkout"
            assert running.find("other") is None
        assert "does not hold tokens" in running.problem
        with pytest.raises(OtelCertError, match="does not hold tokens"):
            Tokens(layout.tokens)
    assert logs == [], "it was told before"
    layout.tokens.write_text(json.dumps([]))
    assert running.find(secret) is None
    assert running.problem is None


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "a\0", "-a", ".", "x" * 129, "ä"])
def test_what_is_no_name(layout, name):
    with pytest.raises(UsageError, match="no name for a token"):
        tokens.create(layout, name, ["ingest"])
    assert not layout.tokens.exists()


def test_what_cannot_be_made_or_revoked(layout):
    with pytest.raises(UsageError, match="expires at once"):
        tokens.create(layout, "checkout", ["ingest"], 0)
    with pytest.raises(NotFound, match="'checkout'"):
        tokens.revoke(layout, "checkout")
