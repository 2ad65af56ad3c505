"""Errors within a stream."""

from typing import Any

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.brain.providers.openai.stream_errors import read_error


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"error": {"message": "slow", "code": "rate_limit_exceeded"}}, ProviderRateLimited),
        ({"error": {"message": "Provider returned error", "code": 429}}, ProviderRateLimited),
        ({"error": {"status": "RESOURCE_EXHAUSTED", "code": 429, "message": "m"}}, ProviderRateLimited),
        ({"error": {"message": "m", "code": "insufficient_quota", "type": "x"}}, ProviderRejected),
        ({"error": {"message": "m", "code": "context_length_exceeded"}}, ProviderRejected),
        ({"error": "This model's maximum context length is 8192 tokens"}, ProviderRejected),
        ({"error": "boom"}, ProviderUnavailable),
        ({"error": True}, ProviderUnavailable),
        ({"error": [1]}, ProviderUnavailable),
        ({"error": {"type": "server_error", "code": None, "message": None}}, ProviderUnavailable),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "m"}, ProviderRateLimited),
        ({"type": "error", "error": {"type": "overloaded_error"}}, ProviderUnavailable),
        ({"object": "error", "message": "m", "type": "BadRequestError", "code": 400}, ProviderRejected),
        ({"object": "error", "message": "m", "code": 10**400}, ProviderUnavailable),
        ({"detail": "Internal"}, ProviderUnavailable),
        ({"code": 503, "message": "overloaded"}, ProviderUnavailable),
    ],
)
def test_an_error_is_converted_by_its_code(event: Any, expected: type[ProviderError]) -> None:
    """In any of its forms; the reason can be encoded."""
    error = read_error(event)

    assert type(error) is expected
    error.reason.encode()


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"error": None},
        {"error": {}},
        {"choices": [], "message": "m", "code": 1},
        [],
        "error",
        5,
        {"message": "m"},
    ],
)
def test_other_events_are_no_errors(event: Any) -> None:
    """An empty error field is common."""
    assert read_error(event) is None


def test_the_event_line_names_an_error() -> None:
    """Some servers mark errors only there."""
    assert isinstance(read_error({"message": "m"}, "error"), ProviderUnavailable)
    assert isinstance(read_error("text", "error"), ProviderUnavailable)


def test_the_message_is_cut() -> None:
    """The first 200 characters are enough for a log line."""
    assert len(read_error({"error": "x" * 10_000}).reason) < 300
