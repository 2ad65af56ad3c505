"""The buffer of the caller's audio that has not been committed. No I/O, no clock."""

from dataclasses import dataclass

from parley.audio.g711 import bytes_to_ms, ms_to_bytes
from sandbox.openai.errors import ApiError

MIN_COMMIT_MS = 100.0
_MAX_MS = 15 * 60_000.0
"""Older audio is dropped; no turn is that long."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The audio of a turn."""

    mulaw: bytes
    duration_ms: float


class InputBuffer:
    """The audio since the last commit, as mu-law."""

    def __init__(self) -> None:
        self._mulaw = bytearray()
        self.end_ms = 0.0
        """Position of the buffer's end in all audio of the session."""

    @property
    def duration_ms(self) -> float:
        """Length of the audio in the buffer."""
        return bytes_to_ms(len(self._mulaw))

    def append(self, mulaw: bytes) -> None:
        """Add audio at the end."""
        self._mulaw += mulaw
        self.end_ms += bytes_to_ms(len(mulaw))
        self.keep_last(_MAX_MS)

    def keep_last(self, ms: float) -> None:
        """Drop older audio than this."""
        excess = len(self._mulaw) - ms_to_bytes(ms)
        if excess > 0:
            del self._mulaw[:excess]

    def peek(self) -> bytes:
        """The audio in the buffer."""
        return bytes(self._mulaw)

    def clear(self) -> None:
        """Drop the audio."""
        self._mulaw.clear()

    def commit_error(self) -> ApiError | None:
        """Why the buffer cannot be committed."""
        if self.duration_ms >= MIN_COMMIT_MS:
            return None
        text = (
            "Error committing input audio buffer: buffer too small. Expected at least "
            f"{MIN_COMMIT_MS:.0f}ms of audio, but buffer only has {self.duration_ms:.2f}ms of audio."
        )
        return ApiError(text, None, "input_audio_buffer_commit_empty")

    def take(self) -> Committed:
        """Return and remove the audio."""
        mulaw = self.peek()
        self.clear()
        return Committed(mulaw, bytes_to_ms(len(mulaw)))
