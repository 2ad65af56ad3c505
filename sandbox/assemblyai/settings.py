"""Settings of the AssemblyAI emulator; latencies and faults can be changed while it runs."""

from pydantic import Field

from sandbox.recognition.settings import RecognitionSettings


class AssemblyAiSandboxSettings(RecognitionSettings):
    """Settings of the AssemblyAI emulator, read from PARLEY_SANDBOX_* variables."""

    assemblyai_session_s: float = Field(default=10_800.0, gt=0)
    """A session is ended after this time (3008)."""
    assemblyai_max_sessions: int = Field(default=0, ge=0)
    """Sessions at once, beyond which further ones are refused (3009); 0 for no limit."""
    assemblyai_max_speed: float = Field(default=2.0, ge=1)
    """Audio may arrive this many times faster than real time, after `assemblyai_burst_s` of it."""
    assemblyai_burst_s: float = Field(default=5.0, ge=0)
    """Audio that may arrive at once."""
    assemblyai_format_ms: float = Field(default=100.0, ge=0)
    """Delay from the end of a turn to its formatted text."""
    assemblyai_refuse: int = Field(default=0, ge=0, le=4999)
    """Refuse sessions with this error code, for example 4002; 0 accepts them."""
