"""The echo of a speakerphone, one 20 ms frame at a time. No I/O, no clock."""

from collections import deque

from parley.audio.g711 import DECODE, ENCODE, FRAME_MS
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import Echo


class EchoPath:
    """Returns the agent's audio, later and quieter.

    While the caller is audible, the telephone's suppressor returns nothing.
    """

    def __init__(self, echo: Echo) -> None:
        self._codes = attenuation(echo.attenuation_db)
        self._delayed = deque([SILENT_FRAME] * int(echo.delay_ms / FRAME_MS))

    def mix(self, caller_frame: bytes, agent_frame: bytes) -> bytes:
        """Return the microphone's frame: the caller's, or an echo instead of silence."""
        self._delayed.append(agent_frame)
        echo = self._delayed.popleft()
        return echo.translate(self._codes) if caller_frame == SILENT_FRAME else caller_frame


def attenuation(attenuation_db: float) -> bytes:
    """The mu-law code of each code's attenuated sample, for `bytes.translate`."""
    gain = 10 ** (-attenuation_db / 20)
    return bytes(ENCODE[round(sample * gain) & 0xFFFF] for sample in DECODE)
