"""Faults in place of an answer."""

import json

import pytest

from sandbox.openai.errors import insufficient_quota, rate_limited
from sandbox.openai.http_faults import error_response, faulty_response


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("refuse", 500, None),
        ("rate_limited", 429, "rate_limit_exceeded"),
        ("insufficient_quota", 429, "insufficient_quota"),
        ("overloaded", 503, None),
        ("prompt_filtered", 400, "content_filter"),
        ("error_200", 200, None),
        ("context_length", 400, "context_length_exceeded"),
        ("tool_use_failed", 400, "tool_use_failed"),
    ],
)
def test_error_responses(fault: str, status: int, code: str | None) -> None:
    """The body is an error object."""
    response = faulty_response([fault], "m")

    assert response is not None
    assert response.status_code == status
    assert json.loads(bytes(response.body))["error"]["code"] == code


def test_bodies_that_are_not_json() -> None:
    """A page of a proxy, and nothing."""
    page, nothing = faulty_response(["html_502"], "m"), faulty_response(["empty_200"], "m")

    assert page is not None
    assert page.status_code == 502
    assert b"Bad Gateway" in page.body
    assert nothing is not None
    assert (nothing.status_code, nothing.body) == (200, b"")


def test_the_time_to_wait_is_a_header() -> None:
    """Without credit it is missing."""
    assert error_response(rate_limited("m")).headers["retry-after"] == "1"
    assert "retry-after" not in error_response(insufficient_quota()).headers


def test_other_faults_have_no_response() -> None:
    """They occur within the answer."""
    assert faulty_response(["crlf", "hang_mid"], "m") is None
    assert faulty_response([], "m") is None
