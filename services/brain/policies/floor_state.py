"""The caller's current speech and key presses. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import event_body
from parley.v1 import call_pb2, playback_pb2, speech_pb2
from parley.v1.event_pb2 import Event

FALSE_BARGE_IN_TIMEOUT_MS = 550
"""Speech that has no words this long after its end was not a barge-in; a transcript arrives sooner."""
NOISE_TIMEOUT_MS = 2000
"""Speech that has had no words for this long is noise, such as traffic or a television."""

REALTIME_NOISE_TIMEOUT_MS = 8000
"""The same in mode `realtime`, where a transcription model may write nothing before the speech has ended."""


@dataclass(frozen=True, slots=True)
class FloorState:
    """The caller's current speech and key presses."""

    speaking: bool = False
    since_ms: int = 0
    """Call time at which `speaking` changed."""
    words: str = ""
    words_turn: int = 0
    words_at_ms: int = 0
    """Call time at which they last changed."""
    played_at_ms: int = 0
    """Call time at which the playback of a reply last ended."""
    paused_at_ms: int = 0
    """Call time at which playback was last paused."""
    last_digit_at_ms: int = 0
    """Call time of the last key press."""
    last_digit: str = ""

    def speech_until_ms(self) -> int:
        """Call time up to which the caller probably speaks: words follow speech soon, or it is noise."""
        timeout_ms = NOISE_TIMEOUT_MS if self.speaking else FALSE_BARGE_IN_TIMEOUT_MS
        return max(self.since_ms, self.words_at_ms if self.speaking else 0) + timeout_ms


def evolve(floor: FloorState, event: Event, *, now_ms: int) -> FloorState:
    """Return the state after an event that arrived at `now_ms` (call time)."""
    match event_body(event):
        case speech_pb2.SpeechStarted():
            return replace(floor, speaking=True, since_ms=now_ms)
        case speech_pb2.SpeechStopped(at_ms=at_ms):
            # The detector reports the end of speech with a delay.
            return replace(floor, speaking=False, since_ms=min(at_ms or now_ms, now_ms))
        case speech_pb2.TranscriptUpdated(turn=turn, text=text) if not text.strip():
            # Words that turned out to be none, such as an echo of the agent.
            return replace(floor, words="", words_turn=min(floor.words_turn, turn - 1))
        case speech_pb2.TranscriptUpdated(turn=turn, text=text) | speech_pb2.TurnEnded(turn=turn, text=text):
            return replace(floor, words=text, words_turn=turn, words_at_ms=now_ms)
        case call_pb2.DtmfPressed(digit=digit):
            return replace(floor, last_digit=digit, last_digit_at_ms=now_ms)
        case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
            return replace(floor, played_at_ms=now_ms)
        case playback_pb2.PlaybackPaused():
            return replace(floor, paused_at_ms=now_ms)
        case _:
            return floor
