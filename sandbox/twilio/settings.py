"""Settings of the Twilio emulator."""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.twilio.faults import Faults


class TwilioSandboxSettings(BaseSettings):
    """Read once, in `__main__`; names are PARLEY_SANDBOX_* unless Twilio defines its own."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix="PARLEY_SANDBOX_",
        populate_by_name=True,
        env_ignore_empty=True,
        extra="ignore",
    )

    host: str = Field(
        default="127.0.0.1",
        validation_alias=AliasChoices("PARLEY_SANDBOX_TWILIO_HOST", "PARLEY_SANDBOX_HOST"),
    )
    port: int = Field(
        default=9001,
        ge=0,
        le=65535,
        description="0: any free port, shown in the log",
        validation_alias=AliasChoices("PARLEY_SANDBOX_TWILIO_PORT", "PARLEY_SANDBOX_PORT"),
    )
    account_sid: str = Field(
        default="AC" + "5a" * 16, pattern="^AC[0-9a-fA-F]{32}$", validation_alias="TWILIO_ACCOUNT_SID"
    )
    auth_token: SecretStr = Field(
        default=SecretStr("sandbox"), min_length=1, validation_alias="TWILIO_AUTH_TOKEN"
    )
    voice_url: str | None = Field(default=None, description="the number's voice webhook")
    voice_method: str = "POST"
    status_url: str | None = Field(default=None, description="the number's status callback")
    fallback_url: str | None = Field(default=None, description="requested when the voice webhook fails")
    deepgram_url: str | None = Field(
        default=None,
        description="receives the callers' utterances, for its oracle",
        validation_alias="PARLEY_DEEPGRAM_URL",
    )
    plain_hosts: tuple[str, ...] = Field(
        default=(), description="hosts besides loopback whose wss:// is dialled without TLS"
    )
    ring_s: float = Field(
        default=0.1, ge=0, description="how long an inbound call rings before the webhook is requested"
    )
    amd_s: float = Field(default=0.5, ge=0, description="how long answering machine detection takes")
    faults: Faults = Faults()
    max_calls_kept: int = Field(default=1000, ge=1, description="ended calls whose reports are available")
