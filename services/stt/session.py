"""The caller's sound to voice activity and transcriber, what they hear to call events: stt of one call."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from deepgram import AsyncDeepgramClient

from parley.agent_config import SttConfig
from parley.audio.g711 import duration_ms
from parley.audio.stream import follow_audio
from parley.bus import subjects
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    KeepAlive,
    ProviderTurn,
    SttConnection,
    SttEvent,
    UtteranceEnd,
    Word,
)
from parley.runtime.stage import CallContext, ServeCall
from parley.telemetry.setup import Telemetry
from parley.v1 import speech_pb2, work_pb2
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.event_pb2 import Event
from services.stt.audio_buffer import AudioBuffer
from services.stt.endpointing import (
    Decision,
    EagerEndOfTurn,
    Endpointing,
    EndTurn,
    RequestFinalize,
    ResumeTurn,
)
from services.stt.model_selector import ModelSelector
from services.stt.provider_connection import ProviderConnection
from services.stt.providers.deepgram import is_flux, new_client, open_connection
from services.stt.restore import evolve, restore
from services.stt.settings import SttSettings
from services.stt.silero import VadPool
from services.stt.stall_detector import StallDetector
from services.stt.transcript import Transcript
from services.stt.turn_completion import assess_completion
from services.stt.voice_activity import Detector, SpeechChange, SpeechStarted, VoiceActivity

log = structlog.get_logger()

_LATE_MS, _LATE_FRAMES = 1000, 25
"""Sound that comes this late was missed: it goes to the provider in pieces of half a second."""
_TICK_S = 0.1


class _CallEnded(Exception):
    """The call has ended."""


class TranscriptionSession:
    """One call's ears. What it does happens under one lock: events are said in the order of hearing."""

    def __init__(
        self,
        call: CallContext,
        client: AsyncDeepgramClient,
        settings: SttSettings,
        breakers: CircuitBreakers,
        detector: Detector,
    ) -> None:
        self._call = call
        self._config = call.agent.stt
        self._state = known = restore(call.log.history)
        self._transcript = known.transcript
        self._vad = VoiceActivity(detector)
        self._endpointing = Endpointing(
            self._config.turn_silence_ms, provider_detects_turns=is_flux(self._config)
        )
        self._endpointing.restore(
            has_final=bool(known.transcript.final_text),
            eager=known.eager,
            covered_ms=known.transcript.final_end_ms,
        )
        self._last_speech_event_ms = known.last_speech_event_ms
        self._lock = asyncio.Lock()
        self._stall = StallDetector()
        self._gap_count = call.bus.gap_count
        for event in call.log.history:
            self._track_stream(event)
        self._reported_failure = ""
        self._published_text = self._eager_text = ""
        self._provider_turn = ""
        self._buffer = AudioBuffer(self._transcript.final_end_ms)

        def open_model(hearing: SttConfig) -> AbstractAsyncContextManager[SttConnection]:
            return open_connection(client, hearing, call.call_sid, settings.stt_connect_timeout_s)

        choice = ModelSelector(open_model, self._config, breakers)
        self._provider = ProviderConnection(
            choice.open, self._buffer, self._on_stt_event, self._on_provider_failure
        )

    async def run(self) -> None:
        """Until the call has ended."""
        self._call.drain.set_safe_point(self._at_safe_point)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_log(), name="follow the log")
                tasks.create_task(self._follow_audio(), name="follow the sound")
                tasks.create_task(self._provider.run(), name="transcribe")
                tasks.create_task(self._tick(), name="tick")
        except* _CallEnded:
            pass

    def _at_safe_point(self) -> bool:
        return not (self._vad.speaking or self._transcript.text)

    async def _follow_log(self) -> None:
        async for event in self._call.log:
            self._state = evolve(self._state, event)
            if event.HasField("call_ended"):
                raise _CallEnded
            self._track_stream(event)
            if event.HasField("stream_stopped"):
                async with self._lock:
                    await self._on_speech_changes(self._vad.audio_stopped())

    def _track_stream(self, event: Event) -> None:
        if event.HasField("stream_started"):
            self._stall.stream_opened(self._call.log.now_ms())
        if event.HasField("stream_stopped"):
            self._stall.stream_closed()

    async def _follow_audio(self) -> None:
        subject = subjects.caller_audio(self._call.call_sid)
        heard_until_us = self._call.log.clock.us_at(self._buffer.start_ms)
        async for audio in follow_audio(self._call.bus, subject, CallerAudio, since_us=heard_until_us):
            await self._on_audio(audio)

    async def _on_audio(self, audio: CallerAudio) -> None:
        self._stall.audio_received(self._call.log.now_ms())
        if audio.at_ms + duration_ms(audio.mulaw) <= self._buffer.start_ms:
            return
        added = self._buffer.add(audio.mulaw, audio.at_ms)
        if not added:
            return
        self._provider.notify_audio(voiced=self._vad.speaking)
        late = self._call.log.now_ms() - audio.at_ms > _LATE_MS
        if not late or audio.sequence % _LATE_FRAMES == 0:
            # The provider first, then the detector.
            await asyncio.sleep(0)
        async with self._lock:
            for sound in added:
                await self._on_speech_changes(self._vad.push_audio(sound.mulaw, sound.at_ms))
            await self._advance_endpointing()

    async def _on_speech_changes(self, changes: list[SpeechChange]) -> None:
        for change in changes:
            started = isinstance(change, SpeechStarted)
            # After a takeover sound is heard a second time, of which our forerunner has told already.
            if change.at_ms > self._last_speech_event_ms:
                said = speech_pb2.SpeechStarted if started else speech_pb2.SpeechStopped
                await self._call.log.append(said(at_ms=change.at_ms))
            if started:
                await self._execute(self._endpointing.on_speech_started(change.at_ms))
            else:
                await self._execute(self._endpointing.on_speech_stopped(change.at_ms))

    async def _advance_endpointing(self) -> None:
        decisions = self._endpointing.on_audio(
            self._buffer.end_ms,
            self._call.log.now_ms(),
            paused=self._vad.paused,
            speech_end_ms=self._vad.speech_end_ms,
        )
        await self._execute(decisions)

    async def _on_stt_event(self, heard: SttEvent) -> None:
        self._reported_failure = ""
        async with self._lock:
            match heard:
                case InterimTranscript(text=text, words=words, end_ms=until_ms):
                    self._transcript = self._transcript.with_interim(text, words, until_ms)
                    await self._publish_transcript(final=False)
                    self._update_completion()
                    await self._execute(self._endpointing.on_interim(self._transcript.interim_text, until_ms))
                case FinalTranscript():
                    await self._on_final(heard)
                case UtteranceEnd():
                    await self._execute(self._endpointing.on_utterance_end())
                case ProviderTurn():
                    await self._on_provider_turn(heard)
                case KeepAlive():
                    pass

    async def _on_final(self, heard: FinalTranscript) -> None:
        before = len(self._transcript.words)
        text_before = self._transcript.final_text
        self._transcript = self._transcript.with_final(heard.text, heard.words, heard.end_ms)
        self._buffer.discard_before(heard.end_ms)
        fresh = self._transcript.final_text[len(text_before) :].strip()
        if fresh:
            await self._publish_transcript(final=True, words=self._transcript.words[before:])
        self._update_completion()
        fixed = self._endpointing.on_final(fresh, heard.end_ms, speech_final=heard.speech_final)
        await self._execute(fixed)

    async def _on_provider_turn(self, heard: ProviderTurn) -> None:
        if heard.provider_turn == self._provider_turn:
            # Ended by us or told twice: of a turn that is over nothing more is wanted.
            return
        self._transcript = self._transcript.replace_turn(heard.text, heard.words, heard.end_ms)
        if heard.event == "end":
            self._provider_turn = heard.provider_turn
            self._buffer.discard_before(heard.end_ms)
            self._transcript = self._transcript.finalize()
            await self._publish_transcript(final=True, words=self._transcript.words)
        else:
            await self._publish_transcript(final=False)
        await self._execute(self._endpointing.on_provider_turn(heard.event))

    def _update_completion(self) -> None:
        self._endpointing.set_completion(
            assess_completion(self._transcript.text, self._state.last_agent_text, self._config)
        )

    async def _publish_transcript(self, *, final: bool, words: Sequence[Word] = ()) -> None:
        known = self._transcript
        if not known.text or (not final and known.text == self._published_text):
            return
        self._published_text = known.text
        said = speech_pb2.TranscriptUpdated(
            turn=known.turn,
            text=known.text,
            final=final,
            audio_end_ms=known.final_end_ms if final else known.end_ms,
        )
        for word in words:
            said.words.add(
                text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
            )
        await self._call.log.append(said)

    async def _execute(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case EndTurn(decided_by=decided_by):
                    await self._end_turn(decided_by)
                case EagerEndOfTurn():
                    await self._publish_eager_end()
                case ResumeTurn():
                    self._eager_text = ""
                    await self._call.log.append(speech_pb2.TurnResumed(turn=self._transcript.turn))
                case RequestFinalize():
                    self._provider.request_finalize()

    async def _publish_eager_end(self) -> None:
        known = self._transcript
        if not known.text or known.text == self._eager_text:
            return
        self._eager_text = known.text
        eager = speech_pb2.EagerEndOfTurn(
            turn=known.turn, text=known.text, speech_end_ms=self._speech_end_ms()
        )
        await self._call.log.append(eager)

    async def _end_turn(self, decided_by: str) -> None:
        known = self._transcript
        self._published_text = self._eager_text = ""
        if not known.text:
            return
        self._transcript = known.next_turn()
        await self._on_speech_changes(self._vad.force_stop())
        ended = speech_pb2.TurnEnded(
            turn=known.turn,
            text=known.text,
            speech_end_ms=self._speech_end_ms(known),
            audio_end_ms=known.end_ms,
            decided_by=decided_by,
        )
        await self._call.log.append(ended)

    def _speech_end_ms(self, transcript: Transcript | None = None) -> int:
        """By the detector, which hears to 32 ms; by the words where it heard nothing."""
        words = (transcript or self._transcript).words
        return self._vad.speech_end_ms or (words[-1].end_ms if words else 0)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            async with self._lock:
                await self._advance_endpointing()
            if self._call.bus.gap_count != self._gap_count:
                # It was our own connection that brought no sound.
                self._gap_count = self._call.bus.gap_count
                self._stall.audio_received(self._call.log.now_ms())
            if self._stall.check(self._call.log.now_ms()):
                await self._call.bus.publish(subjects.media_stalled(self._call.call_sid), b"")

    async def _on_provider_failure(self, error: ProviderError) -> None:
        async with self._lock:
            self._endpointing.on_provider_lost()
        if self._reported_failure == error.code:
            return
        self._reported_failure = error.code
        await self._call.log.append(
            work_pb2.StageFailed(
                code=error.code, message=error.reason, retryable=error.retryable, provider=error.provider
            )
        )


@asynccontextmanager
async def open_stt(settings: SttSettings, _telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process: the provider's client, who is left alone, voice detectors."""
    client, breakers, detectors = new_client(settings), CircuitBreakers(), VadPool()

    async def serve(call: CallContext) -> None:
        if not call.ended:
            with detectors.acquire() as detector:
                await TranscriptionSession(call, client, settings, breakers, detector).run()

    yield serve
