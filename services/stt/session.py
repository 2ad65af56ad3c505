"""Transcribes one call: sends its audio to the detector and the provider, appends its turns to its log."""

import asyncio

from parley.agent_config import SttConfig
from parley.audio.g711 import duration_ms
from parley.audio.stream import follow_audio
from parley.bus import subjects
from parley.providers.fallback_chain import FallbackChain
from parley.providers.stt import SttEvent
from parley.runtime.stage import CallContext
from parley.runtime.stall_detector import StallDetector
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.event_pb2 import Event
from services.stt.audio_buffer import AudioBuffer
from services.stt.end_of_turn.turn_model import TurnModel
from services.stt.last_words import LastWords
from services.stt.next_listener import NextListener, OpenListener
from services.stt.provider_connection import ProviderConnection
from services.stt.restore import STT
from services.stt.speech_probability import Detector
from services.stt.stt_route import SttRoute
from services.stt.turn_recognizer import TurnRecognizer

_BACKLOG_AGE_MS, _BACKLOG_BATCH_FRAMES = 1000, 25
"""Audio older than 1 s is a backlog, which is sent to the provider in batches of half a second."""
_TICK_INTERVAL_S = 0.1


class _CallEnded(Exception):
    """Raised to end the session when the call has ended."""


class TranscriptionSession:
    """Transcription of one call, until it has ended and the caller's last words are in the log."""

    def __init__(
        self,
        call: CallContext,
        chain: FallbackChain[SttRoute],
        detector: Detector,
        *,
        section: SttConfig | None = None,
        provider_detects_turns: bool,
        turn_model: TurnModel | None = None,
        open_listener: OpenListener | None = None,
    ) -> None:
        """Create the session; `open_listener` is called after a hand-off, with the next agent's section."""
        self._call = call
        section = section or call.agent.stt
        self._next = NextListener(call.call_agents, lambda: call.log.facts, section, open_listener)
        state = call.log.folded(STT)
        self._buffer = AudioBuffer(state.transcript.final_end_ms)
        self._provider = ProviderConnection(
            chain,
            self._buffer,
            self._on_stt_event,
            self._on_provider_lost,
            on_late=self._on_provider_late,
            on_route=self._on_route,
        )
        self._turns = TurnRecognizer(
            call.log,
            section,
            state,
            self._buffer,
            detector,
            provider_detects_turns=provider_detects_turns,
            request_finalize=self._provider.request_finalize,
            recent=call.log.recent,
            transcribed_by=lambda: (self._provider.route.provider, self._provider.route.model),
            finalize_after_ms=lambda: self._provider.finalize_after_ms,
            turn_model=turn_model,
        )
        self._last_words = LastWords(self._turns, self._provider)
        self._stall = StallDetector()
        self._gap_count = call.bus.gap_count
        if call.log.facts.stream_open:
            self._stall.stream_opened(call.log.now_ms())

    async def run(self) -> None:
        """Transcribe until the call has ended; a call that has ended already gets its last words."""
        self._call.drain.set_safe_point(lambda: self._turns.between_turns and not self._last_words.begun)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_log(tasks), name="follow the log")
                tasks.create_task(self._follow_audio(), name="follow the audio")
                tasks.create_task(self._provider.run(), name="transcribe")
                tasks.create_task(self._tick(), name="tick")
                tasks.create_task(self._turns.judge_pauses(), name="judge pauses")
        except* _CallEnded:
            pass

    async def _on_stt_event(self, event: SttEvent) -> None:
        await self._turns.on_stt_event(event)

    async def _on_provider_lost(self) -> None:
        await self._turns.on_provider_lost()

    async def _on_provider_late(self) -> None:
        await self._turns.on_provider_late()

    async def _on_route(self, route: SttRoute) -> None:
        await self._turns.on_provider_changed(detects_turns=route.detects_turns)

    async def _follow_log(self, tasks: asyncio.TaskGroup) -> None:
        if self._call.ended:
            await self._finish()
        async for event in self._call.log:
            self._turns.on_log_event(event)
            if event.HasField("agent_changed") or event.HasField("language_changed"):
                tasks.create_task(self._next.prepare(), name="open the next agent's providers")
            if event.HasField("call_ended"):
                await self._finish()
            self._track_stream(event)
            if event.HasField("stream_stopped"):
                await self._turns.on_stream_stopped()

    async def _finish(self) -> None:
        await self._last_words.add()
        raise _CallEnded

    async def _change_agent(self) -> None:
        """Transcribe with the next agent's providers, once no turn is in progress."""
        listener = await self._next.change(
            lambda listener: self._turns.change_config(
                listener.section, provider_detects_turns=listener.provider_detects_turns
            )
        )
        if listener is not None:
            self._provider.switch(listener.chain)

    def _track_stream(self, event: Event) -> None:
        if event.HasField("stream_started"):
            self._stall.stream_opened(self._call.log.now_ms())
        if event.HasField("stream_stopped"):
            self._stall.stream_closed()

    async def _follow_audio(self) -> None:
        subject = subjects.caller_audio(self._call.call_sid)
        since_us = self._call.log.clock.us_at(self._buffer.start_ms)
        async for audio in follow_audio(
            self._call.bus, subject, CallerAudio, since_us, on_caught_up=self._on_caught_up
        ):
            await self._on_audio(audio)

    def _on_caught_up(self) -> None:
        self._turns.on_line_watched()
        self._last_words.caught_up()

    async def _on_audio(self, audio: CallerAudio) -> None:
        self._stall.audio_received(self._call.log.now_ms())
        if audio.at_ms + duration_ms(audio.mulaw) <= self._buffer.start_ms:
            return
        added = self._buffer.add(audio.mulaw, audio.at_ms)
        if not added:
            return
        self._provider.notify_audio(speaking=self._turns.speaking)
        is_backlog = self._call.log.now_ms() - audio.at_ms > _BACKLOG_AGE_MS
        if not is_backlog or audio.sequence % _BACKLOG_BATCH_FRAMES == 0:
            # Let the provider's task send the audio before the detector processes it.
            await asyncio.sleep(0)
        await self._turns.on_audio(added, at_ms=audio.at_ms)
        self._last_words.audio_processed()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_INTERVAL_S)
            await self._turns.on_tick()
            await self._change_agent()
            if self._call.bus.gap_count != self._gap_count:
                # The audio was lost on this process's connection to NATS, not on the caller's line.
                self._gap_count = self._call.bus.gap_count
                self._stall.audio_received(self._call.log.now_ms())
                self._turns.on_audio_missed()
            if self._stall.check(self._call.log.now_ms()):
                await self._call.bus.publish(subjects.media_stalled(self._call.call_sid), b"")
