"""The replies whose audio the recording may still need, and when it was played. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.bus import streams
from parley.events.envelope import Body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, synthesis_pb2
from services.recorder.playout import Playout

AUDIO_RETENTION_MS = int(streams.AUDIO.max_age_s * 1000)
"""The next owner of a recorder finds no audio of a reply that started earlier."""
_LATE_MS = 5000
"""Playback that began before a cancellation is in the log within this time."""


@dataclass(slots=True)
class _Reply:
    started_ms: int
    ended_ms: int | None = None
    """When it was cancelled, or its playback ended and cannot resume."""


@dataclass(slots=True)
class RecentReplies:
    """The playback of the replies that are not completely stored; the size does not grow with the call."""

    playout: Playout = field(default_factory=Playout)
    stream_open: bool = False
    last_event_ms: int = 0
    """The latest call time of an event."""
    _replies: dict[str, _Reply] = field(default_factory=dict)

    def apply(self, event: Body, at_ms: int) -> None:
        """Apply an event that was sent at a call time (ms)."""
        self.last_event_ms = max(self.last_event_ms, at_ms)
        match event:
            case call_pb2.StreamStarted():
                self.stream_open = True
            case call_pb2.StreamStopped():
                self.stream_open = False
            case reply_pb2.ReplyStarted():
                self._replies.setdefault(event.reply_id, _Reply(at_ms))
            case reply_pb2.ReplyCancelled() | playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
                self._end(event.reply_id, at_ms)
            case synthesis_pb2.SynthesisFinished(samples=0):
                # A reply without text, such as one that only calls tools.
                self._end(event.reply_id, at_ms)
            case _:
                pass
        self.playout.apply(event)

    def _end(self, reply_id: str, at_ms: int) -> None:
        reply = self._replies.get(reply_id)
        if reply is not None and reply.ended_ms is None:
            reply.ended_ms = at_ms

    def needs(self, reply_id: str) -> bool:
        """Whether audio of the reply may become part of the recording."""
        return reply_id in self._replies or bool(self.playout.spans_of(reply_id))

    def needed_since_ms(self, stored: int) -> int:
        """Call time since which audio is needed, if everything before a position (samples) is stored."""
        return min((stored // BYTES_PER_MS, *(reply.started_ms for reply in self._replies.values())))

    def discard_before(self, position: int) -> None:
        """Discard the replies that no event can make part of the recording after a position (samples)."""
        self.playout.discard_before(position)
        before_ms = position // BYTES_PER_MS
        ended = [
            reply_id
            for reply_id, reply in self._replies.items()
            if reply.started_ms < before_ms - AUDIO_RETENTION_MS
            or (reply.ended_ms is not None and reply.ended_ms < before_ms - _LATE_MS)
        ]
        for reply_id in ended:
            if all(not span.playing and span.end <= position for span in self.playout.spans_of(reply_id)):
                del self._replies[reply_id]
