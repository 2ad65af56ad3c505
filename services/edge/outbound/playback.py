"""What the caller has heard: the agent's replies as sound, sent ahead, marked, held, resumed, dropped.

No I/O, no clock: every method takes the call time and gives what to do.

Twilio plays what it is sent in order and returns a mark when the sound before it was played. It returns
all pending marks at once when cleared, which says nothing about hearing: each clear begins a new generation,
and a mark of an older one does not count.
"""

from dataclasses import dataclass

from parley.events.envelope import Body
from parley.v1 import playback_pb2
from services.edge.outbound.reply_playout import ReplyPlayout
from services.edge.outbound.restore import PlaybackState

_MARK_EVERY = 800
"""Samples between two marks: 100 ms."""
_PROGRESS_EVERY_MS = 500
_SAMPLES_PER_MS = 8
_LOST_AFTER_MS = 8000
"""Sound that lacks for so long, though its voice has finished: all ways to get it have been tried."""
_MOST_UNHEARD = 16 * 1024**2
"""Bytes of sound kept for one call: half an hour."""


@dataclass(frozen=True, slots=True)
class Play:
    """Send this sound, then the mark."""

    mulaw: bytes
    mark: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Have Twilio forget what it has not played."""


@dataclass(frozen=True, slots=True)
class Append:
    """Put this in the call's log."""

    event: Body


Command = Play | Clear | Append


class Playback:
    """One stream's playing of one call's replies."""

    def __init__(self, recalled: PlaybackState | None = None) -> None:
        recalled = recalled or PlaybackState()
        self._replies = recalled.replies
        self._generation = 0
        self._held = recalled.held
        """The reply at which the caller's voice has stopped the playing."""
        self._caller_speaks = False
        self._runs_dry_ms = 0.0
        self._progress_at_ms = 0

    @property
    def buffer_ends_ms(self) -> float:
        """Call time at which all that was sent has been played."""
        return self._runs_dry_ms

    @property
    def paused(self) -> bool:
        """Whether the caller's voice has stopped the playing."""
        return self._held is not None

    def is_silent(self, now_ms: int) -> bool:
        """Whether neither side is heard, as far as is known."""
        return not self._caller_speaks and self._audible() is None and now_ms >= self._runs_dry_ms

    def is_done(self, reply_id: str) -> bool:
        """Nothing of the reply will be heard any more."""
        reply = self._replies.get(reply_id)
        return reply is not None and reply.done

    def start(self, reply_id: str, *, speculative: bool, now_ms: int, filler: bool = False) -> list[Command]:
        """A reply begins; it is played after those before it, a filler while those are silent."""
        self._replies.setdefault(reply_id, ReplyPlayout(reply_id, speculative, filler))
        return self.advance(now_ms)

    def release(self, reply_id: str, now_ms: int) -> list[Command]:
        """A reply made on a guess may be heard."""
        self._of(reply_id).speculative = False
        return self.advance(now_ms)

    def audio_received(
        self, reply_id: str, offset: int, mulaw: bytes, *, last: bool, now_ms: int
    ) -> list[Command]:
        """Sound has come; what is known already is skipped, what would leave a gap is not taken."""
        reply = self._of(reply_id)
        have = len(reply.audio)
        if offset <= have < offset + len(mulaw) and have < _MOST_UNHEARD:
            reply.audio += mulaw[have - offset :]
            reply.last_audio_ms = now_ms
        if last and offset + len(mulaw) <= len(reply.audio):
            reply.complete = True
        return self.advance(now_ms)

    def synthesis_finished(self, reply_id: str, samples: int, now_ms: int) -> list[Command]:
        """There is so much of a reply, and no more: the chunk that says so may have been lost."""
        reply = self._replies.get(reply_id)
        if reply is None:
            return []
        reply.total_samples, reply.last_audio_ms = samples, now_ms
        reply.complete = reply.complete or len(reply.audio) >= samples
        return self.advance(now_ms)

    def skip_missing_audio(self, since_ms: int, now_ms: int) -> list[Command]:
        """Play on without sound that does not come any more: no reply waits for it for ever.

        All that was stored had come at call time `since_ms`.
        """
        lacking = [
            r for r in self._replies.values() if not (r.done or r.complete) and r.total_samples is not None
        ]
        lost = [reply for reply in lacking if now_ms - max(since_ms, reply.last_audio_ms) > _LOST_AFTER_MS]
        for reply in lost:
            reply.complete = True
        return self.advance(now_ms) if lost else []

    def advance(self, now_ms: int) -> list[Command]:
        """Send what may be sent."""
        commands = self._give_way(now_ms)
        waiting = False
        for reply in [reply for reply in self._replies.values() if not reply.done]:
            if self.paused or reply.speculative:
                break
            if waiting and not reply.filler:
                continue
            if self._caller_speaks and reply.unsent and self._audible() is None:
                commands.append(self._hold_at(reply, now_ms))
                break
            commands += self._send(reply, now_ms)
            if reply.complete and reply.played >= len(reply.audio):
                commands.append(self._finish(reply, now_ms))
            if reply.in_flight and not reply.complete:
                break
            waiting = waiting or not reply.complete
        return commands

    def _give_way(self, now_ms: int) -> list[Command]:
        """A filler is cut off the instant there is something else to hear."""
        open_ = [reply for reply in self._replies.values() if not reply.done]
        commands: list[Command] = []
        if self.paused or not any(r.unsent and not (r.filler or r.speculative) for r in open_):
            return commands
        for filler in (reply for reply in open_ if reply.filler):
            if filler.in_flight:
                commands.append(Clear())
                self._take_back(now_ms)
            commands.append(self._finish(filler, now_ms))
        return commands

    def _send(self, reply: ReplyPlayout, now_ms: int) -> list[Command]:
        commands: list[Command] = []
        if reply.sent < len(reply.audio) and (now_ms >= self._runs_dry_ms or not reply.announced):
            starts_ms = max(now_ms, round(self._runs_dry_ms))
            self._runs_dry_ms = max(float(now_ms), self._runs_dry_ms)
            reply.played_at_ms = starts_ms
            reply.announced = reply.audible = reply.unmarked = True
            said = playback_pb2.PlaybackStarted(
                reply_id=reply.reply_id, from_sample=reply.sent, at_ms=starts_ms
            )
            commands.append(Append(said))
        while reply.sent < len(reply.audio):
            end = min(reply.sent + _MARK_EVERY, len(reply.audio))
            mark = f"{reply.reply_id}:{self._generation}:{end}"
            commands.append(Play(bytes(reply.audio[reply.sent : end]), mark))
            self._runs_dry_ms += (end - reply.sent) / _SAMPLES_PER_MS
            reply.sent = end
        return commands

    def mark_returned(self, mark: str, now_ms: int) -> list[Command]:
        """A mark has come back."""
        reply_id, generation, end = _read_mark(mark)
        reply = self._replies.get(reply_id)
        if reply is None or reply.done or generation != self._generation or end > reply.sent:
            return []
        if end <= reply.played:
            # Doubled, or overtaken by a later one: it tells nothing new, and above all no new time.
            return []
        reply.played = end
        reply.played_at_ms = now_ms
        if reply.complete and reply.played >= len(reply.audio):
            return [self._finish(reply, now_ms), *self.advance(now_ms)]
        if not reply.unmarked and now_ms - self._progress_at_ms < _PROGRESS_EVERY_MS:
            return []
        reply.unmarked = False
        self._progress_at_ms = now_ms
        progressed = playback_pb2.PlaybackProgressed(
            reply_id=reply_id, played_samples=reply.played, at_ms=now_ms
        )
        return [Append(progressed)]

    def _finish(self, reply: ReplyPlayout, now_ms: int) -> Command:
        reply.done = True
        finished = playback_pb2.PlaybackFinished(
            reply_id=reply.reply_id, played_samples=reply.played, at_ms=now_ms
        )
        reply.audio = bytearray()
        return Append(finished)

    def pause(self, now_ms: int) -> list[Command]:
        """The caller speaks: silence at once; what was not heard is kept, and nothing new begins."""
        self._caller_speaks = True
        audible = self._audible()
        if self.paused or audible is None:
            return []
        self._take_back(now_ms)
        return [Clear(), self._hold_at(audible, now_ms)]

    def speech_stopped(self) -> None:
        """What comes from now on may begin; what was held waits for a decision."""
        self._caller_speaks = False

    def _hold_at(self, reply: ReplyPlayout, now_ms: int) -> Command:
        self._held = reply.reply_id
        return Append(
            playback_pb2.PlaybackPaused(reply_id=reply.reply_id, played_samples=reply.played, at_ms=now_ms)
        )

    def resume(self, now_ms: int) -> list[Command]:
        """A false alarm: play on from where it stopped."""
        self._held = None
        self._caller_speaks = False
        return self.advance(now_ms)

    def cancel(self, reply_id: str, now_ms: int) -> list[Command]:
        """The rest of a reply shall not be heard."""
        reply = self._of(reply_id)
        if reply.done:
            return []
        commands: list[Command] = []
        if reply.in_flight:
            commands.append(Clear())
            self._take_back(now_ms)
        reply.done = True
        reply.audio = bytearray()
        if reply.audible:
            barge_in = playback_pb2.BargeIn(reply_id=reply_id, played_samples=reply.played, at_ms=now_ms)
            commands.append(Append(barge_in))
        self._let_go(reply_id)
        return commands + self.advance(now_ms)

    def _let_go(self, reply_id: str) -> None:
        if self._held == reply_id:
            self._held = None

    def _take_back(self, now_ms: int) -> None:
        """Twilio forgets what it has not played: all of that is to be sent again, or dropped."""
        audible = self._audible()
        if audible is not None:
            # Between two marks the clock tells how far it is; never further than the next mark.
            since = max(0, now_ms - audible.played_at_ms) * _SAMPLES_PER_MS
            audible.played = min(audible.played + min(since, _MARK_EVERY), audible.sent)
        self._generation += 1
        self._runs_dry_ms = float(now_ms)
        for reply in self._replies.values():
            if not reply.done:
                reply.sent = reply.played
                reply.announced = False

    def _audible(self) -> ReplyPlayout | None:
        """The reply that is being heard: the first of those sent and not heard to their end."""
        return next((reply for reply in self._replies.values() if reply.in_flight), None)

    def _of(self, reply_id: str) -> ReplyPlayout:
        return self._replies.setdefault(reply_id, ReplyPlayout(reply_id, speculative=False))


def _read_mark(mark: str) -> tuple[str, int, int]:
    reply_id, _, rest = mark.partition(":")
    generation, _, end = rest.partition(":")
    if not (generation.isdigit() and end.isdigit()):
        return "", -1, -1
    return reply_id, int(generation), int(end)
