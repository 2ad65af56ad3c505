"""The agent's sound, from the bus to Twilio's buffer, with marks; and what was heard, to the log."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import structlog

from parley.audio.stream import follow_audio
from parley.bus import Bus, subjects
from parley.events.envelope import event_body
from parley.events.log import CallEventLog
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.audio_pb2 import AgentAudio
from parley.v1.event_pb2 import Event
from services.edge.outbound.playback import Append, Clear, Command, Play, Playback
from services.edge.outbound.restore import PlaybackState
from services.edge.twilio import media_messages

log = structlog.get_logger()

_HANG_UP_LIMIT_MS = 10_000
"""A goodbye that is not heard this long after it should have been is waited for no longer."""
_TICK_S = 0.25


class Player:
    """One stream's playing. Its three long-lived tasks are `follow_sound`, `write` and `watch`."""

    def __init__(
        self,
        bus: Bus,
        call_log: CallEventLog,
        stream_sid: str,
        send: Callable[[str], Awaitable[None]],
        hang_up: Callable[[], Awaitable[None]],
        fall_back: Callable[[], Awaitable[None]],
    ) -> None:
        self._bus = bus
        self._log = call_log
        self._stream_sid = stream_sid
        self._send = send
        self._hang_up = hang_up
        self._fall_back = fall_back
        self._given_up = False
        self._outgoing: deque[Play | Clear] = deque()
        self._something_to_write = asyncio.Event()
        self._in_order = asyncio.Lock()
        self._hang_up_after = ""
        self._hang_up_asked_ms = 0
        self._sound_read_ms: int | None = None
        recalled = PlaybackState()
        for event in call_log.history:
            body = event_body(event)
            if body is not None:
                recalled.apply(body, call_log.clock.ms_at(event.sent_at_us))
            self._note_end(event)
        self._playback, self._presumed = Playback(recalled), recalled.inferred_progress
        self._sound_since_us = call_log.clock.us_at(recalled.audio_needed_since_ms(call_log.now_ms()))

    @property
    def is_silent(self) -> bool:
        """Whether neither side is heard just now."""
        return self._playback.is_silent(self._log.now_ms())

    async def on_event(self, event: Event) -> None:
        """An event of the call."""
        now_ms = self._log.now_ms()
        match event_body(event):
            case reply_pb2.ReplyStarted() as body:
                filler = body.kind == reply_pb2.REPLY_KIND_FILLER
                started = self._playback.start(
                    body.reply_id, speculative=body.speculative, filler=filler, now_ms=now_ms
                )
                await self._perform(started)
            case reply_pb2.ReplyReleased() as body:
                await self._perform(self._playback.release(body.reply_id, now_ms))
            case reply_pb2.ReplyResumed():
                await self._perform(self._playback.resume(now_ms))
            case reply_pb2.ReplyCancelled() as body:
                await self._perform(self._playback.cancel(body.reply_id, now_ms))
            case synthesis_pb2.SynthesisFinished() as body:
                await self._perform(self._playback.synthesis_finished(body.reply_id, body.samples, now_ms))
            case speech_pb2.SpeechStarted():
                await self._perform(self._playback.pause(now_ms))
            case speech_pb2.SpeechStopped():
                self._playback.speech_stopped()
            case _:
                pass
        self._note_end(event)

    def _note_end(self, event: Event) -> None:
        match event_body(event):
            case reply_pb2.HangUpRequested() as body:
                self._hang_up_after = body.after_reply_id
                self._hang_up_asked_ms = self._log.now_ms()
            case reply_pb2.ReplyCancelled(reply_id=reply_id) if reply_id == self._hang_up_after:
                # The caller spoke into the goodbye: there is more to say.
                self._hang_up_after = ""
            case reply_pb2.FallbackRequested():
                self._given_up = True
            case _:
                pass

    async def on_mark(self, name: str) -> None:
        """A mark has come back."""
        await self._perform(self._playback.mark_returned(name, self._log.now_ms()))

    async def follow_audio(self) -> None:
        """Long-lived: take the agent's sound, what was made before this stream first."""
        for heard in self._presumed:
            await self._log.append(heard)
        subject = subjects.agent_audio(self._log.call_sid)
        following = follow_audio(
            self._bus, subject, AgentAudio, since_us=self._sound_since_us, on_caught_up=self._sound_is_read
        )
        async for audio in following:
            await self._sound(audio)

    def _sound_is_read(self) -> None:
        self._sound_read_ms = self._log.now_ms()

    async def _sound(self, audio: AgentAudio) -> None:
        commands = self._playback.audio_received(
            audio.reply_id,
            audio.offset_samples,
            audio.mulaw,
            last=audio.last,
            now_ms=self._log.now_ms(),
        )
        await self._perform(commands)

    async def _perform(self, commands: Iterable[Command]) -> None:
        async with self._in_order:
            said = []
            for command in commands:
                match command:
                    case Append(event=body):
                        said.append(body)
                    case Clear():
                        # What has not left yet is taken back as well.
                        self._outgoing.clear()
                        self._outgoing.append(command)
                    case Play():
                        self._outgoing.append(command)
            if self._outgoing:
                self._something_to_write.set()
                # The line first, then the log.
                await asyncio.sleep(0)
            for body in said:
                await self._log.append(body)

    async def run_writer(self) -> None:
        """Long-lived: send to Twilio, as fast as the socket takes it."""
        while True:
            await self._something_to_write.wait()
            self._something_to_write.clear()
            while self._outgoing:
                match self._outgoing.popleft():
                    case Clear():
                        await self._send(media_messages.clear(self._stream_sid))
                    case Play(mulaw=mulaw, mark=mark):
                        await self._send(media_messages.media(self._stream_sid, mulaw))
                        await self._send(media_messages.mark(self._stream_sid, mark))

    async def run_timers(self) -> None:
        """Long-lived: do what is due with time.

        Sound that is lost is waited for no more. The call is ended when the agent wants that and its last
        words were heard; or given up.
        """
        while True:
            await asyncio.sleep(_TICK_S)
            if self._sound_read_ms is not None:
                now_ms = self._log.now_ms()
                await self._perform(self._playback.skip_missing_audio(self._sound_read_ms, now_ms))
            if self._given_up:
                self._given_up = False
                await self._fall_back()
            if not self._hang_up_after:
                continue
            heard = self._playback.is_done(self._hang_up_after)
            due_ms = max(self._hang_up_asked_ms, self._playback.buffer_ends_ms) + _HANG_UP_LIMIT_MS
            if heard or (self._log.now_ms() > due_ms and not self._playback.paused):
                if not heard:
                    log.warning("goodbye was not heard in time", reply_id=self._hang_up_after)
                self._hang_up_after = ""
                await self._hang_up()
