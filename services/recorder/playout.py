"""When which part of the agent's sound was heard, by the edge's playback events. A fold; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.audio.g711 import BYTES_PER_MS
from parley.audio.playout_position import PlaybackEvent, PlayoutPosition
from parley.events.envelope import Body
from parley.v1 import call_pb2, playback_pb2


@dataclass(frozen=True, slots=True)
class PlayedSpan:
    """A piece of one reply's sound, played without a break. Positions are in samples."""

    reply_id: str
    start: int
    """Call time of its first sample, in samples since the call started."""
    from_sample: int
    """Position within the reply's sound."""
    until_sample: int
    """Heard up to here for certain."""
    playing: bool = True
    """More of it may be heard."""
    unconfirmed: bool = False
    """It played when its stream was lost: more of it may have been heard than was told."""

    @property
    def end(self) -> int:
        """Call time, in samples, up to which it was heard for certain."""
        return self.start + self.until_sample - self.from_sample


@dataclass(frozen=True, slots=True)
class Playout:
    """All that was heard of the agent so far, in the order of hearing."""

    spans: tuple[PlayedSpan, ...] = ()

    @property
    def confirmed_until(self) -> int | None:
        """Call time, in samples, from which on a clear may still cut what plays; None when nothing plays."""
        return min((span.end for span in self.spans if span.playing), default=None)

    def first_of(self, reply_id: str) -> PlayedSpan | None:
        """A reply's first piece."""
        return next((span for span in self.spans if span.reply_id == reply_id), None)

    def last_of(self, reply_id: str) -> PlayedSpan | None:
        """A reply's latest piece."""
        return next((span for span in reversed(self.spans) if span.reply_id == reply_id), None)


def evolve(playout: Playout, event: Body) -> Playout:
    """What was heard after the event."""
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
            # A new stream plays nothing of the old one; when that one died only its marks can tell.
            return Playout(
                tuple(
                    replace(span, playing=False, unconfirmed=True) if span.playing else span
                    for span in playout.spans
                )
            )
        case _:
            return playout


def call_ended(playout: Playout, at_ms: int) -> Playout:
    """What was heard when the line went dead."""
    return _stream_closed(playout, at_ms)


def _started(playout: Playout, event: playback_pb2.PlaybackStarted) -> Playout:
    # The same reply starting again says how far it had come before.
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
    """Twilio was cleared: a reply that waited behind the one that played is not heard at its time."""
    return Playout(tuple(span for span in playout.spans if not (span.playing and span.start >= at)))


def _stream_closed(playout: Playout, at_ms: int) -> Playout:
    """The audio that was playing played on, in real time, until the stream was closed."""
    return Playout(tuple(_closed_span(span, at_ms) if span.playing else span for span in playout.spans))


def _closed_span(span: PlayedSpan, at_ms: int) -> PlayedSpan:
    start = PlayoutPosition(span.from_sample, span.start // BYTES_PER_MS)
    return replace(span, until_sample=max(span.until_sample, start.samples_at(at_ms)), playing=False)


def _with_replaced(playout: Playout, before: PlayedSpan, after: PlayedSpan) -> Playout:
    return Playout(tuple(after if span is before else span for span in playout.spans))
