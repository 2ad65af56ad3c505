"""Settings of the Twilio emulator."""

from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from parley.settings import HttpUrl, ProviderUrl
from sandbox.twilio.faults import Faults
from sandbox.twilio.incoming_number import IncomingNumber
from sandbox.twilio.signature import Signer


class TwilioSandboxSettings(BaseSettings):
    """Settings of the Twilio emulator, read from PARLEY_SANDBOX_* variables unless Twilio defines its own."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix="PARLEY_SANDBOX_",
        populate_by_name=True,
        env_ignore_empty=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    host: str = Field(
        default="127.0.0.1",
        validation_alias=AliasChoices("PARLEY_SANDBOX_TWILIO_HOST", "PARLEY_SANDBOX_HOST"),
    )
    """Interface that the emulator listens on."""
    port: int = Field(
        default=9001,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("PARLEY_SANDBOX_TWILIO_PORT", "PARLEY_SANDBOX_PORT"),
    )
    """Port of the Twilio emulator; 0 for any free one, which the log shows."""
    account_sid: str = Field(
        default="AC" + "5a" * 16, pattern="^AC[0-9a-fA-F]{32}$", validation_alias="TWILIO_ACCOUNT_SID"
    )
    """Account that REST requests must authenticate as."""
    auth_token: SecretStr = Field(
        default=SecretStr("sandbox"), min_length=1, validation_alias="TWILIO_AUTH_TOKEN"
    )
    """Token that signs webhooks and authenticates REST requests."""
    webhook_rule_key: SecretStr = SecretStr("")
    """Secret of the shared key of a webhook rule that matches all addresses; empty for no rule: webhooks and
    streams are signed with the token."""
    webhook_rule_algorithm: Literal["HMAC_SHA1", "HMAC_SHA256"] = "HMAC_SHA256"
    """Algorithm of that rule."""
    voice_url: HttpUrl | None = None
    """Voice webhook of the simulated number."""
    voice_method: str = "POST"
    """HTTP method of the voice webhook."""
    status_url: HttpUrl | None = None
    """Status callback of the simulated number."""
    fallback_url: HttpUrl | None = None
    """Webhook that is requested when the voice webhook fails."""
    deepgram_url: ProviderUrl | None = Field(default=None, validation_alias="PARLEY_DEEPGRAM_URL")
    """Deepgram emulator whose oracle receives the callers' utterances; empty for none."""
    openai_url: ProviderUrl | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    """OpenAI emulator whose oracle receives the callers' utterances; empty for none."""
    elevenlabs_url: ProviderUrl | None = Field(default=None, validation_alias="PARLEY_ELEVENLABS_URL")
    """The same for the ElevenLabs emulator."""
    plain_hosts: tuple[str, ...] = ()
    """Hosts besides loopback whose wss:// addresses are dialled without TLS."""
    ring_s: float = Field(default=0.1, ge=0)
    """Time that an inbound call rings before the webhook is requested."""
    amd_s: float = Field(default=0.5, ge=0)
    """Duration of answering machine detection."""
    faults: Faults = Faults()
    """Faults of the phone network."""
    max_calls_kept: int = Field(default=1000, ge=1)
    """Maximum number of ended calls whose reports are available."""
    numbers: tuple[IncomingNumber, ...] = (IncomingNumber(),)
    """Numbers of the account; those without a voice URL have the webhooks of `voice_url` and the like."""
    verified_numbers: tuple[str, ...] = ()
    """Numbers outside the account that may be caller ids (E.164)."""
    opted_out_numbers: tuple[str, ...] = ()
    """Numbers that have replied STOP to a message (21610)."""
    landline_numbers: tuple[str, ...] = ()
    """Numbers that cannot receive messages (21614)."""
    filtered_numbers: tuple[str, ...] = ()
    """Numbers whose carrier filters messages: they are accepted and not delivered (30007)."""
    recording_processing_ms: float = Field(default=700, ge=0)
    """Time from the end of a recording until its audio is available; 404 before."""
    account_status: Literal["active", "suspended", "closed"] = "active"
    """Status of the account; one that is not active can only be read."""
    account_type: Literal["Full", "Trial"] = "Full"
    """Type of the account."""
    balance: str = "25.00"
    """Credit of the account in USD; `-` is answered with 404, as for a subaccount."""

    @property
    def stt_urls(self) -> tuple[str, ...]:
        """Emulators whose oracles receive the callers' utterances; an https address is a real provider's."""
        openai_url = (self.openai_url or "").removesuffix("/v1")
        urls = (self.deepgram_url, openai_url, self.elevenlabs_url)
        return tuple(url for url in urls if url and not url.startswith("https"))

    @property
    def signer(self) -> Signer:
        """Signs webhooks and streams."""
        rule = self.webhook_rule_key.get_secret_value()
        if rule:
            return Signer(rule, self.webhook_rule_algorithm, f"webhooks_sharedkey_{'5a' * 13}")
        return Signer(self.auth_token.get_secret_value())
