"""Tests of the decision whose signature a request has."""

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from services.edge.twilio.verification import Refusal, SignedRequest, verify
from services.edge.twilio_account import TwilioAccount

URL = "https://example.com/voice"
KEY = "shared-key-secret"


def account(digit: str, token: str, region: str = "") -> TwilioAccount:
    """An account."""
    return TwilioAccount(account_sid="AC" + digit * 32, auth_token=SecretStr(token), region=region)


MAIN, IRELAND, SUB = account("1", "main"), account("1", "ireland", "ie1"), account("2", "sub")
ACCOUNTS = (MAIN, IRELAND, SUB)


def signed(
    secret: str, account_sid: str = MAIN.account_sid, algorithm: str = "", url: str = URL
) -> SignedRequest:
    """A request signed with a secret; an algorithm means a webhook rule's shared key."""
    params = {"AccountSid": account_sid, "CallSid": "CA1"}
    signature = RequestValidator(secret).compute_signature(url, params, algorithm or None)
    settings = f"key=webhooks_sharedkey_1,algorithm={algorithm}" if algorithm else ""
    return SignedRequest([URL], params, signature, settings)


@pytest.mark.parametrize("wanted", ACCOUNTS)
def test_the_token_identifies_the_account(wanted: TwilioAccount) -> None:
    """Regions of one account have tokens of their own."""
    assert verify(signed(wanted.auth_token.get_secret_value()), ACCOUNTS, ()) is wanted


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256", "hmac_sha256"])
def test_a_shared_key_signs_for_the_account_that_the_request_names(algorithm: str) -> None:
    """A webhook rule replaces the token."""
    assert verify(signed(KEY, SUB.account_sid, algorithm), ACCOUNTS, ("other", KEY)) is SUB


@pytest.mark.parametrize(
    ("request_", "accounts", "keys", "remedy"),
    [
        (signed("main"), (), (), "TWILIO_AUTH_TOKEN"),
        (SignedRequest([URL], {}, ""), ACCOUNTS, (), "Twilio only"),
        (SignedRequest([URL], {}, "s", "algorithm=MD5"), ACCOUNTS, (KEY,), "HMAC_SHA256"),
        (signed(KEY, algorithm="HMAC_SHA256"), ACCOUNTS, (), "PARLEY_TWILIO_SIGNING_KEYS"),
        (signed("main", algorithm="HMAC_SHA256"), ACCOUNTS, (KEY,), "PARLEY_TWILIO_SIGNING_KEYS"),
        (signed("x", "AC" + "3" * 32), ACCOUNTS, (), "PARLEY_TWILIO_ACCOUNTS"),
        (signed("main", url="https://other.example.com/voice"), ACCOUNTS, (), "PARLEY_PUBLIC_URL"),
        (signed("rotated"), ACCOUNTS, (), "ie1"),
    ],
)
def test_a_refusal_names_what_to_change(
    request_: SignedRequest, accounts: tuple[TwilioAccount, ...], keys: tuple[str, ...], remedy: str
) -> None:
    """The setting differs by cause."""
    refusal = verify(request_, accounts, keys)

    assert isinstance(refusal, Refusal)
    assert remedy in refusal.remedy


def test_a_shared_key_is_no_token() -> None:
    """A request that claims no rule is checked against the tokens only, and the reverse."""
    assert isinstance(verify(signed(KEY), ACCOUNTS, (KEY,)), Refusal)
    assert isinstance(verify(signed("main", algorithm="HMAC_SHA1"), ACCOUNTS, (KEY,)), Refusal)
