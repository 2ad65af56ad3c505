"""When which part of the agent's sound was heard, by the edge's playback events. A fold; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body
from parley.v1 import call_pb2, playback_pb2


@dataclass(frozen=True, slots=True)
class Span:
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
    untold: bool = False
    """It played when its stream was lost: more of it may have been heard than was told."""

    @property
    def end(self) -> int:
        """Call time, in samples, up to which it was heard for certain."""
        return self.start + self.until_sample - self.from_sample


@dataclass(frozen=True, slots=True)
class Heard:
    """All that was heard of the agent so far, in the order of hearing."""

    spans: tuple[Span, ...] = ()

    @property
    def certain_until(self) -> int | None:
        """Call time, in samples, from which on a clear may still cut what plays; None when nothing plays."""
        return min((span.end for span in self.spans if span.playing), default=None)

    def first_of(self, reply_id: str) -> Span | None:
        """A reply's first piece."""
        return next((span for span in self.spans if span.reply_id == reply_id), None)

    def last_of(self, reply_id: str) -> Span | None:
        """A reply's latest piece."""
        return next((span for span in reversed(self.spans) if span.reply_id == reply_id), None)


def evolve(heard: Heard, said: Body) -> Heard:
    """What was heard after the event."""
    match said:
        case playback_pb2.PlaybackStarted():
            return _started(heard, said)
        case playback_pb2.PlaybackProgressed():
            return _heard_up_to(heard, said.reply_id, said.played_samples, playing=True)
        case playback_pb2.PlaybackFinished():
            return _heard_up_to(heard, said.reply_id, said.played_samples, playing=False)
        case playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
            cut = _heard_up_to(heard, said.reply_id, said.played_samples, playing=False)
            return _without_announced(cut, said.at_ms * BYTES_PER_MS)
        case call_pb2.StreamStopped():
            return _line_closed(heard, said.at_ms * BYTES_PER_MS)
        case call_pb2.StreamStarted():
            # A new stream plays nothing of the old one; when that one died only its marks can tell.
            return Heard(
                tuple(
                    replace(span, playing=False, untold=True) if span.playing else span
                    for span in heard.spans
                )
            )
        case _:
            return heard


def call_ended(heard: Heard, at_ms: int) -> Heard:
    """What was heard when the line went dead."""
    return _line_closed(heard, at_ms * BYTES_PER_MS)


def _started(heard: Heard, said: playback_pb2.PlaybackStarted) -> Heard:
    # The same reply starting again says how far it had come before.
    spans = tuple(
        replace(span, until_sample=max(span.until_sample, said.from_sample), playing=False)
        if span.playing and span.reply_id == said.reply_id
        else span
        for span in heard.spans
    )
    span = Span(said.reply_id, said.at_ms * BYTES_PER_MS, said.from_sample, said.from_sample)
    return Heard((*spans, span))


def _heard_up_to(heard: Heard, reply_id: str, samples: int, *, playing: bool) -> Heard:
    last = heard.last_of(reply_id)
    if last is None or (playing and not (last.playing or last.untold)):
        return heard
    until = max(last.from_sample, samples)
    if playing:
        until = max(until, last.until_sample)
    return _changed(heard, last, replace(last, until_sample=until, playing=playing and last.playing))


def _without_announced(heard: Heard, at: int) -> Heard:
    """Twilio was cleared: a reply that waited behind the one that played is not heard at its time."""
    return Heard(tuple(span for span in heard.spans if not (span.playing and span.start >= at)))


def _line_closed(heard: Heard, at: int) -> Heard:
    spans = (
        replace(span, until_sample=max(span.until_sample, span.from_sample + at - span.start), playing=False)
        if span.playing
        else span
        for span in heard.spans
    )
    return Heard(tuple(spans))


def _changed(heard: Heard, before: Span, after: Span) -> Heard:
    return Heard(tuple(after if span is before else span for span in heard.spans))
