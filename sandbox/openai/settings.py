"""Settings of the OpenAI emulator; latencies, servers and faults can be changed while it runs."""

from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from sandbox.espeak import RATE_WPM, VOICE
from sandbox.openai.faults import FAULTS, LlmFaults, LlmQuirks
from sandbox.openai.realtime_faults import REALTIME_FAULTS
from sandbox.recognition.settings import RecognitionSettings

SessionErrorName = Literal["", "invalid_api_key", "insufficient_quota", "rate_limit_exceeded", "server_error"]


class RealtimeSandboxSettings(RecognitionSettings):
    """Settings of the OpenAI emulator's Realtime API, read from PARLEY_SANDBOX_* variables."""

    tts: Literal["espeak", "tone"] = "espeak"
    """Synthesise speech with espeak-ng, or tones that encode the text."""
    espeak_voice: str = VOICE
    """Voice of espeak-ng."""
    espeak_rate_wpm: int = Field(default=RATE_WPM, ge=80, le=450)
    """Speaking rate of espeak-ng."""
    realtime_first_audio_ms: float = Field(default=450, ge=0)
    """Delay from the start of a Realtime response to its first audio."""
    realtime_speed: float = Field(default=6, gt=0)
    """Speed of a Realtime response's audio, as a multiple of real time."""
    realtime_chunk_ms: float = Field(default=200, ge=10, le=5000)
    """Length of the audio in one event of a Realtime response."""
    realtime_transcript_ms: float = Field(default=400, ge=0)
    """Delay from the commit of the caller's audio to its transcript."""
    realtime_session_s: float = Field(default=3600, gt=0)
    """Time after which a Realtime session expires."""
    realtime_refuse: int = Field(default=0, ge=0, le=599)
    """Refuse the upgrade of Realtime sessions with this HTTP status; 0 accepts it."""
    realtime_error: SessionErrorName = ""
    """End Realtime sessions with this error right after the upgrade; empty for none."""
    realtime_missing_scopes: tuple[str, ...] = ()
    """Scopes that the key lacks, such as `api.model.request`."""
    realtime_fault: str = ""
    """Fault of every Realtime response or transcription; docs/sandbox.md lists them."""

    @field_validator("realtime_fault")
    @classmethod
    def _check_realtime_fault(cls, name: str) -> str:
        if name and name not in REALTIME_FAULTS:
            raise ValueError(f"unknown fault {name!r} (known: {', '.join(REALTIME_FAULTS)})")
        return name


class OpenAISandboxSettings(RealtimeSandboxSettings):
    """Settings of the OpenAI emulator, read from PARLEY_SANDBOX_* variables."""

    host: str = "127.0.0.1"
    """Interface that the emulator listens on."""
    openai_port: int = Field(default=9003, ge=0, le=65535)
    """Port of the OpenAI emulator; 0 for any free one."""
    scenario: str = "clinic"
    """Name of a file in sandbox/openai/scenarios, or a path that ends in .yaml. A model named `sandbox-NAME`,
    or by such a path, selects another scenario."""
    first_token_ms: float = Field(default=350, ge=0)
    """Delay from the request to the first token."""
    tokens_per_s: float = Field(default=80, gt=0)
    """Rate of the tokens after the first one."""
    llm_server: Literal[
        "openai", "azure", "mistral", "gemini", "vllm", "vllm-old", "ollama", "groq", "openrouter"
    ] = "openai"
    """The server that answers at `/v1`; each of them also answers at its own path, such as `/mistral/v1`."""
    llm_date: date | None = None
    """The day that decides which models were shut down; empty for today."""
    llm_refuse: int = Field(default=0, ge=0, le=599)
    """Answer with this HTTP status; 0 answers normally."""
    llm_fault: str = ""
    """Fault or quirk of every answer: a key of the two tables below."""
    llm_faults: LlmFaults = LlmFaults()
    """Shares of the answers that have faults."""
    llm_quirks: LlmQuirks = LlmQuirks()
    """Shares of the streamed answers that have quirks."""
    llm_fault_model: str = ""
    """Only requests for this model get faults and the error status; empty for all."""
    llm_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of requests that get faults or the error status; later ones work. Quirks are not counted."""
    llm_fault_after: int = Field(default=2, ge=0)
    """Tokens of the text before a fault within it; a longer number than the text has means its end."""
    llm_silence_s: float = Field(default=3.0, ge=0)
    """Silence of the faults `late_tool_call`, `slow_tool_call` and `stall_mid`."""

    @field_validator("llm_fault")
    @classmethod
    def _check_fault(cls, name: str) -> str:
        if name and name not in FAULTS:
            raise ValueError(f"unknown fault {name!r} (known: {', '.join(FAULTS)})")
        return name
