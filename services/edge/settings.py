"""Settings of the edge."""

from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from parley.agent_config import default_texts, languages
from parley.settings import CommonSettings, HttpUrl
from services.edge.phone_number import is_phone_number
from services.edge.twilio_account import NO_ACCOUNT_SID, TwilioAccount


def _check_phone_number(value: str) -> str:
    if value and not is_phone_number(value):
        raise ValueError("must be a phone number in E.164 format, such as +15551234567")
    return value


def _check_language(value: str) -> str:
    if default_texts(value) is None:
        raise ValueError(f"must be one of {', '.join(languages())}, with or without a region")
    return value


class EdgeSettings(CommonSettings):
    """Settings of the edge."""

    edge_port: int = Field(default=8080, ge=0, le=65535)
    """Public port: webhooks, media streams, /livez and /readyz; 0 for any free one."""

    edge_metrics_port: int = Field(default=8085, ge=0, le=65535)
    """Port of /metrics, /livez and /readyz, which must not be public; 0 for any free one."""

    edge_reuse_port: bool = False
    """Allow several edges on one machine to listen on `PARLEY_EDGE_PORT`; the kernel distributes
    connections."""

    edge_direct_port: int = Field(default=0, ge=0, le=65535)
    """Additional port of this edge only, besides the shared one; 0 for none."""

    edge_direct_url: HttpUrl = ""
    """Address at which Twilio reaches this edge and no other. Media streams are opened there, so that they
    reach an edge that is alive. It may have a path, such as `https://example.com/edge/edge-0`: the edge
    serves its routes below that path too. Empty: the public address, at which any edge may answer."""

    standby_stream: bool = False
    """Experimental: have another edge receive each call's audio too, as a Twilio media stream fork, so that
    no word is lost when this edge dies. Requires `PARLEY_EDGE_DIRECT_URL` and at least two edges. Twilio
    bills the fork as a stream. With `false`, words spoken while an edge dies are lost."""

    system_id: str = Field(default="", pattern=r"^[\w.-]{0,64}$")
    """Identifies the system in the edge's rejections of unsigned requests, so that `parley doctor` can check
    that the public address leads to this system. `parley up` chooses one."""

    public_url: HttpUrl = ""
    """Address at which Twilio reaches the edge; empty: the address in each request."""

    twilio_account_sid: str = Field(
        default="", validation_alias="TWILIO_ACCOUNT_SID", pattern=r"^(AC[0-9a-fA-F]{32})?$"
    )
    """Twilio account used to place, redirect and end calls."""

    twilio_auth_token: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    """Token that verifies signatures and authenticates REST requests; without it, every request to the
    webhooks is rejected."""

    twilio_region: str = Field(default="", validation_alias="TWILIO_REGION", pattern=r"^[a-z0-9-]*$")
    """Region that processes the calls of this account, such as `ie1` or `au1`, whose token differs from that
    of `us1`; empty for `us1`. Needs `TWILIO_EDGE`."""

    twilio_edge: str = Field(default="", validation_alias="TWILIO_EDGE", pattern=r"^[a-z0-9-]*$")
    """Location at which Twilio's REST API is reached, such as `dublin` or `sydney`."""

    twilio_url: HttpUrl = ""
    """Base URL of the Twilio REST API; empty for the real one."""

    twilio_accounts: tuple[TwilioAccount, ...] = ()
    """More accounts whose calls are answered: subaccounts, other regions of the account, its previous token.
    A JSON list of objects with `account_sid` and `auth_token`, and optionally `region`, `edge` and `url` (of
    the REST API)."""

    twilio_signing_keys: SecretStr = SecretStr("")
    """Secrets of the shared keys with which Twilio signs webhooks instead of the token, if the account has
    webhook rules (HMAC-SHA1 or HMAC-SHA256); separated by commas."""

    from_number: Annotated[str, AfterValidator(_check_phone_number)] = ""
    """Caller number (E.164) of outbound calls whose request does not specify one."""

    api_key: SecretStr = SecretStr("")
    """Bearer key of `POST /calls`; without it, only requests from the same machine are accepted."""

    language: Annotated[str, AfterValidator(_check_language)] = "en"
    """Language of the announcement that a call cannot be answered, such as `de`, when no agent file
    can be read."""

    start_message_timeout_s: float = Field(default=5.0, gt=0)
    """Time within which Twilio must send the `start` message after opening a media stream."""

    hang_up_grace_s: float = Field(default=20.0, gt=0)
    """Time after the agent's `limits.max_call_s` for the goodbye; then the edge ends the call."""

    stream_open_timeout_s: float = Field(default=30.0, gt=0)
    """How long a call that Twilio reports as in progress may be without a media stream. Then a stream is
    requested through the REST API, and after the same time again the call gets its fallback. A call that
    rings, or whose status cannot be read, ends after ten times as long."""

    stream_resume_timeout_s: float = Field(default=15.0, ge=0)
    """How long a call waits for a new media stream after losing one; then it ends."""

    @cached_property
    def all_twilio_accounts(self) -> tuple[TwilioAccount, ...]:
        """All accounts with a token, the main one first."""
        token = self.twilio_auth_token
        if not token.get_secret_value():
            return self.twilio_accounts
        main = TwilioAccount(
            account_sid=self.twilio_account_sid or NO_ACCOUNT_SID,
            auth_token=token,
            region=self.twilio_region,
            edge=self.twilio_edge,
            url=self.twilio_url,
        )
        return (main, *self.twilio_accounts)
