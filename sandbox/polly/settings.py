"""Settings of the Polly emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field

from sandbox.settings import SynthesisSettings


class PollySandboxSettings(SynthesisSettings):
    """Settings of the Polly emulator, read from PARLEY_SANDBOX_* variables."""

    polly_chunk_ms: float = Field(default=100, ge=10, le=5000)
    """Length of a chunk of audio."""
    polly_concurrency: int = Field(default=0, ge=0)
    """Requests at once, 18 for neural voices at AWS; 0 for no limit, so that it can serve many calls."""
    polly_secret: str = "sandbox"  # noqa: S105 - signs requests on this machine only
    """Secret of every access key whose id does not begin with `bad`."""
    polly_clock_s: float = 0
    """How far the server's clock is ahead of this machine's; beyond 300 s, requests are refused."""
    polly_refuse: str = ""
    """Reject requests with this error code, for example `ThrottlingException`; empty accepts them."""
    polly_refuse_voices: str = ""
    """Reject lists of voices with this error code, for example `AccessDeniedException`."""
    polly_fault: Literal["", "hang", "hang_mid", "close_mid", "empty", "silence"] = ""
    """Fault of requests."""
    polly_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of requests that get the fault; later ones work."""
