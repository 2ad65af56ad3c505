"""Tests of media stream URLs."""

import pytest

from sandbox.twilio.stream_address import dialled_url, url_error


def test_loopback_is_connected_without_tls() -> None:
    """So are configured hosts; all other hosts use TLS."""
    assert dialled_url("wss://127.0.0.1:8080/s") == "ws://127.0.0.1:8080/s"
    assert dialled_url("wss://edge:8080/s", ("edge",)) == "ws://edge:8080/s"
    assert dialled_url("wss://example.com/s") == "wss://example.com/s"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://127.0.0.1/s", 31922),
        ("https://app/s", 31922),
        ("wss://app/s?a=b", 31923),
        ("wss:///s", 31923),
        ("wss://app:99999/s", 31923),
    ],
)
def test_invalid_urls_have_codes(url: str, code: int) -> None:
    """A wrong scheme and a malformed URL have Twilio's codes."""
    error = url_error(url)

    assert error is not None
    assert error.code == code


def test_a_valid_url_has_no_error() -> None:
    """A wss:// URL with a port is valid."""
    assert url_error("wss://app:8443/stream") is None
