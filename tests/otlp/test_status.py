import json

import pytest
from google.rpc.code_pb2 import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from otel_cert.errors import Backpressure, Malformed, Retryable, TooLarge
from otel_cert.otlp import status
from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS


def detail(answer, kind):
    """Return the only detail of a status, as a message of `kind`."""
    (packed,) = answer.details
    message = kind()
    assert packed.Unpack(message)
    return message


@pytest.mark.parametrize("signal", SIGNALS)
def test_full_success_leaves_partial_success_unset(signal):
    answer = status.response(signal, {})
    assert not answer.HasField("partial_success")
    assert status.encode(answer, PROTOBUF) == b""
    assert status.encode(answer, JSON) == b"{}"


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_warning_rejects_nothing(signal):
    answer = status.response(signal, {"no_end": 2, "far_future": 1})
    text = "stored as sent, with oddities flagged: far_future (1), no_end (2)"
    assert json.loads(status.encode(answer, JSON)) == {"partialSuccess": {"errorMessage": text}}
    again = SIGNALS[signal].response.FromString(status.encode(answer, PROTOBUF))
    assert [field.name for field, _ in again.partial_success.ListFields()] == ["error_message"]


@pytest.mark.parametrize("error", [Malformed("bad"), TooLarge("bad")])
def test_permanent_errors_are_invalid_arguments_with_bad_request(error):
    answer = status.failure(error)
    assert (answer.code, answer.message) == (INVALID_ARGUMENT, "bad")
    assert detail(answer, BadRequest).field_violations[0].description == "bad"


def test_back_pressure_says_when_to_come_back():
    answer = status.failure(Backpressure("full", retry_after_s=2.5))
    assert (answer.code, answer.message) == (UNAVAILABLE, "full")
    assert detail(answer, RetryInfo).retry_delay.ToMilliseconds() == 2500
    assert status.retry_after_s(answer) == 3


def test_unexpected_errors_are_retryable_and_say_nothing_of_themselves():
    answer = status.failure(KeyError("the prompt"))
    assert answer.code == UNAVAILABLE
    assert "prompt" not in answer.message
    assert status.retry_after_s(answer) == 1
    assert status.failure(Retryable("later")).message == "later"


def test_refusals_with_other_codes_have_no_details():
    answer = status.refusal(RESOURCE_EXHAUSTED, "too large")
    assert not answer.details
    assert status.retry_after_s(answer) is None


def test_messages_are_trimmed():
    assert len(status.failure(Malformed("x" * 10**7)).SerializeToString()) < 3 * status.MAX_MESSAGE
    many = {f"flag_{n}": n for n in range(10_000)}
    assert len(status.response("traces", many).partial_success.error_message) == status.MAX_MESSAGE


def test_status_in_json_names_its_details():
    document = json.loads(status.encode(status.failure(Backpressure("full", retry_after_s=2)), JSON))
    assert document["code"] == UNAVAILABLE
    assert document["details"] == [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}]
    answer = status.failure(Malformed("bad"))
    assert Status.FromString(status.encode(answer, PROTOBUF)) == answer
