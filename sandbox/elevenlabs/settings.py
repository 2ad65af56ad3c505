"""What the stand-in for ElevenLabs is told; latencies and faults may be changed while it runs."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.espeak import RATE_WPM, VOICE


class ElevenLabsSandboxSettings(BaseSettings):
    """Names are PARLEY_SANDBOX_*."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    elevenlabs_port: int = Field(default=9004, ge=0, le=65535)
    tts: Literal["espeak", "tone"] = "espeak"
    """A real voice, or a tone that carries its text. The voice id `tone` asks for the latter too."""
    espeak_voice: str = VOICE
    espeak_rate_wpm: int = Field(default=RATE_WPM, ge=80, le=450)
    first_byte_ms: float = Field(default=130, ge=0)
    realtime_factor: float = Field(default=8, gt=0)
    """How much faster than it is heard sound is made after its first byte."""
    tts_refuse: str = ""
    """Answer with this error word instead, as in `quota_exceeded`."""
    tts_fault: Literal[
        "", "hang", "hang_mid", "close_mid", "garbage", "http_hang", "http_hang_mid", "http_close_mid"
    ] = ""
    """Met by the sockets, those with `http_` by HTTP streaming."""
    tts_fault_requests: int = Field(default=1_000_000, ge=0)
    """How many clauses meet the fault before all is well again."""
