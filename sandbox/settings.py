"""Settings that several emulators share."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.espeak import RATE_WPM, VOICE


class SynthesisSettings(BaseSettings):
    """Settings of all emulated voices, read from PARLEY_SANDBOX_* variables."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Interface that the emulator listens on."""
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
