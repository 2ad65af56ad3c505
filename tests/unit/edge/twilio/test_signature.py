"""Is this request from Twilio?"""

import pytest
from twilio.request_validator import RequestValidator

from services.edge.twilio.signature import is_signed

TOKEN = "12345"  # noqa: S105 - of the provider's example


def test_the_providers_own_example() -> None:
    """From Twilio's page on request security."""
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
def test_a_media_stream_may_be_signed_in_several_spellings(signed: str) -> None:
    """All of the same address."""
    signature = RequestValidator(TOKEN).compute_signature(signed, {})

    assert is_signed(TOKEN, "wss://example.com/twilio/stream", {}, signature)


@pytest.mark.parametrize(("token", "signature"), [("", "x"), (TOKEN, ""), (TOKEN, "bm8=")])
def test_nothing_is_signed_without_token_or_signature(token: str, signature: str) -> None:
    """An empty token must never let anybody in."""
    assert not is_signed(token, "https://example.com/voice", {}, signature)


def test_another_host_is_another_signature() -> None:
    """A stolen signature is of no use elsewhere."""
    signature = RequestValidator(TOKEN).compute_signature("wss://example.com/twilio/stream", {})

    assert not is_signed(TOKEN, "wss://example.org/twilio/stream", {}, signature)
