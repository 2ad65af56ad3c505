"""Decides whose signature a request has, or why it has none that is valid. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twilio.request_validator import get_signature_algorithm

from services.edge.twilio.signature import Params, is_signed
from services.edge.twilio_account import TwilioAccount

_SUPPORTED = ("HMAC_SHA1", "HMAC_SHA256")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request's signature, and its parts from which a signature is computed."""

    urls: Sequence[str]
    """The addresses to which Twilio may have sent it."""
    params: Params
    signature: str
    """X-Twilio-Signature."""
    key_settings: str = ""
    """X-Twilio-Webhooks-Signature-Settings: present if a webhook rule chose a shared key."""

    @property
    def account_sid(self) -> str:
        """The account that the request names; empty for a media stream."""
        return str(self.params.get("AccountSid", ""))[:34]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not from Twilio, and what to change if it is."""

    reason: str
    remedy: str


def verify(
    request: SignedRequest, accounts: Sequence[TwilioAccount], signing_keys: Iterable[str]
) -> TwilioAccount | Refusal:
    """Return the account that signed the request.

    The signature of a shared key identifies no account: the request names it, or it is the first.
    """
    if not accounts:
        return Refusal("no token is configured", "set TWILIO_AUTH_TOKEN")
    if not request.signature:
        return Refusal("the request has no signature", "send webhooks from Twilio only")
    if request.key_settings:
        return _verify_shared_key(request, accounts, tuple(signing_keys))
    for account in accounts:
        if _is_signed_with(account.auth_token.get_secret_value(), request):
            return account
    return _unknown_token(request, accounts)


def _verify_shared_key(
    request: SignedRequest, accounts: Sequence[TwilioAccount], signing_keys: Sequence[str]
) -> TwilioAccount | Refusal:
    algorithm = get_signature_algorithm(request.key_settings).upper()
    if algorithm not in _SUPPORTED:
        return Refusal(f"signature algorithm {algorithm[:32]!r}", f"choose one of {', '.join(_SUPPORTED)}")
    if not signing_keys:
        return Refusal(
            "signed with the shared key of a webhook rule",
            "add the key's secret to PARLEY_TWILIO_SIGNING_KEYS, or delete the rule",
        )
    if not any(_is_signed_with(key, request, algorithm) for key in signing_keys):
        return Refusal(
            "signed with another shared key, or for another address",
            "compare the keys of the webhook rules with PARLEY_TWILIO_SIGNING_KEYS, and the address with "
            "PARLEY_PUBLIC_URL",
        )
    named = (account for account in accounts if account.account_sid == request.account_sid)
    return next(named, accounts[0])


def _is_signed_with(secret: str, request: SignedRequest, algorithm: str = _SUPPORTED[0]) -> bool:
    return any(is_signed(secret, url, request.params, request.signature, algorithm) for url in request.urls)


def _unknown_token(request: SignedRequest, accounts: Sequence[TwilioAccount]) -> Refusal:
    """The likely cause of a signature that no token explains."""
    if request.account_sid and request.account_sid not in {account.account_sid for account in accounts}:
        return Refusal(
            f"signed by the account {request.account_sid}, which is not configured",
            "add it with its token to PARLEY_TWILIO_ACCOUNTS: a subaccount signs with its own token",
        )
    return Refusal(
        "signature of another token or address",
        "compare the address with PARLEY_PUBLIC_URL; the token must be the primary one of the region that "
        "processes the call (us1, ie1 and au1 each have their own: PARLEY_TWILIO_ACCOUNTS)",
    )
