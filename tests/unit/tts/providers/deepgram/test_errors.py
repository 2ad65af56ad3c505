"""Errors and their remedies."""

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.tts.providers.deepgram.errors import map_close, map_error, map_refusal


@pytest.mark.parametrize(
    ("status", "header", "kind", "remedy"),
    [
        (400, "INVALID_QUERY_PARAMETER: No such model.", ProviderRejected, "set tts.voice to a name"),
        (401, "INVALID_AUTH: Invalid credentials.", ProviderRejected, "check DEEPGRAM_API_KEY"),
        (402, "", ProviderRejected, "no credit left"),
        (403, "INSUFFICIENT_PERMISSIONS: x", ProviderRejected, "choose another tts.voice"),
        (429, "TOO_MANY_REQUESTS: x", ProviderRateLimited, "limit of concurrent streams"),
        (500, "", ProviderUnavailable, "HTTP 500"),
        (408, "", ProviderUnavailable, "HTTP 408"),
    ],
)
def test_each_refusal_has_its_kind_and_remedy(
    status: int, header: str, kind: type[ProviderError], remedy: str
) -> None:
    """The reason is in a header."""
    error = map_refusal(status, {"dg-error": header} if header else {}, b"")

    assert type(error) is kind
    assert remedy in error.reason


def test_the_reason_may_be_in_the_body() -> None:
    """A proxy's page is not repeated."""
    body = b'{"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials."}'

    assert map_refusal(401, {}, body).reason.startswith("HTTP 401: INVALID_AUTH: Invalid credentials.")
    assert map_refusal(503, {}, b"<html>").reason == "HTTP 503"
    assert map_refusal(503, {}, b"[1]").reason == "HTTP 503"


def test_a_close_and_a_warning_have_their_kinds() -> None:
    """A limit that was exceeded is worth another attempt, a refused message is not."""
    assert type(map_close(1008, "Could not deserialize")) is ProviderRejected
    assert type(map_close(1008, "Exceeded the rate limit")) is ProviderUnavailable
    assert type(map_close(1011, "")) is ProviderUnavailable
    assert type(map_close(None, "")) is ProviderUnavailable
    assert type(map_error("EXCESSIVE_FLUSH", "Exceeded the rate")) is ProviderRateLimited
    assert type(map_error("", "")) is ProviderUnavailable
