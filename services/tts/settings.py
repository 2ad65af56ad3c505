"""Settings of tts."""

from pydantic import Field, SecretStr

from parley.providers.deepgram_address import DeepgramRegion
from parley.settings import CommonSettings, ProviderUrl


class TtsSettings(CommonSettings):
    """Settings of tts."""

    tts_port: int = Field(default=8083, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 for any free one."""

    tts_first_audio_timeout_s: float = Field(default=2.0, gt=0, le=30)
    """Shortest time limit for the first audio of a connection, after which its text is synthesized again. The
    limit follows the measured latencies, up to three times this value; for later audio it may be half. After
    a quarter of this value another provider is tried beside the silent one."""

    tts_connect_timeout_s: float = Field(default=2.0, gt=0, le=30)
    """Initial time limit for opening a WebSocket to the provider; it follows the measured latencies, between
    half and three times this value."""


class ElevenLabsSettings(TtsSettings):
    """Settings of ElevenLabs."""

    elevenlabs_url: ProviderUrl = ""
    """Base address of ElevenLabs, http(s):// or ws(s)://; empty for ElevenLabs itself."""

    elevenlabs_api_key: SecretStr = Field(validation_alias="ELEVENLABS_API_KEY")
    """API key for ElevenLabs."""

    tts_keep_alive_s: float = Field(default=15.0, gt=0, le=90)
    """Idle time of the provider's WebSocket after which a keep-alive message is sent."""


class CartesiaSettings(TtsSettings):
    """Settings of Cartesia."""

    cartesia_url: ProviderUrl = ""
    """Base address of Cartesia, http(s):// or ws(s)://; empty for Cartesia itself."""

    cartesia_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="CARTESIA_API_KEY")
    """API key for Cartesia; required by agents whose voice is Cartesia's."""


class HibariSettings(TtsSettings):
    """Settings of Hibari on this machine."""

    hibari_voices_dir: str = ""
    """Folder of voices of Hibari, each a file `VOICE.onnx` for the VOICE that `tts.voice` gives; empty for
    the packaged voice `heart` only."""

    hibari_threads: int = Field(default=1, ge=1, le=64)
    """Number of sentences that a process synthesizes at a time, each on one core; one takes about 1 % of its
    duration."""


class DeepgramTtsSettings(TtsSettings):
    """Settings of Deepgram's voices; transcription has the same ones."""

    deepgram_url: ProviderUrl = ""
    """Base address of Deepgram, http(s):// or ws(s)://; empty for Deepgram itself."""

    deepgram_region: DeepgramRegion = ""
    """Region in which Deepgram processes the audio: `eu`, `au` (Australia) or `in` (India); empty for the
    global address. `PARLEY_DEEPGRAM_URL` comes first."""

    deepgram_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="DEEPGRAM_API_KEY")
    """API key for Deepgram; required by agents whose voice is Deepgram's."""


class PollySettings(TtsSettings):
    """Settings of Amazon Polly."""

    polly_url: ProviderUrl = ""
    """Base address of Polly, http(s)://, such as that of a VPC endpoint; empty for the region's own."""

    polly_region: str = ""
    """Region of Polly; empty for that of AWS_REGION or of the AWS profile."""

    polly_access_key_id: str = ""
    """Access key for Polly; empty for the AWS credentials of the environment, the profile or the role."""

    polly_secret_access_key: SecretStr = SecretStr("")
    """Secret of that access key."""
