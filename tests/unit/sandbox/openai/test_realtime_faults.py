"""The menu of faults."""

import pytest

from sandbox.openai.realtime_faults import (
    FAILURES,
    REALTIME_FAULTS,
    RESPONSE_FAULTS,
    WITHIN_AUDIO,
    documented,
    failed_response,
    session_error,
)


def test_every_fault_is_documented() -> None:
    """In one line."""
    assert tuple(documented()) == REALTIME_FAULTS
    assert all(text and "\n" not in text for text in documented().values())
    assert set(RESPONSE_FAULTS) >= FAILURES | WITHIN_AUDIO


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("invalid_api_key", "invalid_api_key"),
        ("insufficient_quota", "insufficient_quota"),
        ("rate_limit_exceeded", "rate_limit_exceeded"),
        ("server_error", None),
    ],
)
def test_the_error_that_ends_a_session(name: str, code: str | None) -> None:
    """By its name in the settings."""
    assert session_error(name).code == code


def test_the_errors_of_failed_responses() -> None:
    """No credit, too many requests, or an error of the server."""
    assert failed_response("failed_quota").code == "insufficient_quota"
    assert failed_response("failed_rate_limit").code == "rate_limit_exceeded"
    assert failed_response("error_audio").kind == "server_error"
