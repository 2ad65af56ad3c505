"""Settings of tts."""

from pydantic import Field, SecretStr

from parley.settings import CommonSettings, ProviderUrl


class TtsSettings(CommonSettings):
    """Settings of tts."""

    tts_port: int = Field(default=8083, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 for any free one."""

    tts_first_audio_timeout_s: float = Field(default=1.0, gt=0, le=30)
    """Time within which audio must follow the text of a clause; otherwise the clause is synthesized again."""


class ElevenLabsSettings(TtsSettings):
    """Settings of ElevenLabs."""

    elevenlabs_url: ProviderUrl = ""
    """Base address of ElevenLabs, http(s):// or ws(s)://; empty for ElevenLabs itself."""

    elevenlabs_api_key: SecretStr = Field(validation_alias="ELEVENLABS_API_KEY")
    """API key for ElevenLabs."""

    tts_connect_timeout_s: float = Field(default=2.0, gt=0, le=30)
    """Time limit for opening a WebSocket to the provider."""

    tts_keep_alive_s: float = Field(default=15.0, gt=0, le=90)
    """Idle time of the provider's WebSocket after which a keep-alive message is sent."""
