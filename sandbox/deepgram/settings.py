"""What the stand-in for Deepgram is told; latencies and faults may be changed while it runs."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DeepgramSandboxSettings(BaseSettings):
    """Names are PARLEY_SANDBOX_*."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_SANDBOX_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    deepgram_port: int = Field(default=9002, ge=0, le=65535)
    stt: Literal["sphinx", "oracle"] = "sphinx"
    """Recognise, or look up what the callers said beforehand that they would say."""
    stt_workers: int = Field(default=2, ge=1, le=16)
    """Processes that recognise."""
    stt_final_ms: float = Field(default=250, ge=0)
    """From the end of a voice to its final transcript; never less than the endpointing that was asked for."""
    stt_eager_ms: float = Field(default=100, ge=0)
    """From the end of a voice to a guess of all of it, or to Flux's eager end; at most half of the final."""
    stt_interim_ms: float = Field(default=600, ge=100)
    """How often a guess is sent while somebody speaks."""
    stt_refuse: int = Field(default=0, ge=0, le=599)
    """Answer the handshake with this HTTP status instead."""
    stt_fault: Literal["", "hang", "close", "garbage"] = ""
    stt_fault_after_s: float = Field(default=2.0, ge=0)
    """Seconds of sound before the fault."""
    stt_fault_model: str = ""
    """Only sockets to this model meet a fault or a refusal; empty for all."""
    stt_fault_sockets: int = Field(default=1_000_000, ge=0)
    """How many sockets meet the fault before all is well again."""
