"""Builds the caller's turns from speech activity and provider events, and appends them to the call's log."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from parley.agent_config import SttConfig
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    KeepAlive,
    ProviderTurn,
    SttEvent,
    UtteranceEnd,
)
from parley.v1 import speech_pb2
from parley.v1.event_pb2 import Event
from services.stt.audio_buffer import AudioBuffer, AudioSpan
from services.stt.completion.assessment import CompletionRules, TurnWords
from services.stt.completion.rules import WordRules
from services.stt.decisions import Decision, EagerEndOfTurn, EndTurn, RequestFinalize, ResumeTurn
from services.stt.echo_remover import EchoRemover
from services.stt.end_of_turn.pauses import Pauses
from services.stt.end_of_turn.turn_model import TurnModel
from services.stt.endpointing import Endpointing
from services.stt.line_silence import LineSilence
from services.stt.restore import SttState, evolve
from services.stt.speech_probability import Detector
from services.stt.transcript import Transcript
from services.stt.turn_events import TurnEvents
from services.stt.turn_log import TurnLog
from services.stt.voice_activity import SpeechChange, SpeechStarted, VoiceActivity

_MAX_SILENCE_MS, _RETAINED_SILENCE_MS = 2000, 1000
"""The detector reports speech at most 250 ms after its start."""


class TurnRecognizer:
    """The caller's current turn. Inputs are handled one at a time, so that events keep their order."""

    def __init__(
        self,
        log: TurnLog,
        config: SttConfig,
        state: SttState,
        buffer: AudioBuffer,
        detector: Detector,
        *,
        provider_detects_turns: bool,
        request_finalize: Callable[[], None],
        transcribed_by: Callable[[], tuple[str, str]] = lambda: ("", ""),
        finalize_after_ms: Callable[[], int | None] = lambda: None,
        recent: Iterable[Event] = (),
        turn_model: TurnModel | None = None,
    ) -> None:
        """Create the recognizer; `transcribed_by` returns the provider and model in use.

        `finalize_after_ms` returns the silence after which final transcripts must be requested from that
        provider; None without requests. `recent` are the log's latest events before this owner.
        """
        self._pauses = Pauses(turn_model, config, self._on_pause_judged)
        # A provider that detects turns uses the audio itself.
        self._pauses.change_config(config, enabled=not provider_detects_turns)
        self._log = log
        self._completion: CompletionRules = WordRules(config)
        self._state = state
        self._transcript = state.transcript
        self._buffer = buffer
        self._vad = VoiceActivity(detector)
        self._line = LineSilence()
        self._endpointing = Endpointing(config.turn_silence_ms, provider_detects_turns=provider_detects_turns)
        self._endpointing.restore(
            has_final=bool(state.transcript.final_text),
            eager=state.eager,
            covered_ms=state.transcript.final_end_ms,
        )
        self._echo = EchoRemover(recent)
        self._request_finalize = request_finalize
        self._transcribed_by = transcribed_by
        self._finalize_after_ms = finalize_after_ms
        self._restored_speech_ms = state.last_speech_event_ms
        self._turn_events = TurnEvents(log)
        self._ended_provider_turn = ""
        self._lock = asyncio.Lock()
        self._update_completion()

    @property
    def speaking(self) -> bool:
        """Whether the detector reports speech."""
        return self._vad.speaking

    @property
    def between_turns(self) -> bool:
        """Whether there is neither speech nor a word of an unfinished turn."""
        return not (self._vad.speaking or self._transcript.text)

    @property
    def awaits_final(self) -> bool:
        """Whether speech or an interim word has no final transcript yet."""
        return self._transcript.is_pending(self._vad.speech_end_ms)

    def on_log_event(self, event: Event) -> None:
        """Record dialogue context from the log, such as the agent's last question."""
        self._state = evolve(self._state, event)
        self._echo.apply(event)

    async def on_audio(self, spans: Sequence[AudioSpan], *, at_ms: int | None = None) -> None:
        """Process audio that was added to the buffer; `at_ms` is its start without the silence in a gap."""
        async with self._lock:
            start_ms = spans[0].at_ms if at_ms is None and spans else at_ms
            if start_ms is not None:
                self._line.received(self._log.now_ms(), start_ms, self._buffer.end_ms)
            for span in spans:
                self._pauses.push_audio(span.mulaw)
                await self._on_speech_changes(self._vad.push_audio(span.mulaw, span.at_ms))
            await self._advance()

    async def change_config(self, config: SttConfig, *, provider_detects_turns: bool) -> bool:
        """Recognize turns by another agent's section from now on; false, without a change, within a turn."""
        async with self._lock:
            if not self.between_turns:
                return False
            self._pauses.change_config(config, enabled=not provider_detects_turns)
            self._completion = WordRules(config)
            self._endpointing = Endpointing(
                config.turn_silence_ms, provider_detects_turns=provider_detects_turns
            )
            self._endpointing.restore(has_final=False, eager=False, covered_ms=self._transcript.final_end_ms)
            self._ended_provider_turn = ""
            self._update_completion()
            return True

    async def judge_pauses(self) -> None:
        """Long-lived: have the model of turns judge each pause; returns at once without a model."""
        await self._pauses.run()

    async def _on_pause_judged(self) -> None:
        async with self._lock:
            self._update_completion()
            await self._advance()

    async def on_tick(self) -> None:
        """Check the time limits; also called while no audio arrives."""
        async with self._lock:
            await self._advance()

    def on_line_watched(self) -> None:
        """From now on, missing audio may be silence of a line that suppresses silence."""
        self._line.watch(self._log.now_ms())

    def on_audio_missed(self) -> None:
        """Missing audio was lost between the services."""
        self._line.restart(self._log.now_ms())

    async def on_stream_stopped(self) -> None:
        """End the speech, because no audio follows."""
        async with self._lock:
            self._line.stop()
            await self._on_speech_changes(self._vad.audio_stopped())

    async def end_turn(self, decided_by: str) -> None:
        """End the turn, if it has words, because nothing follows."""
        async with self._lock:
            await self._end_turn(decided_by)

    async def on_provider_lost(self) -> None:
        """Wait longer for transcripts, because the connection to the provider is being replaced."""
        async with self._lock:
            self._transcript = self._transcript.after_loss()
            self._endpointing.on_provider_lost()

    async def on_provider_late(self) -> None:
        """Wait longer for transcripts, because an answer of the provider is overdue."""
        async with self._lock:
            self._endpointing.on_provider_late()

    async def on_provider_changed(self, *, detects_turns: bool) -> None:
        """Another provider transcribes from now on, which detects turns itself or does not."""
        async with self._lock:
            self._pauses.enable(enabled=not detects_turns)
            self._endpointing.change_turn_detection(by_provider=detects_turns)

    async def on_stt_event(self, event: SttEvent) -> None:
        """Process an event of the provider."""
        async with self._lock:
            match self._echo.remove(event):
                case InterimTranscript() as interim:
                    await self._on_interim(interim)
                case FinalTranscript() as final:
                    await self._on_final(final)
                case UtteranceEnd(last_word_end_ms=last_word_end_ms):
                    if self._transcript.may_end_at(last_word_end_ms):
                        await self._execute(self._endpointing.on_utterance_end(last_word_end_ms))
                case ProviderTurn() as turn:
                    await self._on_provider_turn(turn)
                case KeepAlive():
                    pass

    async def _advance(self) -> None:
        now_ms = self._log.now_ms()
        stopped_ms = self._line.silence_ms(now_ms, speaking=self._vad.speaking and not self._vad.paused)
        if stopped_ms:
            await self._on_speech_changes(self._vad.audio_stopped())
        decisions = self._endpointing.on_audio(
            self._buffer.end_ms,
            now_ms,
            paused=self._vad.paused,
            speech_end_ms=self._vad.speech_end_ms,
            stopped_ms=stopped_ms,
            finalize_after_ms=self._finalize_after_ms(),
        )
        await self._execute(decisions)
        self._forget_silence()

    def _forget_silence(self) -> None:
        """Drop buffered silence, so that a new connection gets the next words at once."""
        all_final = self._vad.speech_end_ms <= self._transcript.final_end_ms
        if self.between_turns and all_final and self._buffer.duration_ms > _MAX_SILENCE_MS:
            self._buffer.discard_before(self._buffer.end_ms - _RETAINED_SILENCE_MS)

    async def _on_speech_changes(self, changes: list[SpeechChange]) -> None:
        for change in changes:
            started = isinstance(change, SpeechStarted)
            # After a takeover, audio is processed again whose events the previous owner already appended.
            if change.at_ms > self._restored_speech_ms:
                body = speech_pb2.SpeechStarted if started else speech_pb2.SpeechStopped
                await self._log.append(body(at_ms=change.at_ms))
            self._pauses.speech_changed(started=started)
            self._update_completion()
            react = self._endpointing.on_speech_started if started else self._endpointing.on_speech_stopped
            await self._execute(react(change.at_ms))

    async def _on_interim(self, interim: InterimTranscript) -> None:
        self._transcript = self._transcript.with_interim(
            interim.text, interim.words, interim.end_ms, interim.languages
        )
        await self._turn_events.transcript(self._transcript, final=False)
        self._update_completion()
        text = self._transcript.interim_text
        await self._execute(self._endpointing.on_interim(text, interim.end_ms))

    async def _on_final(self, final: FinalTranscript) -> None:
        before = self._transcript
        self._transcript = before.with_final(final.text, final.words, final.end_ms, final.languages)
        self._buffer.discard_before(final.end_ms)
        new_text = self._transcript.final_text[len(before.final_text) :].strip()
        if new_text:
            words = self._transcript.words[len(before.words) :]
            await self._turn_events.transcript(self._transcript, final=True, words=words)
        elif not self._transcript.text:
            await self._turn_events.transcript(self._transcript, final=False)
        self._update_completion()
        decisions = self._endpointing.on_final(new_text, final.end_ms, speech_final=final.speech_final)
        await self._execute(decisions)

    async def _on_provider_turn(self, turn: ProviderTurn) -> None:
        if turn.provider_turn == self._ended_provider_turn:
            # A repeated report, or a report on a turn that a finalize request has ended.
            return
        self._transcript = self._transcript.replace_turn(turn.text, turn.words, turn.end_ms, turn.languages)
        if turn.event == "end":
            self._ended_provider_turn = turn.provider_turn
            self._buffer.discard_before(turn.end_ms)
            self._transcript = self._transcript.finalize()
            await self._turn_events.transcript(self._transcript, final=True, words=turn.words)
        else:
            await self._turn_events.transcript(self._transcript, final=False)
        self._update_completion()
        has_text = bool(turn.text.strip())
        await self._execute(self._endpointing.on_provider_turn(turn.event, turn.end_ms, has_text=has_text))

    def _update_completion(self) -> None:
        words = TurnWords(self._transcript.text, self._state.last_agent_text)
        self._endpointing.set_completion(self._pauses.combine(self._completion.assess(words)))

    async def _execute(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case EndTurn(decided_by=decided_by):
                    await self._end_turn(decided_by)
                case EagerEndOfTurn():
                    await self._turn_events.eager_end(self._transcript, self._speech_end_ms(self._transcript))
                case ResumeTurn():
                    await self._turn_events.resumed(self._transcript)
                case RequestFinalize():
                    self._request_finalize()

    async def _end_turn(self, decided_by: str) -> None:
        transcript = self._transcript
        self._turn_events.next_turn()
        if not transcript.text:
            return
        self._transcript = transcript.next_turn(0 if self._vad.speaking else self._vad.speech_end_ms)
        self._buffer.discard_before(self._transcript.closed_until_ms)
        await self._on_speech_changes(self._vad.force_stop())
        speech_end_ms = self._speech_end_ms(transcript)
        await self._turn_events.ended(transcript, speech_end_ms, decided_by, self._transcribed_by())

    def _speech_end_ms(self, transcript: Transcript) -> int:
        """The end of speech from the detector, accurate to 32 ms, or from the words if it detected none."""
        words = transcript.words
        return self._vad.speech_end_ms or (words[-1].end_ms if words else 0)
