"""Detects a caller's speech by its level while no session listens, so that it can interrupt. No I/O.

The next session decides what it is: noise pauses the agent for a moment only.
"""

from enum import Enum

from parley.audio.g711 import BYTES_PER_MS, DECODE, FRAME_BYTES, FRAME_MS

_POWERS = tuple((value / 32768) ** 2 for value in DECODE)
_MIN_POWER = 10**-4.2
"""-42 dBFS: speech on a telephone has about -25 dBFS."""
_INITIAL_FLOOR = 10**-6.0
_ABOVE_FLOOR = 10**1.2
"""Speech is 12 dB above the noise of the line."""
_RISE, _RISE_IN_SPEECH = 10**0.02, 10**0.002
"""Per frame: the floor rises by 10 dB/s, within speech by 1 dB/s, and falls at once."""
_START_FRAMES, _STOP_FRAMES = 4, 15


class SpeechChange(Enum):
    """Speech has started or has stopped."""

    STARTED = "started"
    STOPPED = "stopped"


class SpeechLevel:
    """The level of one caller's audio."""

    def __init__(self) -> None:
        self.speaking = False
        self.changed_ms = 0
        """Call time at which speech started or stopped last."""
        self._floor = _INITIAL_FLOOR
        self._frames = 0
        """Successive frames that differ from `speaking`."""

    def push(self, mulaw: bytes, at_ms: int) -> SpeechChange | None:
        """Add audio that begins at a call time; return the last change in it."""
        change = None
        for begin in range(0, len(mulaw), FRAME_BYTES):
            frame = mulaw[begin : begin + FRAME_BYTES]
            change = self._on_frame(frame, at_ms + begin // BYTES_PER_MS) or change
        return change

    def _on_frame(self, frame: bytes, at_ms: int) -> SpeechChange | None:
        power = sum(_POWERS[sample] for sample in frame) / len(frame)
        loud = power > max(_MIN_POWER, self._floor * _ABOVE_FLOOR)
        self._floor = min(max(power, _INITIAL_FLOOR), self._floor * (_RISE_IN_SPEECH if loud else _RISE))
        self._frames = 0 if loud is self.speaking else self._frames + 1
        if self._frames < (_STOP_FRAMES if self.speaking else _START_FRAMES):
            return None
        self.changed_ms = max(0, at_ms + FRAME_MS - self._frames * FRAME_MS)
        self.speaking, self._frames = not self.speaking, 0
        return SpeechChange.STARTED if self.speaking else SpeechChange.STOPPED
