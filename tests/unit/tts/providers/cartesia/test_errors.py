"""Errors and their remedies."""

import json

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.tts.providers.cartesia.errors import error_fields, map_body, map_error


@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (401, "unauthorized", ProviderRejected, "check CARTESIA_API_KEY"),
        (402, "quota_exceeded", ProviderRejected, "no credits left"),
        (403, "plan_upgrade_required", ProviderRejected, "the account's plan"),
        (400, "model_sunsetted", ProviderRejected, "set tts.model to a model of Cartesia, such as sonic-3.5"),
        (404, "model_not_found", ProviderRejected, "set tts.model"),
        (404, "voice_not_found", ProviderRejected, "the account has no voice 'v1': set tts.voice"),
        (400, "language_not_supported", ProviderRejected, "set tts.language"),
        (429, "concurrency_limited", ProviderRateLimited, ""),
        (400, "context_expired", ProviderUnavailable, ""),
        (500, "internal_error", ProviderUnavailable, ""),
        (0, "", ProviderUnavailable, "an error without a reason"),
    ],
)
def test_each_error_has_its_kind_and_remedy(
    status: int, code: str, kind: type[ProviderError], remedy: str
) -> None:
    """A retry is made only where it may help."""
    error = map_error(status, code, "", "v1")

    assert type(error) is kind
    assert remedy in error.reason


def test_a_body_has_any_form() -> None:
    """Structured errors, text, and the page of a proxy, which is not repeated."""
    body = {"error_code": "voice_not_found", "title": "Voice not found", "message": "No voice x."}

    assert map_body(404, json.dumps(body).encode()).reason.startswith(
        "HTTP 404: voice_not_found: Voice not found: No voice x.; set tts.voice"
    )
    assert map_body(401, b"Unauthorized: bad key").reason == (
        "HTTP 401: Unauthorized: bad key; check CARTESIA_API_KEY"
    )
    assert map_body(502, b"<html><h1>Bad gateway").reason == "HTTP 502"
    assert len(map_body(500, b"x" * 100_000).reason) <= 200


@pytest.mark.parametrize("body", [None, [], {"title": 1, "message": None, "error_code": {}}, 7])
def test_a_strange_body_is_an_empty_one(body: object) -> None:
    """Reading it raises no exception."""
    assert error_fields(body) == ("", "")
