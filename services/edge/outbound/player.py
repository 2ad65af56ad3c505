"""Plays the agent's audio on one media stream, from the bus to Twilio, and logs what was played."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import structlog

from parley.audio.stream import follow_audio
from parley.bus import Bus, subjects
from parley.events.envelope import Body, event_body
from parley.events.log import CallEventLog
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.audio_pb2 import AgentAudio
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackProgressed
from services.edge.outbound.commands import Append, Clear, Command, Play, Publish
from services.edge.outbound.hang_up import FINAL_REASON, PendingHangUp
from services.edge.outbound.latest_position import LatestPosition
from services.edge.outbound.playback import Playback
from services.edge.outbound.player_state import PLAYER
from services.edge.twilio import media_messages

log = structlog.get_logger()

_TIMER_INTERVAL_S = 0.25


class Player:
    """One stream's playback. Its long-lived tasks are `follow_audio`, `run_writer` and `run_timers`."""

    def __init__(
        self,
        bus: Bus,
        call_log: CallEventLog,
        stream_sid: str,
        send: Callable[[str], Awaitable[None]],
        hang_up: Callable[[], Awaitable[None]],
        fall_back: Callable[[], Awaitable[None]],
        previous: PlaybackProgressed | None = None,
    ) -> None:
        self._bus = bus
        self._log = call_log
        self._stream_sid = stream_sid
        self._send = send
        self._hang_up = hang_up
        self._fall_back = fall_back
        self._outgoing: deque[Play | Clear] = deque()
        """Commands not written to the socket yet; bounded, because Playback limits the audio that it
        buffers."""
        self._outgoing_added = asyncio.Event()
        self._writing = False
        """Whether a command that has left `_outgoing` is being written."""
        self._background = False
        """Whether Twilio may still have audio that belongs to no reply."""
        self._command_lock = asyncio.Lock()
        """Keeps events in the log in the order in which Playback returned them."""
        self._latest = LatestPosition(bus, call_log.call_sid, call_log.epoch)
        self._caught_up_ms: int | None = None
        """Call time at which all stored audio had been read; None until then."""
        past = call_log.folded(PLAYER)
        restored, self._fallback_requested = past.playback, past.fallback_requested
        restored.complete(previous)
        self._pending_hang_up = replace(past.pending_hang_up, requested_ms=call_log.now_ms())
        self._playback, self._inferred_progress = Playback(restored), restored.inferred_progress
        self._audio_since_us = call_log.clock.us_at(restored.audio_needed_since_ms(call_log.now_ms()))

    @property
    def is_silent(self) -> bool:
        """Whether neither the caller nor the agent speaks now."""
        return self._playback.is_silent(self._log.now_ms())

    def is_played(self, reply_id: str) -> bool:
        """Whether nothing more of the reply will be played."""
        return self._playback.is_done(reply_id)

    async def play_tones(self, reply_id: str, mulaw: bytes) -> None:
        """Play audio after the agent's earlier words, whatever the caller says."""
        now_ms = self._log.now_ms()
        commands = self._playback.start(reply_id, speculative=False, uninterruptible=True, now_ms=now_ms)
        commands += self._playback.audio_received(reply_id, 0, mulaw, last=True, now_ms=now_ms)
        await self._perform(commands)

    async def play_background(self, mulaw: bytes) -> None:
        """Play audio now if neither the caller nor the agent speaks; the agent's words replace it."""
        if self.is_silent and not (self._outgoing or self._writing):
            self._background = True
            await self._send(media_messages.media(self._stream_sid, mulaw))

    async def on_event(self, event: Event) -> None:
        """Handle an event that another stage appended."""
        body = event_body(event)
        if body is not None:
            await self._perform(self._commands_for(body, self._log.now_ms()))
            self._note_call_end(body)

    def _commands_for(self, body: Body, now_ms: int) -> list[Command]:
        playback = self._playback
        match body:
            case reply_pb2.ReplyStarted():
                filler = body.kind == reply_pb2.REPLY_KIND_FILLER
                return playback.start(
                    body.reply_id,
                    speculative=body.speculative,
                    filler=filler,
                    uninterruptible=body.uninterruptible,
                    now_ms=now_ms,
                )
            case reply_pb2.ReplyReleased():
                return playback.release(body.reply_id, now_ms)
            case reply_pb2.ReplyResumed():
                return playback.resume(now_ms, noise=body.reason == "noise")
            case reply_pb2.ReplyCancelled():
                return playback.cancel(body.reply_id, now_ms)
            case synthesis_pb2.SynthesisFinished():
                return playback.synthesis_finished(body.reply_id, body.samples, now_ms)
            case reply_pb2.ReplyFinished(reply_id=reply_id, clauses=0):
                # A reply that only calls a tool has no audio, and must not block the next one.
                return playback.synthesis_finished(reply_id, 0, now_ms)
            case speech_pb2.SpeechStarted() if not self._pending_hang_up.final:
                return playback.pause(now_ms)
            case reply_pb2.HangUpRequested(reason=reason) if reason == FINAL_REASON:
                # The last goodbye is played whether the caller speaks or not.
                return playback.resume(now_ms)
            case speech_pb2.SpeechStopped():
                playback.speech_stopped()
            case _:
                pass
        return []

    def _note_call_end(self, body: Body) -> None:
        self._pending_hang_up.apply(body, self._log.now_ms())
        if isinstance(body, reply_pb2.FallbackRequested):
            self._fallback_requested = True

    async def on_mark(self, name: str) -> None:
        """Handle a mark that Twilio returned."""
        await self._perform(self._playback.mark_returned(name, self._log.now_ms()))

    async def follow_audio(self) -> None:
        """Long-lived: receive the agent's audio, stored audio that earlier streams did not play first."""
        for progressed in self._inferred_progress:
            await self._log.append(progressed)
        subject = subjects.agent_audio(self._log.call_sid)
        following = follow_audio(
            self._bus, subject, AgentAudio, since_us=self._audio_since_us, on_caught_up=self._on_caught_up
        )
        async for audio in following:
            commands = self._playback.audio_received(
                audio.reply_id,
                audio.offset_samples,
                audio.mulaw,
                last=audio.last,
                now_ms=self._log.now_ms(),
            )
            await self._perform(commands)

    def _on_caught_up(self) -> None:
        self._caught_up_ms = self._log.now_ms()

    async def _perform(self, commands: Iterable[Command]) -> None:
        async with self._command_lock:
            reports = [command for command in commands if self._enqueue(command)]
            if self._outgoing:
                self._outgoing_added.set()
                # The socket is written before the log.
                await asyncio.sleep(0)
            for report in reports:
                match report:
                    case Append(event=event):
                        await self._log.append(event)
                    case Publish(position=position):
                        await self._latest.publish(position)
                    case _:
                        pass

    def _enqueue(self, command: Command) -> bool:
        """Queue a command for the socket; True if it is not for the socket but reports playback."""
        match command:
            case Append() | Publish():
                return True
            case Clear():
                # Audio not written to the socket yet is discarded as well.
                self._outgoing.clear()
                self._outgoing.append(command)
            case Play():
                self._outgoing.append(command)
        return False

    async def run_writer(self) -> None:
        """Long-lived: write to Twilio's socket, as fast as it accepts."""
        while True:
            await self._outgoing_added.wait()
            self._outgoing_added.clear()
            self._writing = True
            while self._outgoing:
                match self._outgoing.popleft():
                    case Clear():
                        await self._send(media_messages.clear(self._stream_sid))
                    case Play(mulaw=mulaw, mark=mark):
                        if self._background:
                            self._background = False
                            await self._send(media_messages.clear(self._stream_sid))
                        await self._send(media_messages.media(self._stream_sid, mulaw))
                        await self._send(media_messages.mark(self._stream_sid, mark))
            self._writing = False

    async def run_timers(self) -> None:
        """Long-lived: replace late marks, skip overdue audio, hang up or start the fallback when due."""
        while True:
            await asyncio.sleep(_TIMER_INTERVAL_S)
            if not (self._outgoing or self._writing):
                # Audio that the socket does not accept cannot have been played.
                await self._perform(self._playback.check_marks(self._log.now_ms()))
            if self._caught_up_ms is not None:
                skipped = self._playback.skip_missing_audio(self._caught_up_ms, self._log.now_ms())
                await self._perform(skipped)
            if self._fallback_requested:
                self._fallback_requested = False
                await self._fall_back()
            await self._hang_up_if_due()

    async def _hang_up_if_due(self) -> None:
        if not self._pending_hang_up.is_due(self._playback, self._log.now_ms()):
            return
        reply_id = self._pending_hang_up.after_reply_id
        if not self._playback.is_done(reply_id):
            log.warning("goodbye_not_played_in_time", reply_id=reply_id)
        self._pending_hang_up = PendingHangUp()
        await self._hang_up()
