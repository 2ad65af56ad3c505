"""Settings of the Cartesia emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field

from sandbox.settings import SynthesisSettings


class CartesiaSandboxSettings(SynthesisSettings):
    """Settings of the Cartesia emulator, read from PARLEY_SANDBOX_* variables."""

    cartesia_chunk_ms: float = Field(default=93, ge=10, le=5000)
    """Length of a chunk of audio."""
    cartesia_concurrency: int = Field(default=0, ge=0)
    """Contexts that may be active at once, 2 (free) to 15 (scale) by plan, and a tenth of the WebSockets that
    may be open; 0 for no limit, so that one emulator can serve many calls."""
    cartesia_context_expiry_ms: float = Field(default=1000, gt=0)
    """Time after the last audio of a context at which it expires."""
    cartesia_idle_s: float = Field(default=300, gt=0)
    """Time without a message after which a WebSocket is closed."""
    cartesia_refuse: str = ""
    """Reject generations with this error code, for example `quota_exceeded`; empty accepts them."""
    cartesia_timestamps: Literal["context", "flush", "none"] = "context"
    """The start that word timestamps count from; `none` sends none."""
    cartesia_fault: Literal[
        "", "hang", "hang_mid", "close_mid", "garbage", "error_mid", "silence", "no_timings"
    ] = ""
    """Fault of generations."""
    cartesia_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of generations that get the fault; later ones work."""
