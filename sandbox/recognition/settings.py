"""Settings of recognition, which all emulators that transcribe share."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RecognitionSettings(BaseSettings):
    """Settings of recognition, read from PARLEY_SANDBOX_* variables."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    stt: Literal["sphinx", "oracle"] = "sphinx"
    """Recognise the audio with pocketsphinx, or look it up among the registered ground-truth transcripts."""
    stt_workers: int = Field(default=2, ge=1, le=16)
    """Number of recogniser processes."""
    stt_final_ms: float = Field(default=250, ge=0)
    """Delay from the end of speech to the final transcript; never shorter than the requested endpointing."""
    stt_eager_ms: float = Field(default=100, ge=0)
    """Delay from the end of speech to an interim transcript of all of it (Flux: EagerEndOfTurn); at most half
    of stt_final_ms."""
    stt_interim_ms: float = Field(default=600, ge=100)
    """Interval of interim transcripts during speech."""
