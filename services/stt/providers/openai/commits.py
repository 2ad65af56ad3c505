"""Decides when audio is committed without a request of the stage, upon which OpenAI sends a final transcript.

The stage requests a commit at each pause that it detects. No I/O, no clock.
"""

from dataclasses import dataclass

from parley.audio.g711 import FRAME_BYTES, FRAME_MS, bytes_to_ms
from services.stt.audio_level import AudioLevel

MIN_COMMIT_MS = 100.0
"""Less audio is refused."""
_SILENCE_MS = 10_000
"""Audio without words is committed too, so that a new connection need not receive it again."""
_LONG_MS, _MAX_MS = 15_000, 25_000
"""Speech of this length is committed in its next short pause, or without one."""
_QUIET_MS, _SHORT_QUIET_MS = 500, 100
"""Quiet audio at the end of a commit, so that it does not cut a word."""
_LETTER_MS = 65
"""Usual duration of a letter, for words whose text came after the commit only."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A stretch of audio that is committed, in call time."""

    begin_ms: int
    end_ms: int
    text_ms: int | None = None
    """Start of its first words, if text arrived before the commit."""
    pause_ms: int = 0
    """Pause at its end that the stage has detected; 0 for a commit within speech or in silence."""
    quiet_ms: int = 0
    """Quiet audio at its end."""
    no_more_words: bool = False
    """Whether text stopped to arrive although the stage has not detected a pause."""

    def speech(self, letters: int) -> tuple[int, int]:
        """Start and end of a transcript with as many letters."""
        end_ms = max(self.begin_ms, self.end_ms - max(self.pause_ms, self.quiet_ms))
        start_ms = end_ms - letters * _LETTER_MS if self.text_ms is None else self.text_ms
        return min(max(start_ms, self.begin_ms), end_ms), end_ms


class CommitPolicy:
    """The audio of one call since the last commit; times are call times."""

    def __init__(self, gap_ms: int, lag_ms: int) -> None:
        """Create it.

        Args:
            gap_ms: gap between words after which the caller's words have ended, even in noise.
            lag_ms: time from a word to its text.
        """
        self._gap_ms = gap_ms
        self._lag_ms = lag_ms
        self._level = AudioLevel()
        self._rest = b""
        self._quiet_ms = 0
        self.end_ms = 0
        """End of the audio."""
        self._bytes = 0
        self._begin_ms: int | None = None
        self._text_ms: int | None = None
        self._text_at_ms: int | None = None
        """End of the audio when the latest text of this stretch arrived."""

    @property
    def duration_ms(self) -> float:
        """Length of the audio since the last commit."""
        return bytes_to_ms(self._bytes)

    @property
    def idle(self) -> bool:
        """Whether it is quiet, and no text has arrived since the last commit."""
        return self._text_at_ms is None and self._quiet_ms >= _QUIET_MS

    @property
    def text_start_ms(self) -> int:
        """Start of the words since the last commit."""
        return self.end_ms if self._text_ms is None else self._text_ms

    @property
    def text_end_ms(self) -> int:
        """End of the audio whose words have text by now."""
        return max(self.end_ms - self._lag_ms, self._begin_ms or 0)

    def push(self, mulaw: bytes, at_ms: int) -> None:
        """Add audio that begins at a call time."""
        if self._begin_ms is None:
            self._begin_ms = at_ms
        self._bytes += len(mulaw)
        self.end_ms = at_ms + int(bytes_to_ms(len(mulaw)))
        data = self._rest + mulaw
        usable = len(data) - len(data) % FRAME_BYTES
        self._rest = data[usable:]
        for begin in range(0, usable, FRAME_BYTES):
            self._level.add(data[begin : begin + FRAME_BYTES])
            loud = self._level.is_above_noise
            self._level.update_floor(may_be_speech=loud)
            self._quiet_ms = 0 if loud else self._quiet_ms + FRAME_MS

    def text_received(self) -> None:
        """Note that text of the audio since the last commit has arrived."""
        if self._text_ms is None:
            self._text_ms = self.text_end_ms
        self._text_at_ms = self.end_ms

    def due(self) -> Commit | None:
        """The commit that is due now."""
        if self._text_at_ms is None:
            silent = self.duration_ms >= _SILENCE_MS and self._quiet_ms >= _QUIET_MS
            return self.commit() if silent or self.duration_ms >= _MAX_MS else None
        if self.end_ms - self._text_at_ms >= self._gap_ms + self._lag_ms:
            return self.commit(no_more_words=True)
        long = self.duration_ms >= _LONG_MS and self._quiet_ms >= _SHORT_QUIET_MS
        return self.commit() if long or self.duration_ms >= _MAX_MS else None

    def commit(self, *, pause_ms: int = 0, no_more_words: bool = False) -> Commit:
        """Begin the next stretch; returns the one that ends."""
        begin_ms = self.end_ms if self._begin_ms is None else self._begin_ms
        commit = Commit(
            begin_ms,
            self.end_ms,
            text_ms=self._text_ms,
            pause_ms=pause_ms,
            quiet_ms=min(self._quiet_ms, self.end_ms - begin_ms),
            no_more_words=no_more_words,
        )
        self._begin_ms = self.end_ms
        self._bytes = 0
        self._text_ms = self._text_at_ms = None
        return commit
