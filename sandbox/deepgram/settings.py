"""Settings of the Deepgram emulator; latencies and faults can be changed while it runs."""

from pydantic import Field

from sandbox.recognition.settings import RecognitionSettings


class DeepgramSandboxSettings(RecognitionSettings):
    """Settings of the Deepgram emulator, read from PARLEY_SANDBOX_* variables."""

    host: str = "127.0.0.1"
    """Interface that the emulator listens on."""
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
