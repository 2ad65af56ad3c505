"""Signatures, verified by Twilio's own validator."""

import pytest
from twilio.request_validator import RequestValidator

from sandbox.twilio.signature import sign, signed_url

TOKEN = "12345"  # noqa: S105 - the example in Twilio's documentation
PARAMS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}


def test_the_documented_example_is_signed_correctly() -> None:
    """The signature is that of the example in Twilio's documentation."""
    url = "https://example.com/myapp.php?foo=1&bar=2"

    assert sign(TOKEN, url, PARAMS) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/voice",
        "https://example.com:8443/voice?a=b",
        "http://127.0.0.1:8080/voice",
        "http://127.0.0.1:8080/voice?a=%20b#ct=2000",
        "https://user:pass@example.com/voice",
    ],
)
def test_webhook_signatures_are_accepted(url: str) -> None:
    """URLs may have ports, queries and fragments."""
    seen = url.partition("#")[0].replace("user:pass@", "")

    assert RequestValidator(TOKEN).validate(seen, PARAMS, sign(TOKEN, url, PARAMS))


def test_stream_is_signed_over_its_wss_address() -> None:
    """This holds even if the socket is opened without TLS."""
    url = "wss://127.0.0.1:8080/twilio/stream"

    assert signed_url(url) == url
    assert RequestValidator(TOKEN).validate(url, {}, sign(TOKEN, url))
