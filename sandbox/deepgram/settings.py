"""Settings of the Deepgram emulator; latencies and faults can be changed while it runs."""

from typing import Literal

from pydantic import Field

from sandbox.recognition.settings import RecognitionSettings
from sandbox.settings import SynthesisSettings


class DeepgramSandboxSettings(RecognitionSettings, SynthesisSettings):
    """Settings of the Deepgram emulator, read from PARLEY_SANDBOX_* variables."""

    deepgram_port: int = Field(default=9002, ge=0, le=65535)
    """Port of the Deepgram emulator; 0 for any free one."""
    stt_format: bool = True
    """Write capitals, punctuation and figures as the query requests; a full stop follows each pause."""
    stt_silence_interim_ms: float = Field(default=1000, ge=0)
    """Interval of empty interim results during silence; 0 for none."""
    stt_finalize_speech_final: bool = True
    """Set speech_final in the result that answers Finalize."""
    stt_late_utterance_end: float = Field(default=0.1, ge=0, le=1)
    """Share of the UtteranceEnd messages that are sent late, after the next words have begun."""
    stt_unknown_word_end: float = Field(default=0.05, ge=0, le=1)
    """Share of the UtteranceEnd messages whose last_word_end is -1."""
    stt_flux_update_ms: float = Field(default=250, ge=0)
    """Interval, in audio, of Flux's Update messages, also without new words; 0 for new words only."""
    stt_refuse: int = Field(default=0, ge=0, le=599)
    """Reject the handshake with this HTTP status; 0 accepts it."""
    stt_balance: float = 100.0
    """Credit of the account in USD."""
    stt_member_key: bool = False
    """Whether the key may transcribe, but not read the credit."""
    speak_chunk_ms: float = Field(default=60, ge=10, le=5000)
    """Length of a chunk of synthesized audio."""
    speak_max_sockets: int = Field(default=0, ge=0)
    """WebSockets of /v1/speak that may be open at once; 0 for no limit."""
    speak_characters_per_min: int = Field(default=2400, ge=0)
    """Characters within a minute beyond which a WebSocket of /v1/speak is closed; 0 for no limit."""
    speak_session_s: float = Field(default=3600, gt=0)
    """Maximum duration of a WebSocket of /v1/speak."""
    speak_flushed_first: bool = False
    """Confirm a flush before its audio instead of after it."""
    speak_refuse: int = Field(default=0, ge=0, le=599)
    """Reject the handshake of /v1/speak with this HTTP status; 0 accepts it."""
    speak_fault: Literal["", "hang", "hang_mid", "close_mid", "garbage", "error_mid", "silence"] = ""
    """Fault of the audio of a flush."""
    speak_fault_requests: int = Field(default=1_000_000, ge=0)
    """Number of flushes that get the fault; later ones work."""
