"""Which part of each reply was played, and when, folded from the edge's playback events. No I/O, no clock."""

from dataclasses import dataclass, field, replace
from operator import attrgetter

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
    number: int = field(default=0, compare=False)
    """Place in the order of playback."""

    @property
    def end(self) -> int:
        """Call time, in samples, up to which playback is confirmed."""
        return self.start + self.until_sample - self.from_sample


@dataclass(slots=True)
class Playout:
    """The agent's audio that was played, by reply: an event costs the same after any number of replies.

    At most one span of a reply plays, and it is the reply's last.
    """

    _spans: dict[str, list[PlayedSpan]] = field(default_factory=dict)
    """The spans of each reply in order; no reply has an empty list."""
    _playing: set[str] = field(default_factory=set)
    """Replies whose last span plays."""
    _started: int = 0
    """Number of spans so far."""

    @property
    def spans(self) -> tuple[PlayedSpan, ...]:
        """All spans in the order of playback."""
        return tuple(
            sorted((span for spans in self._spans.values() for span in spans), key=attrgetter("number"))
        )

    @property
    def confirmed_until(self) -> int | None:
        """Call time, in samples, after which a clear may still cut playback; None when nothing plays."""
        return min((self._spans[reply_id][-1].end for reply_id in self._playing), default=None)

    def spans_of(self, reply_id: str) -> list[PlayedSpan]:
        """Return a reply's spans in order."""
        return self._spans.get(reply_id, [])

    def apply(self, event: Body) -> None:
        """Apply an event of the call."""
        match event:
            case playback_pb2.PlaybackStarted():
                self._start(event)
            case playback_pb2.PlaybackProgressed() | playback_pb2.PlaybackFinished():
                self._played_up_to(event)
            case playback_pb2.PlaybackPaused() | playback_pb2.BargeIn():
                self._played_up_to(event)
                self._remove_queued(event.at_ms * BYTES_PER_MS)
            case call_pb2.StreamStopped():
                self.close(event.at_ms)
            case call_pb2.StreamStarted():
                # A new stream continues no playback of the old one. If the old one broke, only marks
                # reported later can confirm more of its playback.
                for reply_id in self._playing:
                    spans = self._spans[reply_id]
                    spans[-1] = replace(spans[-1], playing=False, unconfirmed=True)
                self._playing.clear()
            case _:
                pass

    def close(self, at_ms: int) -> None:
        """End playback at a call time, as the end of the call or the stream does.

        Audio that was playing continued to play, in real time, until then.
        """
        for reply_id in self._playing:
            spans = self._spans[reply_id]
            spans[-1] = _closed(spans[-1], at_ms)
        self._playing.clear()

    def discard_before(self, position: int) -> None:
        """Discard the first spans that no event can extend beyond a call time, in samples."""
        spans = self.spans
        for n, span in enumerate(spans):
            following = spans[n + 1] if n + 1 < len(spans) else None
            # The following span cuts this one off.
            is_complete = following is not None and following.start <= position and not following.playing
            if not is_complete and (span.playing or span.unconfirmed or span.end > position):
                return
            own = self._spans[span.reply_id]
            own.remove(span)
            if not own:
                del self._spans[span.reply_id]
                self._playing.discard(span.reply_id)

    def _start(self, event: playback_pb2.PlaybackStarted) -> None:
        spans = self._spans.setdefault(event.reply_id, [])
        if event.reply_id in self._playing:
            # A reply that starts again states in `from_sample` how much of it was played before.
            until = max(spans[-1].until_sample, event.from_sample)
            spans[-1] = replace(spans[-1], until_sample=until, playing=False)
        self._started += 1
        start, position = event.at_ms * BYTES_PER_MS, event.from_sample
        spans.append(PlayedSpan(event.reply_id, start, position, position, number=self._started))
        self._playing.add(event.reply_id)

    def _played_up_to(self, event: PlaybackEvent) -> None:
        spans = self._spans.get(event.reply_id)
        if not spans:
            return
        last, is_progress = spans[-1], isinstance(event, playback_pb2.PlaybackProgressed)
        if is_progress and not (last.playing or last.unconfirmed):
            return
        position = PlayoutPosition(last.until_sample).evolve(event)
        until = max(last.from_sample, position.samples)
        spans[-1] = replace(last, until_sample=until, playing=is_progress and last.playing)
        if not spans[-1].playing:
            self._playing.discard(event.reply_id)

    def _remove_queued(self, at: int) -> None:
        """Remove replies queued after the one that played, because the clear discarded them too."""
        queued = [reply_id for reply_id in self._playing if self._spans[reply_id][-1].start >= at]
        for reply_id in queued:
            self._playing.discard(reply_id)
            self._spans[reply_id].pop()
            if not self._spans[reply_id]:
                del self._spans[reply_id]


def _closed(span: PlayedSpan, at_ms: int) -> PlayedSpan:
    start = PlayoutPosition(span.from_sample, span.start // BYTES_PER_MS)
    return replace(span, until_sample=max(span.until_sample, start.samples_at(at_ms)), playing=False)
