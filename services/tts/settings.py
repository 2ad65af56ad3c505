"""What tts is told."""

from pydantic import Field, SecretStr

from parley.settings import CommonSettings


class TtsSettings(CommonSettings):
    """Settings of tts."""

    tts_port: int = Field(default=8083, ge=0, le=65535)

    elevenlabs_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """Base address of ElevenLabs; empty for the provider's own."""

    elevenlabs_api_key: SecretStr = Field(validation_alias="ELEVENLABS_API_KEY")

    tts_connect_timeout_s: float = Field(default=2.0, gt=0, le=30)
    """How long opening the provider's socket may take."""

    tts_first_audio_timeout_s: float = Field(default=1.0, gt=0, le=30)
    """Text sent and no sound for this long: the provider is late, the clause is made again."""

    tts_keep_alive_s: float = Field(default=15.0, gt=0, le=90)
    """Silence on the provider's socket after which it is told that the call goes on."""
