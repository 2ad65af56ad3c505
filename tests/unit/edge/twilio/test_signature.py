"""Tests of the signature check."""

import pytest
from twilio.request_validator import RequestValidator

from services.edge.twilio.signature import is_signed

TOKEN = "12345"  # noqa: S105 - from Twilio's example


def test_twilios_example_is_accepted() -> None:
    """The example is from Twilio's page on request security."""
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    url = "https://example.com/myapp.php?foo=1&bar=2"

    assert is_signed(TOKEN, url, params, "L/OH5YylLD5NRKLltdqwSvS0BnU=")
    assert not is_signed(TOKEN, url, {**params, "Digits": "1235"}, "L/OH5YylLD5NRKLltdqwSvS0BnU=")


@pytest.mark.parametrize(
    "signed",
    [
        "wss://example.com/twilio/stream",
        "wss://example.com/twilio/stream/",
        "https://example.com/twilio/stream",
        "https://example.com:443/twilio/stream",
    ],
)
def test_a_media_stream_may_be_signed_for_any_variant_of_its_address(signed: str) -> None:
    """Twilio's accounts differ in scheme, port and trailing slash."""
    signature = RequestValidator(TOKEN).compute_signature(signed, {})

    assert is_signed(TOKEN, "wss://example.com/twilio/stream", {}, signature)


@pytest.mark.parametrize(("token", "signature"), [("", "x"), (TOKEN, ""), (TOKEN, "bm8=")])
def test_without_token_or_signature_a_request_is_rejected(token: str, signature: str) -> None:
    """An empty token must never accept a request."""
    assert not is_signed(token, "https://example.com/voice", {}, signature)


def test_a_signature_of_another_host_is_rejected() -> None:
    """A stolen signature is useless at another host."""
    signature = RequestValidator(TOKEN).compute_signature("wss://example.com/twilio/stream", {})

    assert not is_signed(TOKEN, "wss://example.org/twilio/stream", {}, signature)
