"""What the edge is told."""

from pydantic import Field, SecretStr

from parley.settings import CommonSettings


class EdgeSettings(CommonSettings):
    """Settings of the edge."""

    edge_port: int = Field(default=8080, ge=0, le=65535)
    """Port of the webhooks, the media streams, /livez, /readyz and /metrics."""

    edge_reuse_port: bool = False
    """Let several edges of one machine listen on that port; the kernel shares the connections out."""

    edge_direct_port: int = Field(default=0, ge=0, le=65535)
    """A port of this edge alone, beside the shared one; 0 for none."""

    edge_direct_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """Address under which Twilio reaches this very edge; media streams are opened there, and so at an edge
    that is known to live. Empty: the public address, where any edge may be met."""

    standby_stream: bool = True
    """Have another edge hear each call too, by a fork of its sound, so that no word is lost when this one
    dies in the middle of it. Twilio bills the fork; where edges have no `stream_url` there is none."""

    public_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """Address under which Twilio reaches the edge; empty: as each request names it."""

    twilio_account_sid: str = Field(default="", validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    """Checks signatures and places calls; without it every request of Twilio's is refused."""

    twilio_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """Base address of Twilio's REST API; empty for Twilio itself."""

    from_number: str = Field(default="", pattern=r"^(\+[1-9]\d{1,14})?$")
    """Number from which calls are placed (E.164), when the request names none."""

    api_key: SecretStr = SecretStr("")
    """Bearer key of POST /calls; without it only this machine may place calls."""

    start_message_timeout_s: float = Field(default=10.0, gt=0)
    """How long a media stream may be open before its `start` message."""

    stream_resume_timeout_s: float = Field(default=15.0, ge=0)
    """How long a call waits for another stream after losing one, before it is over."""
