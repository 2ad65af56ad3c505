"""Which part of each reply was played, and when, folded from the edge's playback events. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.audio.g711 import BYTES_PER_MS
from parley.audio.playout_position import PlaybackEvent, PlayoutPosition
from parley.events.envelope import Body
from parley.v1 import call_pb2, playback_pb2


@dataclass(frozen=True, slots=True)
class PlayedSpan:
    """A part of one reply's audio that was played without a pause; positions are in samples."""

    reply_id: str
    start: int
    """Call time of its first sample, in samples since the call started."""
    from_sample: int
    """Position of its first sample within the reply's audio."""
    until_sample: int
    """Position up to which playback is confirmed."""
    playing: bool = True
    """Playback continues, so `until_sample` may still grow."""
    unconfirmed: bool = False
    """The stream broke during playback, so more may have been played than was confirmed."""

    @property
    def end(self) -> int:
        """Call time, in samples, up to which playback is confirmed."""
        return self.start + self.until_sample - self.from_sample


@dataclass(frozen=True, slots=True)
class Playout:
    """All agent audio that was played so far, in the order of playback."""

    spans: tuple[PlayedSpan, ...] = ()

    @property
    def confirmed_until(self) -> int | None:
        """Call time, in samples, after which a clear may still cut playback; None when nothing plays."""
        return min((span.end for span in self.spans if span.playing), default=None)

    def first_of(self, reply_id: str) -> PlayedSpan | None:
        """Return a reply's first span."""
        return next((span for span in self.spans if span.reply_id == reply_id), None)

    def last_of(self, reply_id: str) -> PlayedSpan | None:
        """Return a reply's latest span."""
        return next((span for span in reversed(self.spans) if span.reply_id == reply_id), None)


def evolve(playout: Playout, event: Body) -> Playout:
    """Return the playout after an event."""
    match event:
        case playback_pb2.PlaybackStarted():
            return _started(playout, event)
        case playback_pb2.PlaybackProgressed() | playback_pb2.PlaybackFinished():
            return _played_up_to(playout, event)
        case playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
            return _without_queued(_played_up_to(playout, event), event.at_ms * BYTES_PER_MS)
        case call_pb2.StreamStopped():
            return _stream_closed(playout, event.at_ms)
        case call_pb2.StreamStarted():
            # A new stream continues no playback of the old one. If the old one broke, only marks reported
            # later can confirm more of its playback.
            return Playout(
                tuple(
                    replace(span, playing=False, unconfirmed=True) if span.playing else span
                    for span in playout.spans
                )
            )
        case _:
            return playout


def call_ended(playout: Playout, at_ms: int) -> Playout:
    """Return the playout after the end of the call, which ends playback."""
    return _stream_closed(playout, at_ms)


def _started(playout: Playout, event: playback_pb2.PlaybackStarted) -> Playout:
    # A reply that starts again states in `from_sample` how much of it was played before.
    spans = tuple(
        replace(span, until_sample=max(span.until_sample, event.from_sample), playing=False)
        if span.playing and span.reply_id == event.reply_id
        else span
        for span in playout.spans
    )
    span = PlayedSpan(event.reply_id, event.at_ms * BYTES_PER_MS, event.from_sample, event.from_sample)
    return Playout((*spans, span))


def _played_up_to(playout: Playout, event: PlaybackEvent) -> Playout:
    playing = isinstance(event, playback_pb2.PlaybackProgressed)
    last = playout.last_of(event.reply_id)
    if last is None or (playing and not (last.playing or last.unconfirmed)):
        return playout
    position = PlayoutPosition(last.until_sample).evolve(event)
    until = max(last.from_sample, position.samples)
    return _with_replaced(playout, last, replace(last, until_sample=until, playing=playing and last.playing))


def _without_queued(playout: Playout, at: int) -> Playout:
    """Remove replies queued after the one that played, because the clear discarded them too."""
    return Playout(tuple(span for span in playout.spans if not (span.playing and span.start >= at)))


def _stream_closed(playout: Playout, at_ms: int) -> Playout:
    """Audio that was playing continued to play, in real time, until the stream was closed."""
    return Playout(tuple(_closed_span(span, at_ms) if span.playing else span for span in playout.spans))


def _closed_span(span: PlayedSpan, at_ms: int) -> PlayedSpan:
    start = PlayoutPosition(span.from_sample, span.start // BYTES_PER_MS)
    return replace(span, until_sample=max(span.until_sample, start.samples_at(at_ms)), playing=False)


def _with_replaced(playout: Playout, before: PlayedSpan, after: PlayedSpan) -> Playout:
    return Playout(tuple(after if span is before else span for span in playout.spans))
