"""Audio that Twilio itself plays to a caller."""

import asyncio
import math

from parley.audio.g711 import ENCODE, SAMPLE_RATE_HZ
from sandbox.twilio.playback import Playback

_BEEP_HZ, _BEEP_S, _BEEP_LEVEL = 1000, 0.5, 6000


class Announcement:
    """Audio played once; `finished` is set at its end."""

    def __init__(self, mulaw: bytes) -> None:
        self._playback = Playback()
        self._playback.queue(mulaw)
        self.finished = asyncio.Event()

    def next_frame(self) -> bytes:
        """The next 20 ms."""
        frame, _ = self._playback.take()
        if not self._playback.queued_bytes:
            self.finished.set()
        return frame


def beep() -> bytes:
    """The tone that precedes a recording."""
    step = 2 * math.pi * _BEEP_HZ / SAMPLE_RATE_HZ
    samples = (int(_BEEP_LEVEL * math.sin(step * n)) for n in range(int(_BEEP_S * SAMPLE_RATE_HZ)))
    return bytes(ENCODE[sample & 0xFFFF] for sample in samples)
