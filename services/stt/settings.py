"""What stt is told."""

from pydantic import Field, SecretStr

from parley.settings import CommonSettings


class SttSettings(CommonSettings):
    """Settings of stt."""

    stt_port: int = Field(default=8081, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics."""

    deepgram_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="DEEPGRAM_API_KEY")
    deepgram_url: str = Field(default="", pattern=r"^((http|ws)s?://.+)?$")
    """Base address of Deepgram; empty for the provider's own."""

    stt_connect_timeout_s: float = Field(default=3.0, gt=0, le=30)
    """How long opening the provider's socket may take."""
