"""Detects by loudness when the caller starts and stops to speak, in the time of the audio. No I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parley.audio.g711 import FRAME_BYTES, FRAME_MS
from sandbox.caller.loudness import is_audible

_MIN_SPEECH_FRAMES = 3
"""Consecutive audible frames that are speech; fewer are a click."""
SEMANTIC_PAUSE_MS: Mapping[str, float] = {"low": 800, "medium": 500, "auto": 500, "high": 300}
"""Silence after which a turn ends if its words are complete, by eagerness."""
MAX_SEMANTIC_PAUSE_MS: Mapping[str, float] = {"low": 8000, "medium": 4000, "auto": 4000, "high": 2000}
"""Silence after which any turn ends."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class Pause:
    """The caller has been silent long enough for the turn to end, if its words are complete."""

    at_ms: float
    final: bool
    """Whether the turn ends even if its words are incomplete."""


class TurnDetector:
    """Tracks the speech of one session."""

    def __init__(self) -> None:
        self.speaking = False
        self.audio_ms = 0.0
        """Length of the audio so far."""
        self._rest = b""
        self._audible_frames = 0
        self._silence_ms = 0.0
        self._paused = False

    def reset(self) -> None:
        """Forget the current speech, as after a commit by the client."""
        self.speaking, self._audible_frames = False, 0
        self._silence_ms, self._paused = 0.0, False

    def push(self, mulaw: bytes, config: Mapping[str, Any] | None) -> Iterator[SpeechStarted | Pause]:
        """Append audio; with a configuration, yield what it detects."""
        data = self._rest + mulaw
        usable = len(data) - len(data) % FRAME_BYTES
        self._rest = data[usable:]
        for at in range(0, usable, FRAME_BYTES):
            self.audio_ms += FRAME_MS
            if config is not None:
                yield from self._push_frame(is_audible(data[at : at + FRAME_BYTES]), config)

    def _push_frame(self, audible: bool, config: Mapping[str, Any]) -> Iterator[SpeechStarted | Pause]:
        self._audible_frames = self._audible_frames + 1 if audible else 0
        if not self.speaking:
            if self._audible_frames >= _MIN_SPEECH_FRAMES:
                self.speaking, self._silence_ms, self._paused = True, 0.0, False
                yield SpeechStarted(self.audio_ms - self._audible_frames * FRAME_MS)
            return
        if audible:
            self._silence_ms, self._paused = 0.0, False
            return
        self._silence_ms += FRAME_MS
        pause_ms, max_ms = limits_ms(config)
        if self._silence_ms >= max_ms:
            self.reset()
            yield Pause(self.audio_ms, final=True)
        elif self._silence_ms >= pause_ms and not self._paused:
            self._paused = True
            yield Pause(self.audio_ms, final=False)


def limits_ms(config: Mapping[str, Any]) -> tuple[float, float]:
    """Silence after which a turn may end, and after which it ends in any case."""
    if config["type"] == "server_vad":
        return config["silence_duration_ms"], config["silence_duration_ms"]
    return SEMANTIC_PAUSE_MS[config["eagerness"]], MAX_SEMANTIC_PAUSE_MS[config["eagerness"]]
