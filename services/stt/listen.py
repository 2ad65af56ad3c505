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
from services.stt.choose_model import ModelChoice
from services.stt.endpointing import AskToFinalize, Decision, EagerEnd, Endpointing, EndTurn, GoOn
from services.stt.line_watch import LineWatch
from services.stt.patience import patience_for
from services.stt.providers.deepgram import is_flux, new_client, open_connection
from services.stt.recall import evolve, recall
from services.stt.settings import SttSettings
from services.stt.silero import Detectors
from services.stt.sound_buffer import SoundBuffer
from services.stt.transcribe import Transcribing
from services.stt.transcript import Transcript
from services.stt.voice_activity import Detector, SpeechChange, SpeechStarted, VoiceActivity

log = structlog.get_logger()

_LATE_MS, _LATE_FRAMES = 1000, 25
"""Sound that comes this late was missed: it goes to the provider in pieces of half a second."""
_TICK_S = 0.1


class CallOver(Exception):
    """The call has ended."""


class Listener:
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
        self._hearing = call.agent.stt
        self._known = known = recall(call.log.history)
        self._transcript = known.transcript
        self._voice = VoiceActivity(detector)
        self._endpointing = Endpointing(
            self._hearing.turn_silence_ms, provider_decides=is_flux(self._hearing)
        )
        self._endpointing.recall(
            has_final=bool(known.transcript.final_text),
            eager=known.eager,
            covered_ms=known.transcript.until_ms,
        )
        self._told_until_ms = known.voice_told_ms
        self._in_order = asyncio.Lock()
        self._line = LineWatch()
        self._losses = call.bus.gap_count
        for event in call.log.history:
            self._watch_line(event)
        self._told_failure = ""
        self._said_text = self._eager_text = ""
        self._provider_turn = ""
        self._buffer = SoundBuffer(self._transcript.until_ms)

        def open_model(hearing: SttConfig) -> AbstractAsyncContextManager[SttConnection]:
            return open_connection(client, hearing, call.call_sid, settings.stt_connect_timeout_s)

        choice = ModelChoice(open_model, self._hearing, breakers)
        self._transcribing = Transcribing(choice.open, self._buffer, self._heard, self._provider_failed)

    async def run(self) -> None:
        """Until the call has ended."""
        self._call.drain.set_safe_point(self._hears_nobody)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_log(), name="follow the log")
                tasks.create_task(self._follow_sound(), name="follow the sound")
                tasks.create_task(self._transcribing.run(), name="transcribe")
                tasks.create_task(self._tick(), name="tick")
        except* CallOver:
            pass

    def _hears_nobody(self) -> bool:
        return not (self._voice.speaking or self._transcript.text)

    async def _follow_log(self) -> None:
        async for event in self._call.log:
            self._call.record_bus_delay(event)
            self._known = evolve(self._known, event)
            if event.HasField("call_ended"):
                raise CallOver
            self._watch_line(event)
            if event.HasField("stream_stopped"):
                async with self._in_order:
                    await self._voice_changed(self._voice.sound_stopped())

    def _watch_line(self, event: Event) -> None:
        if event.HasField("stream_started"):
            self._line.opened(self._call.log.now_ms())
        if event.HasField("stream_stopped"):
            self._line.closed()

    async def _follow_sound(self) -> None:
        subject = subjects.caller_audio(self._call.call_sid)
        heard_until_us = self._call.log.clock.us_at(self._buffer.start_ms)
        async for audio in follow_audio(self._call.bus, subject, CallerAudio, since_us=heard_until_us):
            await self._sound(audio)

    async def _sound(self, audio: CallerAudio) -> None:
        self._line.sound(self._call.log.now_ms())
        if audio.at_ms + duration_ms(audio.mulaw) <= self._buffer.start_ms:
            return
        added = self._buffer.add(audio.mulaw, audio.at_ms)
        if not added:
            return
        self._transcribing.sound_came(voiced=self._voice.speaking)
        late = self._call.log.now_ms() - audio.at_ms > _LATE_MS
        if not late or audio.sequence % _LATE_FRAMES == 0:
            # The provider first, then the detector.
            await asyncio.sleep(0)
        async with self._in_order:
            for sound in added:
                await self._voice_changed(self._voice.hear(sound.mulaw, sound.at_ms))
            await self._time_passed()

    async def _voice_changed(self, changes: list[SpeechChange]) -> None:
        for change in changes:
            started = isinstance(change, SpeechStarted)
            # After a takeover sound is heard a second time, of which our forerunner has told already.
            if change.at_ms > self._told_until_ms:
                said = speech_pb2.SpeechStarted if started else speech_pb2.SpeechStopped
                await self._call.log.append(said(at_ms=change.at_ms))
            if started:
                await self._do(self._endpointing.speech_started(change.at_ms))
            else:
                await self._do(self._endpointing.speech_stopped(change.at_ms))

    async def _time_passed(self) -> None:
        decisions = self._endpointing.heard(
            self._buffer.end_ms,
            self._call.log.now_ms(),
            paused=self._voice.paused,
            voiced_until_ms=self._voice.voiced_until_ms,
        )
        await self._do(decisions)

    async def _heard(self, heard: SttEvent) -> None:
        self._told_failure = ""
        async with self._in_order:
            match heard:
                case InterimTranscript(text=text, words=words, end_ms=until_ms):
                    self._transcript = self._transcript.guess(text, words, until_ms)
                    await self._say_words(final=False)
                    self._be_patient()
                    await self._do(self._endpointing.guessed(self._transcript.interim_text, until_ms))
                case FinalTranscript():
                    await self._fixed(heard)
                case UtteranceEnd():
                    await self._do(self._endpointing.utterance_ended())
                case ProviderTurn():
                    await self._turn_heard(heard)
                case KeepAlive():
                    pass

    async def _fixed(self, heard: FinalTranscript) -> None:
        before = len(self._transcript.words)
        text_before = self._transcript.final_text
        self._transcript = self._transcript.fix(heard.text, heard.words, heard.end_ms)
        self._buffer.forget(heard.end_ms)
        fresh = self._transcript.final_text[len(text_before) :].strip()
        if fresh:
            await self._say_words(final=True, words=self._transcript.words[before:])
        self._be_patient()
        fixed = self._endpointing.fixed(fresh, heard.end_ms, speech_final=heard.speech_final)
        await self._do(fixed)

    async def _turn_heard(self, heard: ProviderTurn) -> None:
        if heard.provider_turn == self._provider_turn:
            # Ended by us or told twice: of a turn that is over nothing more is wanted.
            return
        self._transcript = self._transcript.rewrite(heard.text, heard.words, heard.end_ms)
        if heard.event == "end":
            self._provider_turn = heard.provider_turn
            self._buffer.forget(heard.end_ms)
            self._transcript = self._transcript.settle()
            await self._say_words(final=True, words=self._transcript.words)
        else:
            await self._say_words(final=False)
        await self._do(self._endpointing.provider_turned(heard.event))

    def _be_patient(self) -> None:
        self._endpointing.be_patient(patience_for(self._transcript.text, self._known.asked, self._hearing))

    async def _say_words(self, *, final: bool, words: Sequence[Word] = ()) -> None:
        known = self._transcript
        if not known.text or (not final and known.text == self._said_text):
            return
        self._said_text = known.text
        said = speech_pb2.TranscriptUpdated(
            turn=known.turn,
            text=known.text,
            final=final,
            audio_end_ms=known.until_ms if final else known.reaches_ms,
        )
        for word in words:
            said.words.add(
                text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
            )
        await self._call.log.append(said)

    async def _do(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case EndTurn(decided_by=decided_by):
                    await self._end_turn(decided_by)
                case EagerEnd():
                    await self._eager_end()
                case GoOn():
                    self._eager_text = ""
                    await self._call.log.append(speech_pb2.TurnResumed(turn=self._transcript.turn))
                case AskToFinalize():
                    self._transcribing.finalize()

    async def _eager_end(self) -> None:
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
        self._said_text = self._eager_text = ""
        if not known.text:
            return
        self._transcript = known.next_turn()
        await self._voice_changed(self._voice.give_up())
        ended = speech_pb2.TurnEnded(
            turn=known.turn,
            text=known.text,
            speech_end_ms=self._speech_end_ms(known),
            audio_end_ms=known.reaches_ms,
            decided_by=decided_by,
        )
        await self._call.log.append(ended)

    def _speech_end_ms(self, transcript: Transcript | None = None) -> int:
        """By the detector, which hears to 32 ms; by the words where it heard nothing."""
        words = (transcript or self._transcript).words
        return self._voice.voiced_until_ms or (words[-1].end_ms if words else 0)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            async with self._in_order:
                await self._time_passed()
            if self._call.bus.gap_count != self._losses:
                # It was our own connection that brought no sound.
                self._losses = self._call.bus.gap_count
                self._line.sound(self._call.log.now_ms())
            if self._line.is_suspect(self._call.log.now_ms()):
                await self._call.bus.publish(subjects.media_stalled(self._call.call_sid), b"")

    async def _provider_failed(self, error: ProviderError) -> None:
        async with self._in_order:
            self._endpointing.provider_lost()
        if self._told_failure == error.code:
            return
        self._told_failure = error.code
        await self._call.log.append(
            work_pb2.StageFailed(
                code=error.code, message=error.reason, retryable=error.retryable, provider=error.provider
            )
        )


@asynccontextmanager
async def open_listening(settings: SttSettings, _telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process: the provider's client, who is left alone, voice detectors."""
    client, breakers, detectors = new_client(settings), CircuitBreakers(), Detectors()

    async def serve(call: CallContext) -> None:
        if not call.ended:
            with detectors.one() as detector:
                await Listener(call, client, settings, breakers, detector).run()

    yield serve
