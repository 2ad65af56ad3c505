"""Settings of stt."""

from typing import Literal

from pydantic import Field, SecretStr

from parley.providers.deepgram_address import DeepgramRegion
from parley.settings import CommonSettings, HttpUrl, ProviderUrl


class SttSettings(CommonSettings):
    """Settings of stt."""

    stt_port: int = Field(default=8081, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 for any free one."""

    max_calls: int = Field(default=50, ge=1)
    """Maximum number of calls that one process handles at a time. Each has a stream at the provider: all stt
    processes together should not exceed what its account allows (Deepgram, pay as you go: 50), because
    further streams are refused with 429."""

    deepgram_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="DEEPGRAM_API_KEY")
    """API key for Deepgram."""

    deepgram_url: ProviderUrl = ""
    """Base address of Deepgram, http(s):// or ws(s)://; empty for Deepgram itself."""

    deepgram_region: DeepgramRegion = ""
    """Region in which Deepgram processes the audio: `eu`, `au` (Australia) or `in` (India); empty for the
    global address. `PARLEY_DEEPGRAM_URL` comes first."""

    turn_model: str = ""
    """Path of a Smart Turn v3 model (ONNX, `make turn-model`), which judges by the audio whether
    the caller has finished, in addition to the words; empty for the words alone. It takes 50 ms of a core
    for each pause, and turns end 0.1 to 0.3 s later."""

    stt_connect_timeout_s: float = Field(default=3.0, gt=0, le=30)
    """Time limit for opening a WebSocket to the provider."""


class WhisperSettings(SttSettings):
    """Settings of Whisper on this machine."""

    whisper_models_dir: str = ""
    """Folder of Whisper models in CTranslate2's format, each in a folder with the name that `stt.model`
    gives; empty for `tiny.en` of the installed package only."""

    whisper_threads: int = Field(default=1, ge=1, le=64)
    """Number of pieces of audio that a process transcribes at a time, each on one core."""

    whisper_max_calls: int = Field(default=4, ge=1)
    """Number of calls that a process transcribes with Whisper at a time; further ones use the agent's next
    provider. A core serves about four calls."""


class ElevenLabsSttSettings(SttSettings):
    """Settings of ElevenLabs' transcription, which has the key and the address of its speech synthesis."""

    elevenlabs_url: ProviderUrl = ""
    """Base address of ElevenLabs, http(s):// or ws(s)://; empty for ElevenLabs itself."""

    elevenlabs_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="ELEVENLABS_API_KEY")
    """API key for ElevenLabs."""


class OpenAISttSettings(SttSettings):
    """Settings of OpenAI as a provider of transcription."""

    openai_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="OPENAI_API_KEY")
    """API key for OpenAI."""

    openai_base_url: HttpUrl = Field(default="", validation_alias="OPENAI_BASE_URL")
    """Base address of OpenAI's API, with `/v1`; empty for OpenAI itself."""


class AssemblyAiSettings(SttSettings):
    """Settings of AssemblyAI."""

    assemblyai_url: ProviderUrl = ""
    """Base address of AssemblyAI's streaming API, http(s):// or ws(s)://; empty for AssemblyAI itself."""

    assemblyai_region: Literal["", "us", "eu"] = ""
    """Region in which AssemblyAI keeps the data; empty for the nearest one."""

    assemblyai_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="ASSEMBLYAI_API_KEY")
    """API key for AssemblyAI."""
