"""Decides which audio of the agent's replies is sent to Twilio, and derives from marks what was played.

No I/O, no clock: every method takes the call time and returns commands.

Twilio plays audio in the order in which it was sent, and returns a mark once the audio before it has been
played. When its buffer is cleared, it returns all pending marks at once, although their audio was not played.
Each clear therefore begins a new generation of marks, and marks of older generations are ignored. Where marks
do not return in time, the clock takes their place until they do.
"""

from dataclasses import replace
from itertools import takewhile

from parley.audio.playout_position import PlayoutPosition
from parley.v1 import playback_pb2
from services.edge.outbound.commands import Append, Clear, Command, Play
from services.edge.outbound.false_alarms import FalseAlarms
from services.edge.outbound.playout_clock import MARK_INTERVAL_SAMPLES, PlayoutClock
from services.edge.outbound.progress_reports import ProgressReports
from services.edge.outbound.reply_playout import ReplyPlayout
from services.edge.outbound.restore import PlaybackState

_MISSING_AUDIO_TIMEOUT_MS = 8000
"""Audio still missing this long after its synthesis has finished is skipped: every way to fetch it has been
tried."""


class Playback:
    """Playback of one call's replies on one media stream."""

    def __init__(self, restored: PlaybackState | None = None) -> None:
        restored = restored or PlaybackState()
        self._replies = restored.replies
        self._paused_reply_id = restored.paused_reply_id
        """The reply at which the caller's speech has paused playback; None while playback is not paused."""
        self._caller_speaking = False
        self._false_alarms = FalseAlarms()
        self._generation = 0
        """Number of clears so far."""
        self._clock = PlayoutClock()
        self._reports = ProgressReports()

    @property
    def buffer_ends_ms(self) -> float:
        """Call time at which Twilio will have played all that was sent."""
        return self._clock.buffer_ends_ms

    @property
    def paused(self) -> bool:
        """Whether the caller's speech has paused playback."""
        return self._paused_reply_id is not None

    def is_silent(self, now_ms: int) -> bool:
        """Whether neither the caller speaks nor a reply plays, as far as events and marks show."""
        return not self._caller_speaking and self._audible() is None and now_ms >= self.buffer_ends_ms

    def is_done(self, reply_id: str) -> bool:
        """Whether the reply's playback has ended."""
        return self._replies.is_done(reply_id)

    def start(
        self,
        reply_id: str,
        *,
        speculative: bool,
        now_ms: int,
        filler: bool = False,
        uninterruptible: bool = False,
    ) -> list[Command]:
        """Queue a reply after the earlier ones; a filler plays only while those have no audio."""
        self._replies.start(
            reply_id, speculative=speculative, filler=filler, uninterruptible=uninterruptible, now_ms=now_ms
        )
        return self.advance(now_ms)

    def release(self, reply_id: str, now_ms: int) -> list[Command]:
        """Allow a speculative reply to be played."""
        self._replies.reply(reply_id).speculative = False
        return self.advance(now_ms)

    def audio_received(
        self, reply_id: str, offset: int, mulaw: bytes, *, last: bool, now_ms: int
    ) -> list[Command]:
        """Accept audio of a reply; repeated audio is skipped, audio after a gap is rejected."""
        self._replies.reply(reply_id).receive(offset, mulaw, last=last, now_ms=now_ms)
        return self.advance(now_ms)

    def synthesis_finished(self, reply_id: str, samples: int, now_ms: int) -> list[Command]:
        """Record the length of a reply, because the chunk that is marked as its last may have been lost."""
        reply = self._replies.get(reply_id)
        if reply is None:
            return []
        reply.total_samples, reply.last_audio_ms = samples, now_ms
        reply.complete = reply.complete or len(reply.audio) >= samples
        return self.advance(now_ms)

    def skip_missing_audio(self, caught_up_ms: int, now_ms: int) -> list[Command]:
        """Complete replies whose missing audio is overdue, so that they do not block the following ones.

        `caught_up_ms`: call time at which all audio that was stored had been read.
        """
        overdue = [
            reply
            for reply in self._replies
            if not reply.complete
            and reply.total_samples is not None
            and now_ms - max(caught_up_ms, reply.last_audio_ms) > _MISSING_AUDIO_TIMEOUT_MS
        ]
        for reply in overdue:
            reply.complete = True
        return self.advance(now_ms) if overdue else []

    def advance(self, now_ms: int) -> list[Command]:
        """Send all audio that may be sent now."""
        commands = self._preempt_filler(now_ms)
        waiting = False
        for reply in self._replies:
            if self.paused or reply.speculative:
                break
            if waiting and not reply.filler:
                continue
            silent = reply.unsent and self._audible() is None
            if self._caller_speaking and silent and not reply.uninterruptible:
                commands.append(self._pause_at(reply, now_ms))
                break
            commands += self._send(reply, now_ms)
            if reply.fully_played:
                commands.append(self._finish(reply, now_ms))
            if reply.in_flight and not reply.complete:
                break
            waiting = waiting or not reply.complete
        return commands

    def mark_returned(self, mark: str, now_ms: int) -> list[Command]:
        """Record that the audio before a mark has been played."""
        reply_id, generation, end = _parse_mark(mark)
        if generation != self._generation:
            return []
        self._clock.mark_returned(now_ms)
        reply = self._replies.get(reply_id)
        if reply is None or not reply.played < end <= reply.sent:
            # Repeated, or overtaken by a later mark or the clock: it contains no new information.
            return []
        # Marks before this one were lost: Twilio plays audio in the order in which it was sent.
        earlier = list(takewhile(lambda other: other is not reply, self._replies))
        commands = [c for r in earlier if r.in_flight for c in self._confirm(r, r.sent, now_ms)]
        commands += self._confirm(reply, end, now_ms)
        return [*commands, *self.advance(now_ms)]

    def _confirm(self, reply: ReplyPlayout, end: int, now_ms: int) -> list[Command]:
        reply.position = reply.position.advance(end, now_ms)
        return [self._finish(reply, now_ms)] if reply.fully_played else self._reports.report(reply, now_ms)

    def check_marks(self, now_ms: int) -> list[Command]:
        """Advance playback by the clock if marks are late; to be called several times a second."""
        if not self._clock.is_mark_late(self._unconfirmed(), now_ms):
            return []
        self._clock.marks_missing = True
        return self._play_by_clock(now_ms)

    def pause(self, now_ms: int) -> list[Command]:
        """Stop playback at once because the caller speaks; keep what was not played, start nothing new."""
        if self._false_alarms.is_noisy(now_ms):
            return []
        self._caller_speaking = True
        commands = self._play_by_clock(now_ms) if self._clock.marks_missing else []
        audible = self._audible()
        if self.paused or (audible is not None and audible.uninterruptible):
            return commands
        if audible is None:
            # Without marks, audio may still be playing although it should have ended by the clock.
            return [*commands, *self._clear(now_ms)] if self._clock.marks_missing else commands
        commands += self._clear(now_ms)
        return [*commands, self._pause_at(audible, now_ms)]

    def speech_stopped(self) -> None:
        """Allow new replies to start; a paused reply waits for a decision."""
        self._caller_speaking = False

    def resume(self, now_ms: int, *, noise: bool = False) -> list[Command]:
        """Continue where playback was paused; `noise` if it was paused for noise."""
        if noise:
            self._false_alarms.add(now_ms)
        self._paused_reply_id = None
        self._caller_speaking = False
        return self.advance(now_ms)

    def cancel(self, reply_id: str, now_ms: int) -> list[Command]:
        """Discard the rest of a reply."""
        commands = self._play_by_clock(now_ms) if self._clock.marks_missing else []
        reply = self._replies.reply(reply_id)
        if reply.done:
            return commands
        if reply.in_flight:
            commands += self._clear(now_ms)
        self._replies.finish(reply_id)
        if reply.audible:
            barge_in = playback_pb2.BargeIn(reply_id=reply_id, played_samples=reply.played, at_ms=now_ms)
            commands.append(Append(barge_in))
        self._clear_pause(reply_id)
        return commands + self.advance(now_ms)

    def _preempt_filler(self, now_ms: int) -> list[Command]:
        """Cut off a filler as soon as another reply has audio to play."""
        open_replies = self._replies
        commands: list[Command] = []
        if self.paused or not any(r.unsent and not (r.filler or r.speculative) for r in open_replies):
            return commands
        for filler in (reply for reply in open_replies if reply.filler):
            if filler.in_flight:
                commands += self._clear(now_ms)
            commands.append(self._finish(filler, now_ms))
        return commands

    def _send(self, reply: ReplyPlayout, now_ms: int) -> list[Command]:
        commands: list[Command] = []
        if reply.unsent and (now_ms >= self.buffer_ends_ms or not reply.announced):
            commands.append(self._announce(reply, now_ms))
        while reply.unsent:
            end = min(reply.sent + MARK_INTERVAL_SAMPLES, len(reply.audio))
            mark = f"{reply.reply_id}:{self._generation}:{end}"
            commands.append(Play(bytes(reply.audio[reply.sent : end]), mark))
            self._clock.send(end - reply.sent)
            reply.sent = end
        return commands

    def _announce(self, reply: ReplyPlayout, now_ms: int) -> Command:
        """Report that the next audio of a reply will play as soon as the buffer before it is empty."""
        starts_ms = self._clock.begin(now_ms)
        reply.position = replace(reply.position, at_ms=starts_ms)
        reply.announced = reply.audible = reply.unmarked = True
        return Append(
            playback_pb2.PlaybackStarted(reply_id=reply.reply_id, from_sample=reply.sent, at_ms=starts_ms)
        )

    def _pause_at(self, reply: ReplyPlayout, now_ms: int) -> Command:
        self._paused_reply_id = reply.reply_id
        return Append(
            playback_pb2.PlaybackPaused(reply_id=reply.reply_id, played_samples=reply.played, at_ms=now_ms)
        )

    def _finish(self, reply: ReplyPlayout, now_ms: int, *, estimated: bool = False) -> Command:
        self._replies.finish(reply.reply_id)
        return Append(
            playback_pb2.PlaybackFinished(
                reply_id=reply.reply_id, played_samples=reply.played, at_ms=now_ms, estimated=estimated
            )
        )

    def _clear_pause(self, reply_id: str) -> None:
        if self._paused_reply_id == reply_id:
            self._paused_reply_id = None

    def _clear(self, now_ms: int) -> list[Command]:
        """Discard the audio that Twilio has not played: it becomes unsent, to be sent again or dropped."""
        audible = self._audible()
        if audible is not None:
            # The time since the last mark shows how much was played, but never past a mark that can return.
            next_mark = min(audible.played + MARK_INTERVAL_SAMPLES, audible.sent)
            limit = audible.sent if self._clock.marks_missing else next_mark
            played = audible.position.samples_at(now_ms, limit=limit)
            audible.position = PlayoutPosition(played, now_ms)
        self._generation += 1
        self._clock.clear(now_ms)
        for reply in self._replies:
            reply.rewind(reply.position)
        return [Clear()]

    def _play_by_clock(self, now_ms: int) -> list[Command]:
        """Advance the replies to where playback must be by now, and report it as estimated."""
        commands: list[Command] = []
        played = self._clock.played(self._unconfirmed(), now_ms)
        for reply in (reply for reply in self._replies if reply.in_flight):
            samples = min(played, reply.unconfirmed)
            if not samples:
                break
            played -= samples
            reply.position = PlayoutPosition(reply.played + samples, now_ms)
            if reply.fully_played:
                commands.append(self._finish(reply, now_ms, estimated=True))
            else:
                commands += self._reports.report(reply, now_ms, estimated=True)
        return commands + self.advance(now_ms) if commands else commands

    def _unconfirmed(self) -> int:
        return sum(reply.unconfirmed for reply in self._replies)

    def _audible(self) -> ReplyPlayout | None:
        """The reply that is playing: the first one with audio that was sent but not yet played."""
        return next((reply for reply in self._replies if reply.in_flight), None)


def _parse_mark(mark: str) -> tuple[str, int, int]:
    """Reply id, generation and end of a mark; negative numbers for a mark that the edge did not send."""
    reply_id, _, rest = mark.partition(":")
    generation, _, end = rest.partition(":")
    if not (generation.isdigit() and end.isdigit()):
        return "", -1, -1
    return reply_id, int(generation), int(end)
