"""What earlier streams of a call have played, by its log. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.envelope import Body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, voice_pb2
from services.edge.played_reply import PlayedReply

_SAMPLES_PER_MS = 8


@dataclass(slots=True)
class Recall:
    """Fed with the log's events, in order."""

    replies: dict[str, PlayedReply] = field(default_factory=dict)
    held: str | None = None
    """The reply at which the caller's voice has stopped the playing."""
    presumed: playback_pb2.PlaybackProgressed | None = None
    """What must have been heard, and nobody has said so."""
    _begun_ms: dict[str, int] = field(default_factory=dict)
    _voiced: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """When how many samples of each reply had been made."""

    def sound_since_ms(self, now_ms: int) -> int:
        """Call time from which on sound was made that may still be wanted."""
        wanted = (self._begun_ms.get(reply.reply_id, 0) for reply in self.replies.values() if not reply.over)
        return min(wanted, default=now_ms)

    def happened(self, body: Body, at_ms: int) -> None:
        """An event, said at call time `at_ms`."""
        match body:
            case voice_pb2.ClauseVoiced():
                self._voiced.setdefault(body.reply_id, []).append((at_ms, body.end_sample))
            case call_pb2.StreamResuming(frozen_since_ms=since_ms) if since_ms:
                self._presume(since_ms, at_ms)
            case playback_pb2.PlaybackStarted():
                self._of(body.reply_id).audible = True
                self._heard(body.reply_id, body.from_sample, body.at_ms)
            case playback_pb2.PlaybackProgressed():
                self._heard(body.reply_id, body.heard_samples, body.at_ms)
            case playback_pb2.PlaybackHeld():
                self._heard(body.reply_id, body.heard_samples, body.at_ms)
                self.held = body.reply_id
            case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
                self._is_over(body.reply_id)
            case _:
                self._brain_said(body, at_ms)

    def _brain_said(self, body: Body, at_ms: int) -> None:
        match body:
            case reply_pb2.ReplyStarted():
                filler = body.kind == reply_pb2.REPLY_KIND_FILLER
                self.replies.setdefault(body.reply_id, PlayedReply(body.reply_id, body.held, filler))
                self._begun_ms[body.reply_id] = at_ms
            case reply_pb2.ReplyReleased():
                self._of(body.reply_id).held_back = False
            case reply_pb2.ReplyDropped():
                self._is_over(body.reply_id)
            case reply_pb2.ReplyResumed():
                self.held = None
            case _:
                pass

    def _is_over(self, reply_id: str) -> None:
        self._of(reply_id).over = True
        if self.held == reply_id:
            self.held = None

    def _heard(self, reply_id: str, samples: int, at_ms: int) -> None:
        self.presumed = None
        reply = self._of(reply_id)
        reply.heard = reply.sent = max(reply.heard, samples)
        reply.heard_at_ms = at_ms

    def _presume(self, frozen_since_ms: int, now_ms: int) -> None:
        """The edge was frozen: Twilio has played on what it had got, and nobody saw the marks."""
        reply = next((r for r in self.replies.values() if r.audible and not r.over), None)
        if reply is None or self.held is not None:
            return
        since = max(0, now_ms - reply.heard_at_ms) * _SAMPLES_PER_MS
        voiced = self._voiced.get(reply.reply_id, [])
        # What was made before it froze it had surely sent.
        sent = max((samples for at_ms, samples in voiced if at_ms <= frozen_since_ms), default=0)
        heard = min(reply.heard + since, sent)
        if heard > reply.heard:
            reply.heard = reply.sent = heard
            reply.heard_at_ms = now_ms
            self.presumed = playback_pb2.PlaybackProgressed(
                reply_id=reply.reply_id, heard_samples=heard, at_ms=now_ms
            )

    def _of(self, reply_id: str) -> PlayedReply:
        return self.replies.setdefault(reply_id, PlayedReply(reply_id, held_back=False))
