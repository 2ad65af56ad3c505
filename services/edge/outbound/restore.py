"""Restores from a call's log how far earlier streams have played its replies. No I/O, no clock.

The log holds a position only every few seconds; the latest one is published as the call's playback position,
and restored as well if it can be read. Only replies whose playback has not ended are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.audio.playout_position import PlaybackEvent, PlayoutPosition
from parley.events.envelope import Body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, synthesis_pb2
from services.edge.outbound.reply_playout import ReplyPlayout
from services.edge.outbound.reply_queue import ReplyQueue

_MAX_WORD_MS = 1000
"""Limit for repeating a word: for languages written without spaces, a provider may report a whole sentence as
one."""


@dataclass(slots=True)
class _SynthesisProgress:
    """How much of one reply's audio had been synthesized at which call time. Positions are samples."""

    ends: list[tuple[int, int]] = field(default_factory=list)
    """Call time (ms), and the samples synthesized by then."""
    words: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of each word."""

    def samples_by(self, at_ms: int) -> int:
        """Samples synthesized by a call time."""
        return max((samples for when_ms, samples in self.ends if when_ms <= at_ms), default=0)

    def word_start(self, position: int) -> int:
        """Start of the word that contains a position; between two words, the position itself."""
        for start, end in self.words:
            if start < position < end and end - start <= _MAX_WORD_MS * BYTES_PER_MS:
                return start
        return position


@dataclass(slots=True)
class PlaybackState:
    """The state of playback after a call's events, to be applied in log order."""

    replies: ReplyQueue = field(default_factory=ReplyQueue)
    paused_reply_id: str | None = None
    """The reply at which the caller's speech has paused playback."""
    inferred_progress: list[playback_pb2.PlaybackProgressed] = field(default_factory=list)
    """Inferred progress of lost streams that no event reports."""
    _synthesis: dict[str, _SynthesisProgress] = field(default_factory=dict)
    _playing: set[str] = field(default_factory=set)
    """Replies whose audio the last stream has sent."""
    _lost: call_pb2.StreamResuming | None = None
    """The loss of the last stream, until what it played is inferred."""
    _next: call_pb2.StreamStarted | None = None
    """The stream that replaces the last one, until what that played is inferred."""

    def audio_needed_since_ms(self, now_ms: int) -> int:
        """Call time from which on synthesized audio may still have to be played."""
        return min((reply.started_ms for reply in self.replies), default=now_ms)

    def apply(self, body: Body, at_ms: int) -> None:
        """Apply the body of an event that was sent at call time `at_ms`."""
        match body:
            case synthesis_pb2.ClauseSynthesized(reply_id=reply_id) if not self.replies.is_done(reply_id):
                synthesis = self._synthesis.setdefault(body.reply_id, _SynthesisProgress())
                synthesis.ends.append((at_ms, body.end_sample))
                synthesis.words += [(w.start_ms * BYTES_PER_MS, w.end_ms * BYTES_PER_MS) for w in body.words]
            case synthesis_pb2.SynthesisFinished(reply_id=reply_id):
                self._synthesis_finished(reply_id, body.samples)
            case reply_pb2.ReplyFinished(reply_id=reply_id, clauses=0):
                self._synthesis_finished(reply_id, 0)
            case call_pb2.StreamResuming():
                self.complete()
                self._lost = body
            case call_pb2.StreamStarted():
                self.complete()
                self._next = body
            case (
                playback_pb2.PlaybackStarted()
                | playback_pb2.PlaybackProgressed()
                | playback_pb2.PlaybackPaused()
                | playback_pb2.PlaybackFinished()
                | playback_pb2.BargeIn()
            ):
                self._apply_playback(body)
            case _:
                self._apply_reply(body, at_ms)

    def _synthesis_finished(self, reply_id: str, samples: int) -> None:
        reply = self.replies.get(reply_id)
        if reply is not None:
            reply.total_samples = samples

    def complete(self, latest: playback_pb2.PlaybackProgressed | None = None) -> None:
        """Infer what the stream before the last one played, once all events are applied.

        `latest` is the last position that it published; the log may not contain it.
        """
        if self._next is None:
            return
        if latest is not None:
            self._apply_latest(latest, self._next.at_ms)
        if self._lost is not None and self._lost.last_audio_ms:
            self._infer_played(self._lost, self._next)
        self._lost = self._next = None
        self._playing.clear()

    def _apply_latest(self, latest: playback_pb2.PlaybackProgressed, stream_started_ms: int) -> None:
        """Continue from the published position if the stream that has ended published it after the log's."""
        reply = self.replies.get(latest.reply_id)
        if reply is None or reply.reply_id not in self._playing:
            return
        if reply.position.at_ms < latest.at_ms <= stream_started_ms and latest.played_samples > reply.played:
            self._set_position(reply, reply.position.evolve(latest))
            self.inferred_progress.append(latest)

    def _apply_playback(self, event: PlaybackEvent) -> None:
        self.complete()
        reply = self.replies.reply(event.reply_id)
        match event:
            case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
                self._finish(event.reply_id)
                return
            case playback_pb2.PlaybackStarted():
                reply.audible = True
                self._playing.add(event.reply_id)
            case playback_pb2.PlaybackPaused():
                self._playing.clear()
                self.paused_reply_id = event.reply_id
            case _:
                pass
        self._set_position(reply, reply.position.evolve(event))

    def _apply_reply(self, body: Body, at_ms: int) -> None:
        match body:
            case reply_pb2.ReplyStarted():
                filler = body.kind == reply_pb2.REPLY_KIND_FILLER
                self.replies.start(
                    body.reply_id,
                    speculative=body.speculative,
                    filler=filler,
                    uninterruptible=body.uninterruptible,
                    now_ms=at_ms,
                )
            case reply_pb2.ReplyReleased():
                self.replies.reply(body.reply_id).speculative = False
            case reply_pb2.ReplyCancelled():
                self._finish(body.reply_id)
            case reply_pb2.ReplyResumed():
                self.paused_reply_id = None
            case _:
                pass

    def _finish(self, reply_id: str) -> None:
        self.replies.finish(reply_id)
        self._synthesis.pop(reply_id, None)
        self._playing.discard(reply_id)
        if self.paused_reply_id == reply_id:
            self.paused_reply_id = None

    def _set_position(self, reply: ReplyPlayout, position: PlayoutPosition) -> None:
        self.inferred_progress = [p for p in self.inferred_progress if p.reply_id != reply.reply_id]
        reply.position, reply.sent = position, position.samples

    def _infer_played(self, lost: call_pb2.StreamResuming, resumed: call_pb2.StreamStarted) -> None:
        """Infer what a lost stream played after the last logged mark.

        Audio that was synthesized while its edge was running had been sent to Twilio. Twilio discards its
        buffer when the edge dies. While an edge is stalled, Twilio continues playback until it follows the
        redirect, at some moment between the redirect and the start of the next stream; the midpoint is
        assumed.
        """
        if not self.replies.is_done(lost.last_reply_id):
            synthesized = self._synthesis.setdefault(lost.last_reply_id, _SynthesisProgress())
            synthesized.ends.append((lost.last_audio_ms, lost.last_reply_samples))
        played_until_ms = lost.last_audio_ms
        if lost.edge_stalled and lost.last_audio_ms <= resumed.redirected_at_ms <= resumed.at_ms:
            played_until_ms = (resumed.redirected_at_ms + resumed.at_ms) // 2
        for reply in self._sent_replies():
            synthesis = self._synthesis.get(reply.reply_id, _SynthesisProgress())
            limit = synthesis.samples_by(lost.last_audio_ms)
            played = reply.position.samples_at(played_until_ms, limit=limit)
            if played > reply.played:
                self._set_position(reply, PlayoutPosition(played, played_until_ms))
                progressed = playback_pb2.PlaybackProgressed(
                    reply_id=reply.reply_id, played_samples=played, at_ms=played_until_ms
                )
                self.inferred_progress.append(progressed)
            # A word that was cut off is played again from its beginning.
            word_start = synthesis.word_start(reply.played)
            reply.rewind(PlayoutPosition(word_start, reply.position.at_ms))

    def _sent_replies(self) -> Iterator[ReplyPlayout]:
        return (reply for reply in self.replies if reply.reply_id in self._playing)
