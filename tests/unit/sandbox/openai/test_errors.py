"""Errors in OpenAI's format."""

import pytest

from sandbox.openai import errors


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", "invalid_request_error"),
        (402, "billing_hard_limit_reached", "invalid_request_error"),
        (429, "rate_limit_exceeded", "requests"),
        (500, None, "server_error"),
    ],
)
def test_an_error_has_the_code_and_type_of_its_status(status: int, code: str | None, kind: str) -> None:
    """The parameter is null."""
    error = errors.of_status(status, "no")

    expected = {"message": "no", "type": kind, "param": None, "code": code}
    assert (error.status, error.body) == (status, {"error": expected})


def test_models_that_ended_and_unknown_ones_are_not_found() -> None:
    """Only the text differs."""
    unknown, ended = errors.model_not_found("x"), errors.model_ended("x")

    assert (unknown.status, unknown.code, ended.status, ended.code) == (404, "model_not_found") * 2
    assert "does not exist" in unknown.message
    assert "deprecated" in ended.message


def test_a_missing_key_has_no_code() -> None:
    """A wrong one has, and is not repeated in full."""
    assert (errors.invalid_key("").status, errors.invalid_key("").code) == (401, None)
    assert errors.invalid_key("bad-secret").code == "invalid_api_key"
    assert "secret" not in errors.invalid_key("bad-secret").message
