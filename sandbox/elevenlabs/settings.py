"""Settings of the ElevenLabs emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.espeak import RATE_WPM, VOICE


class ElevenLabsSandboxSettings(BaseSettings):
    """Settings of the ElevenLabs emulator, read from PARLEY_SANDBOX_* variables."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Interface that the emulator listens on."""
    elevenlabs_port: int = Field(default=9004, ge=0, le=65535)
    """Port of the ElevenLabs emulator; 0 for any free one."""
    tts: Literal["espeak", "tone"] = "espeak"
    """Synthesise speech with espeak-ng, or tones that encode the text; voice id `tone` selects tones too."""
    espeak_voice: str = VOICE
    """Voice of espeak-ng."""
    espeak_rate_wpm: int = Field(default=RATE_WPM, ge=80, le=450)
    """Speaking rate of espeak-ng."""
    first_byte_ms: float = Field(default=130, ge=0)
    """Delay from the text of a clause to its first audio."""
    realtime_factor: float = Field(default=8, gt=0)
    """Speed of synthesis after the first byte, as a multiple of real time."""
    tts_close_race: float = Field(default=0, ge=0, le=1)
    """Share of contexts that lose text because `close_context` arrived right after it."""
    tts_close_race_ms: float = Field(default=100, ge=0)
    """Time after a text within which a close can lose it, unless its audio has begun."""
    tts_close_race_loss: Literal["any", "everything", "audio", "last_clause"] = "any"
    """Loss of such a context: `everything` (neither audio nor a final frame follows), its `audio` (only a
    final frame follows), its `last_clause`, or `any` of these at random."""
    tts_refuse: str = ""
    """Reject requests with this error code, for example `quota_exceeded`; empty accepts them."""
    tts_fault: Literal[
        "", "hang", "hang_mid", "close_mid", "garbage", "http_hang", "http_hang_mid", "http_close_mid"
    ] = ""
    """Fault of the sockets; values with `http_` are faults of HTTP streaming."""
    tts_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of clauses that get the fault; later ones work."""
