"""Settings of recognition, which all emulators that transcribe share."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RecognitionSettings(BaseSettings):
    """Settings of recognition, read from PARLEY_SANDBOX_* variables."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    stt: Literal["auto", "whisper", "sphinx", "oracle"] = "auto"
    """Recognise the audio with Whisper, with pocketsphinx, or look it up among the registered ground-truth
    transcripts; `auto`: simulated callers with pocketsphinx, and any other voice with Whisper if it is
    installed (docs/local.md)."""
    stt_workers: int = Field(default=2, ge=1, le=16)
    """Number of pieces of audio recognised at a time, each on one core."""
    stt_final_ms: float = Field(default=250, ge=0)
    """Delay from the end of speech to the final transcript; never shorter than the requested endpointing."""
    stt_eager_ms: float = Field(default=100, ge=0)
    """Delay from the end of speech to an interim transcript of all of it (Flux: EagerEndOfTurn); at most half
    of stt_final_ms."""
    stt_interim_ms: float = Field(default=600, ge=100)
    """Interval of interim transcripts during speech."""
    stt_fault: Literal["", "hang", "close", "garbage"] = ""
    """Fault on sockets: stop responding, close the socket, or send invalid messages."""
    stt_fault_after_s: float = Field(default=2.0, ge=0)
    """Seconds of audio that a socket receives before the fault."""
    stt_fault_model: str = ""
    """Only sockets for this model get the fault or the rejection; empty for all."""
    stt_fault_sockets: int = Field(default=1_000_000, ge=0)
    """Number of sockets that get the fault or the rejection; later ones work."""
