from otel_cert.questions import ERRORS, ask
from tests.calls import call, connect


def test_failed_calls_are_counted_by_class_and_type_without_their_message():
    limited = {"error_class": "rate_limit", "error_type": "RateLimitError", "error_message": "prompt was: secret"}
    calls = [
        call(1, service_name="web", **limited),
        call(2, at_s=5, service_name="api", **limited),
        call(3, error_type="Odd"),
        call(4, service_name="web"),
    ]
    answer = ask(connect(calls), ERRORS)
    assert answer.rows == (
        ("rate_limit", "RateLimitError", 2, 2, "api", "2026-01-01T00:00:05Z"),
        ("other", "Odd", 1, 0, None, "2026-01-01T00:00:00Z"),
    )
    assert answer.n == 4
