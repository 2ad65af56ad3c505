"""What earlier streams of a call have played, by its log. No I/O, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import Body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, synthesis_pb2
from services.edge.outbound.reply_playout import ReplyPlayout

_LONGEST_WORD_MS = 1000
"""Where a language writes no spaces, a voice's alignment may take a whole sentence for a word."""


@dataclass(slots=True)
class _Voiced:
    """What there was of one reply's sound, and when. Positions are samples."""

    ends: list[tuple[int, int]] = field(default_factory=list)
    """Call time, ms, and how much had been made by then."""
    words: list[tuple[int, int]] = field(default_factory=list)
    """Where each begins and ends."""

    def until(self, at_ms: int) -> int:
        """How much had been made by a call time."""
        return max((samples for when_ms, samples in self.ends if when_ms <= at_ms), default=0)

    def begin_of_word(self, position: int) -> int:
        """Where the word that a position cuts in two begins; the position itself between two words."""
        for start, end in self.words:
            if start < position < end and end - start <= _LONGEST_WORD_MS * BYTES_PER_MS:
                return start
        return position


@dataclass(slots=True)
class PlaybackState:
    """Fed with the log's events, in order."""

    replies: dict[str, ReplyPlayout] = field(default_factory=dict)
    held: str | None = None
    """The reply at which the caller's voice has stopped the playing."""
    inferred_progress: list[playback_pb2.PlaybackProgressed] = field(default_factory=list)
    """What must have been heard, and nobody has said so."""
    _begun_ms: dict[str, int] = field(default_factory=dict)
    _voiced: dict[str, _Voiced] = field(default_factory=dict)
    _playing: list[str] = field(default_factory=list)
    """Replies of which the last stream has sent sound."""
    _lost: call_pb2.StreamResuming | None = None
    """What was said of the last stream's loss, until there is another."""

    def audio_needed_since_ms(self, now_ms: int) -> int:
        """Call time from which on sound was made that may still be wanted."""
        wanted = (self._begun_ms.get(reply.reply_id, 0) for reply in self.replies.values() if not reply.done)
        return min(wanted, default=now_ms)

    def apply(self, body: Body, at_ms: int) -> None:
        """An event, said at call time `at_ms`."""
        match body:
            case synthesis_pb2.ClauseSynthesized():
                voiced = self._voiced.setdefault(body.reply_id, _Voiced())
                voiced.ends.append((at_ms, body.end_sample))
                voiced.words += [(w.start_ms * BYTES_PER_MS, w.end_ms * BYTES_PER_MS) for w in body.words]
            case synthesis_pb2.SynthesisFinished(reply_id=reply_id) if reply_id in self.replies:
                self.replies[reply_id].total_samples = body.samples
            case call_pb2.StreamResuming():
                self._lost = body
            case call_pb2.StreamStarted():
                if self._lost is not None and self._lost.last_audio_ms:
                    self._infer_played(self._lost, body)
                self._lost = None
                self._playing.clear()
            case playback_pb2.PlaybackStarted():
                reply = self._of(body.reply_id)
                # Perhaps from before what was heard: from the beginning of a word.
                reply.audible, reply.played = True, body.from_sample
                self._playing.append(body.reply_id)
                self._heard(body.reply_id, body.from_sample, body.at_ms)
            case playback_pb2.PlaybackProgressed():
                self._heard(body.reply_id, body.played_samples, body.at_ms)
            case playback_pb2.PlaybackPaused():
                self._heard(body.reply_id, body.played_samples, body.at_ms)
                self._playing.clear()
                self.held = body.reply_id
            case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
                self._is_over(body.reply_id)
            case _:
                self._brain_said(body, at_ms)

    def _brain_said(self, body: Body, at_ms: int) -> None:
        match body:
            case reply_pb2.ReplyStarted():
                filler = body.kind == reply_pb2.REPLY_KIND_FILLER
                self.replies.setdefault(body.reply_id, ReplyPlayout(body.reply_id, body.speculative, filler))
                self._begun_ms[body.reply_id] = at_ms
            case reply_pb2.ReplyReleased():
                self._of(body.reply_id).speculative = False
            case reply_pb2.ReplyCancelled():
                self._is_over(body.reply_id)
            case reply_pb2.ReplyResumed():
                self.held = None
            case _:
                pass

    def _is_over(self, reply_id: str) -> None:
        self._of(reply_id).done = True
        if self.held == reply_id:
            self.held = None

    def _heard(self, reply_id: str, samples: int, at_ms: int) -> None:
        self.inferred_progress = [said for said in self.inferred_progress if said.reply_id != reply_id]
        reply = self._of(reply_id)
        reply.played = reply.sent = max(reply.played, samples)
        reply.played_at_ms = at_ms

    def _infer_played(self, lost: call_pb2.StreamResuming, another: call_pb2.StreamStarted) -> None:
        """Of a stream that was lost nobody saw the last marks.

        What had been made while its edge was at work had surely been sent. Twilio lets go of it when the edge
        dies; while one is frozen it plays on until it is told to open another stream, at some moment between
        our word and that stream: in the middle, as we know no better.
        """
        made = self._voiced.setdefault(lost.last_reply_id, _Voiced())
        made.ends.append((lost.last_audio_ms, lost.last_reply_samples))
        played_until_ms = lost.last_audio_ms
        if lost.edge_stalled and lost.last_audio_ms <= another.redirected_at_ms <= another.at_ms:
            played_until_ms = (another.redirected_at_ms + another.at_ms) // 2
        for reply in self._sent_replies():
            voiced = self._voiced.get(reply.reply_id, _Voiced())
            since = max(0, played_until_ms - reply.played_at_ms) * BYTES_PER_MS
            heard = min(reply.played + since, voiced.until(lost.last_audio_ms))
            if heard > reply.played:
                self._heard(reply.reply_id, heard, played_until_ms)
                progressed = playback_pb2.PlaybackProgressed(
                    reply_id=reply.reply_id, played_samples=heard, at_ms=played_until_ms
                )
                self.inferred_progress.append(progressed)
            # Half a word is no word.
            reply.played = reply.sent = voiced.begin_of_word(reply.played)

    def _sent_replies(self) -> Iterator[ReplyPlayout]:
        return (r for r in self.replies.values() if r.reply_id in self._playing and not r.done)

    def _of(self, reply_id: str) -> ReplyPlayout:
        return self.replies.setdefault(reply_id, ReplyPlayout(reply_id, speculative=False))
