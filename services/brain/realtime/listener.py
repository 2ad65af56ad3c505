"""Follows a call's audio, sends it to the current session, and reports the caller's turns."""

import asyncio
from collections.abc import Callable

from parley.agent_config import RealtimeConfig
from parley.audio.g711 import duration_ms
from parley.audio.stream import follow_audio
from parley.bus import subjects
from parley.echo.agent_speech import AgentSpeech
from parley.echo.echo_filter import EchoFilter
from parley.events.envelope import event_body
from parley.providers.realtime import RealtimeConnection, RealtimeEvent
from parley.runtime.stage import CallContext
from parley.runtime.stall_detector import StallDetector
from parley.v1.audio_pb2 import CallerAudio as CallerAudioChunk
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped
from services.brain.realtime.caller_audio import CallerAudio
from services.brain.realtime.caller_turns import CallerTurns
from services.brain.realtime.events import CallEvents, EmitItem
from services.brain.realtime.speech_level import SpeechChange, SpeechLevel
from services.brain.session_log import SessionLog

_LOOK_BACK_MS = 8000
"""After a takeover, audio this old may not have reached the previous owner's session."""
_SEND_MS = 1000
"""Audio sent at once, after a takeover or a gap."""
_RECENT_MS = 1500
"""Older audio of a takeover does not interrupt: the next session reports its speech."""
_SILENT_LINE_MS = 1000
"""A line that sends nothing this long after speech suppresses silence, so the silence is added."""


class Listener:
    """The caller's side of a realtime call."""

    def __init__(self, call: CallContext, session_log: SessionLog, emit: EmitItem) -> None:
        """Create it for the state that the log has been folded into."""
        self._call = call
        self._log = session_log
        self._emit = emit
        self._processed_until_ms = max(0, session_log.now_ms() - _LOOK_BACK_MS)
        self._audio = CallerAudio(session_log.state.realtime.needed_from_ms(self._processed_until_ms))
        self._added = asyncio.Event()
        self._turns: CallerTurns | None = None
        self._level = SpeechLevel()
        self._agent_speech = AgentSpeech()
        self._echo = EchoFilter(self._agent_speech)
        self._stall = StallDetector()
        self._gap_count = call.bus.gap_count
        if call.log.facts.stream_open:
            self._stall.stream_opened(session_log.now_ms())

    @property
    def is_quiet(self) -> bool:
        """Whether the caller does not speak, and no words of a turn are missing."""
        return self._turns is None or self._turns.is_quiet

    @property
    def speech_in_progress(self) -> bool:
        """Whether the session has reported speech that has not ended."""
        return self._turns is not None and self._turns.speech_in_progress

    def item_of(self, turn: int) -> str:
        """Return the session's item of a turn; empty if the session has none."""
        return self._turns.item_of_turn.get(turn, "") if self._turns is not None else ""

    def start_session(
        self,
        config: RealtimeConfig,
        source: tuple[str, str],
        *,
        words_first: bool,
        discard: Callable[[str], None],
    ) -> None:
        """Begin a new session, with the audio that no earlier one has turned into words.

        `discard` receives the items of the session without words of the caller.
        """
        state = self._log.state.realtime
        self._audio.start_session(state.needed_from_ms(self._processed_until_ms))
        self._turns = CallerTurns(
            config,
            state,
            self._audio,
            words_decide=lambda: words_first or self._agent_speaks(),
            source=source,
            without_echo=self._without_echo,
            discard=discard,
        )

    def end_session(self) -> None:
        """End a session; the next one transcribes again what has no words yet."""
        self._turns = None

    def _without_echo(self, text: str, end_ms: int, final: bool) -> str:
        """Return a transcript without the agent's own words, which return from the caller's telephone."""
        return self._echo.filter(text, (), end_ms, final=final).text

    def _agent_speaks(self) -> bool:
        return bool(self._log.conversation.active_replies)

    async def follow(self) -> None:
        """Long-lived: receive the caller's audio, stored audio first."""
        subject = subjects.caller_audio(self._call.call_sid)
        since_us = self._call.log.clock.us_at(self._audio.end_ms)
        async for chunk in follow_audio(self._call.bus, subject, CallerAudioChunk, since_us):
            self._stall.audio_received(self._log.now_ms())
            if chunk.at_ms + duration_ms(chunk.mulaw) > self._audio.start_ms:
                self._audio.add(chunk.mulaw, chunk.at_ms)
                self._added.set()
                await self._listen_without_session(chunk)

    async def _listen_without_session(self, chunk: CallerAudioChunk) -> None:
        """Report speech that interrupts the agent, until a session reports it."""
        level, is_recent = self._level, self._log.now_ms() - chunk.at_ms < _RECENT_MS
        if (self._turns is not None or not is_recent) and not level.speaking:
            return
        change = level.push(chunk.mulaw, chunk.at_ms)
        if change is SpeechChange.STARTED and self._agent_speaks():
            await self._emit(CallEvents([SpeechStarted(at_ms=level.changed_ms)]))
        elif change is SpeechChange.STOPPED and not self.speech_in_progress:
            await self._emit(CallEvents([SpeechStopped(at_ms=level.changed_ms)]))

    async def send(self, connection: RealtimeConnection) -> None:
        """Long-lived: send the audio to a session."""
        while True:
            self._added.clear()
            while mulaw := self._audio.take(_SEND_MS):
                await connection.send(mulaw)
                self._processed_until_ms = self._audio.taken_until_ms
            await self._added.wait()

    async def on_event(self, event: RealtimeEvent) -> None:
        """Report what an event of the session contains about the caller."""
        if self._turns is not None and (bodies := self._turns.apply(event, self._log.now_ms())):
            await self._emit(CallEvents(bodies))

    def on_log_event(self, event: Event) -> None:
        """Follow the state of the media stream, and what the agent speaks."""
        self._agent_speech.apply(event_body(event))
        if event.HasField("stream_started"):
            self._stall.stream_opened(self._log.now_ms())
        if event.HasField("stream_stopped"):
            self._stall.stream_closed()

    async def tick(self) -> None:
        """Do what is due by the clock; called several times a second."""
        now_ms = self._log.now_ms()
        self._audio.discard_before(self._log.state.realtime.needed_from_ms(self._processed_until_ms))
        if self._turns is not None:
            if bodies := self._turns.on_tick(now_ms):
                await self._emit(CallEvents(bodies))
            if self.speech_in_progress and now_ms - self._audio.end_ms > _SILENT_LINE_MS:
                self._audio.add_silence(now_ms - _SILENT_LINE_MS)
                self._added.set()
        if self._call.bus.gap_count != self._gap_count:
            # The audio was lost on this process's connection to NATS, not on the caller's line.
            self._gap_count = self._call.bus.gap_count
            self._stall.audio_received(now_ms)
        if self._stall.check(now_ms):
            await self._call.bus.publish(subjects.media_stalled(self._call.call_sid), b"")
