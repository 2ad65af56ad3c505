"""How much of a reply's audio was played at a call time. No I/O, no clock.

Twilio confirms positions by marks, and the edge publishes them as playback events. Between two confirmations
audio plays in real time: 8 samples per millisecond.
"""

from dataclasses import dataclass

from parley.audio.g711 import BYTES_PER_MS
from parley.v1 import playback_pb2

PlaybackEvent = (
    playback_pb2.PlaybackStarted
    | playback_pb2.PlaybackProgressed
    | playback_pb2.PlaybackPaused
    | playback_pb2.PlaybackFinished
    | playback_pb2.BargeIn
)


@dataclass(frozen=True, slots=True)
class PlayoutPosition:
    """A confirmed position in a reply's audio and the call time at which playback reached it."""

    samples: int = 0
    at_ms: int = 0

    def advance(self, samples: int, at_ms: int) -> "PlayoutPosition":
        """Return the newly confirmed position; a late or repeated confirmation changes nothing."""
        return PlayoutPosition(samples, at_ms) if samples > self.samples else self

    def samples_at(self, at_ms: int, *, limit: int | None = None) -> int:
        """Samples played at a call time if playback continued from here in real time, at most `limit`."""
        played = self.samples + max(0, at_ms - self.at_ms) * BYTES_PER_MS
        return played if limit is None else min(played, limit)

    def time_of(self, sample: int) -> int:
        """Call time (ms) at which an earlier sample was played, if playback has not paused since."""
        return self.at_ms - (self.samples - sample) // BYTES_PER_MS

    def evolve(self, event: PlaybackEvent) -> "PlayoutPosition":
        """Return the position after a playback event of the reply.

        Progress only grows. A start may precede the last position, because a resumed reply repeats the
        word that was cut; the events that end playback state the final position.
        """
        match event:
            case playback_pb2.PlaybackStarted():
                return PlayoutPosition(event.from_sample, event.at_ms)
            case playback_pb2.PlaybackProgressed():
                return self.advance(event.played_samples, event.at_ms)
            case _:
                return PlayoutPosition(event.played_samples, event.at_ms)
