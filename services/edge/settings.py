"""Settings of the edge."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from parley.agent_config import default_texts, languages
from parley.settings import CommonSettings, HttpUrl

_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)


def _check_phone_number(value: str) -> str:
    if value and not _E164.fullmatch(value):
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

    twilio_account_sid: str = Field(default="", validation_alias="TWILIO_ACCOUNT_SID")
    """Twilio account used to place, redirect and end calls."""

    twilio_auth_token: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    """Token that verifies signatures and authenticates REST requests; without it, every request to the
    webhooks is rejected."""

    twilio_url: HttpUrl = ""
    """Base URL of the Twilio REST API; empty for the real one."""

    from_number: Annotated[str, AfterValidator(_check_phone_number)] = ""
    """Caller number (E.164) of outbound calls whose request does not specify one."""

    api_key: SecretStr = SecretStr("")
    """Bearer key of `POST /calls`; without it, only requests from the same machine are accepted."""

    language: Annotated[str, AfterValidator(_check_language)] = "en"
    """Language of the announcement that a call cannot be answered, such as `de`, when no agent file
    can be read."""

    start_message_timeout_s: float = Field(default=5.0, gt=0)
    """Time within which Twilio must send the `start` message after opening a media stream."""

    stream_resume_timeout_s: float = Field(default=15.0, ge=0)
    """How long a call waits for a new media stream after losing one; then it ends."""
