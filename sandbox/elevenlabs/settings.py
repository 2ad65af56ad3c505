"""Settings of the ElevenLabs emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field

from sandbox.recognition.settings import RecognitionSettings
from sandbox.settings import SynthesisSettings


class ElevenLabsSandboxSettings(SynthesisSettings, RecognitionSettings):
    """Settings of the ElevenLabs emulator, read from PARLEY_SANDBOX_* variables."""

    elevenlabs_port: int = Field(default=9004, ge=0, le=65535)
    """Port of the ElevenLabs emulator; 0 for any free one."""
    tts_close_race: float = Field(default=0.025, ge=0, le=1)
    """Share of contexts that lose text because `close_context` arrived right after it."""
    tts_close_race_ms: float = Field(default=100, ge=0)
    """Time after a text within which a close can lose it, unless its audio has begun."""
    tts_close_race_loss: Literal["any", "everything", "audio", "last_clause"] = "any"
    """Loss of such a context: `everything` (neither audio nor a final frame follows), its `audio` (only a
    final frame follows), its `last_clause`, or `any` of these at random."""
    tts_null_alignment: float = Field(default=0.02, ge=0, le=1)
    """Share of the chunks with a null alignment; the next chunk reports their characters."""
    tts_snake_case: bool = False
    """Name the fields of the sockets' frames in snake_case, as some of ElevenLabs' servers do."""
    tts_chunk_ms: float = Field(default=185, ge=10, le=5000)
    """Length of a chunk of audio; ElevenLabs' are not multiples of 20 ms."""
    tts_cold_ms: float = Field(default=0, ge=0)
    """Additional delay of the first audio of a socket, 1000 to 2000 from a distant region."""
    tts_auth_in_frame: bool = False
    """Accept the upgrade with an invalid key, and reject the key in a frame."""
    tts_tier: Literal["free", "starter", "creator", "pro", "scale", "business", "enterprise"] = "creator"
    """Plan of the account. The free one has no library voices; 44.1 and 48 kHz PCM need `pro`."""
    tts_premade_voices: bool = True
    """Whether ElevenLabs' premade voices exist; they end on 31 December 2026."""
    tts_max_concurrency: int = Field(default=0, ge=0)
    """Texts that are synthesised at once, 4 (free) to 30 (business) by plan; 0 for no limit, so that one
    emulator can serve many calls."""
    tts_character_limit: int = Field(default=100_000, ge=0)
    """Characters that the plan includes each month."""
    tts_characters_used: int = Field(default=0, ge=0)
    """Characters of this month that are used up."""
    tts_refuse: str = ""
    """Reject requests with this error code, for example `quota_exceeded`; empty accepts them."""
    tts_fault: Literal[
        "",
        "hang",
        "hang_mid",
        "close_mid",
        "garbage",
        "silence",
        "no_timings",
        "http_hang",
        "http_hang_mid",
        "http_close_mid",
        "http_silence",
        "http_no_timings",
    ] = ""
    """Fault of the sockets; values with `http_` are faults of HTTP streaming. `silence` keeps the times of
    the characters; with `no_timings` they stop within the clause."""
    tts_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of clauses that get the fault; later ones work."""
    tts_missing_permissions: tuple[str, ...] = ()
    """Permissions that the key lacks: `user_read`, `voices_read`."""
    scribe_auth_in_message: bool = True
    """Accept the upgrade of a live transcription with an invalid key, and reject the key in a message."""
    scribe_refuse: str = ""
    """Refuse live transcriptions with this message type, for example `quota_exceeded`; empty accepts them."""
    scribe_max_concurrency: int = Field(default=0, ge=0)
    """Live transcriptions at once, beyond which further ones are refused; 0 for no limit."""
    scribe_idle_s: float = Field(default=10.0, gt=0)
    """A live transcription that receives no message for this long is closed."""
