"""Decides when the caller's turn ends, from the provider's signals, the local detector and silence.

No I/O and no clock: each method receives the times it needs and returns what to do. A signal from the
provider ends the turn at once, without a timer, unless the words show that more is to come.
"""

from dataclasses import replace

from parley.providers.stt import ProviderTurnEvent
from services.stt.completion.assessment import TurnCompletion
from services.stt.decisions import Decision, EagerEndOfTurn, EndTurn, RequestFinalize, ResumeTurn
from services.stt.turn_state import (
    AwaitingFinal,
    Coverage,
    EagerState,
    EndSignal,
    Fading,
    ProviderLink,
    Quiet,
    Recovery,
    Speaking,
    SpeechPhase,
)


class Endpointing:
    """Detects the ends of the turns of one caller."""

    def __init__(self, silence_ms: int, *, provider_detects_turns: bool = False) -> None:
        self._silence_ms = silence_ms
        self._provider_detects_turns = provider_detects_turns
        self._completion = TurnCompletion()
        self._phase: SpeechPhase = Quiet()
        self._coverage = Coverage()
        self._end_signal = EndSignal.NONE
        self._eager = EagerState.NONE
        self._recovery = Recovery()
        self._speech_end_ms = 0
        self._audio_end_ms = 0
        self._stopped_ms = 0
        self._last_word_end_ms: int | None = None
        self._finalize_after_ms: int | None = None

    @property
    def phase(self) -> SpeechPhase:
        """The phase of the caller's speech."""
        return self._phase

    def restore(self, *, has_final: bool, eager: bool, covered_ms: int) -> None:
        """After a takeover, set what the log records of the current turn."""
        self._coverage = Coverage(has_final=has_final, final_end_ms=covered_ms)
        self._eager = EagerState.ANNOUNCED if eager else EagerState.NONE
        self._speech_end_ms = self._audio_end_ms = covered_ms

    def set_completion(self, completion: TurnCompletion) -> None:
        """Set how long a pause may be after the current words; call this before passing on the words."""
        self._completion = completion

    def change_turn_detection(self, *, by_provider: bool) -> None:
        """From now on, another provider transcribes, which detects turns itself or does not."""
        if by_provider == self._provider_detects_turns:
            return
        self._provider_detects_turns = by_provider
        self._recovery = replace(self._recovery, carried=self._coverage.has_words)
        self._end_signal = EndSignal.NONE
        if isinstance(self._phase, Fading):
            self._phase = Speaking(self._phase.since_ms)

    def on_speech_started(self, at_ms: int) -> list[Decision]:
        """The detector reports speech from `at_ms`."""
        self._phase = Speaking(at_ms)
        self._end_signal = EndSignal.NONE
        provider_retracts = self._provider_detects_turns and not self._recovery.carried
        return [] if provider_retracts else self._retract_eager()

    def on_speech_stopped(self, at_ms: int) -> list[Decision]:
        """The detector reports that speech ended at `at_ms`."""
        self._phase = Quiet()
        self._speech_end_ms = at_ms
        return self._decide()

    def on_provider_lost(self) -> None:
        """The connection, or an attempt to replace it, failed; audio since the last final will be resent."""
        if self._recovery.link is not ProviderLink.LOST and isinstance(self._phase, AwaitingFinal):
            self._phase = Quiet()
        self._recovery = self._recovery.after_loss(has_words=self._coverage.has_words)
        self._coverage = self._coverage.after_loss()

    def on_provider_late(self) -> None:
        """An answer of the provider is overdue; another one may be used for the same audio."""
        self._recovery = replace(self._recovery, waits=True)

    def on_interim(self, text: str, end_ms: int) -> list[Decision]:
        """The provider sent an interim transcript of the audio up to `end_ms`."""
        has_text = bool(text.strip())
        self._update_link(end_ms)
        self._coverage = self._coverage.with_interim(end_ms, has_text=has_text)
        if not has_text:
            return []
        self._on_new_words()
        return self._announce_if_eager()

    def on_final(self, text: str, end_ms: int, *, speech_final: bool) -> list[Decision]:
        """The provider made the audio up to `end_ms` final, and may have detected a pause after it."""
        has_text = bool(text.strip())
        self._update_link(end_ms)
        self._coverage = self._coverage.with_final(end_ms, has_text=has_text)
        if has_text:
            self._on_new_words()
        if speech_final and self._coverage.has_final:
            self._end_signal |= EndSignal.SPEECH_FINAL
        return self._decide()

    def on_utterance_end(self, last_word_end_ms: int | None = None) -> list[Decision]:
        """The provider found a long gap after the last word, which ended at `last_word_end_ms` if known."""
        if self._coverage.has_interim:
            return [RequestFinalize()]
        if not self._coverage.has_final:
            return []
        self._end_signal |= EndSignal.UTTERANCE_END
        self._last_word_end_ms = last_word_end_ms
        return self._end_despite_noise() if isinstance(self._phase, Speaking) else self._decide()

    def on_provider_turn(self, event: ProviderTurnEvent, end_ms: int, *, has_text: bool) -> list[Decision]:
        """A provider that detects turns itself reported the state of a turn up to `end_ms`."""
        self._update_link(end_ms)
        if has_text:
            self._recovery = replace(self._recovery, carried=False)
        if event == "end":
            self._coverage = self._coverage.with_final(end_ms, has_text=has_text)
            return self._end_detected_turn()
        self._coverage = self._coverage.with_interim(end_ms, has_text=has_text)
        if event == "eager" and not self._completion.incomplete:
            self._eager = EagerState.ANNOUNCED
            return [EagerEndOfTurn()]
        return self._retract_eager() if event == "resumed" else []

    def on_audio(
        self,
        audio_end_ms: int,
        now_ms: int,
        *,
        paused: bool = False,
        speech_end_ms: int = 0,
        stopped_ms: int = 0,
        finalize_after_ms: int | None = None,
    ) -> list[Decision]:
        """The detector has processed the audio up to `audio_end_ms`; speech until `speech_end_ms` may fade.

        `stopped_ms` is silence after it on a line that sends no audio in silence, and `finalize_after_ms` is
        silence after which a final transcript is requested; None for no requests.
        """
        self._finalize_after_ms = finalize_after_ms
        self._audio_end_ms, self._stopped_ms = max(audio_end_ms, self._audio_end_ms), stopped_ms
        if self._provider_detects_turns:
            if self._recovery.carried:
                return self._end_carried_words(now_ms)
            return self._end_detected_turn() or self._finalize_if_stopped(now_ms)
        match self._phase:
            case Speaking(since_ms) if paused:
                self._phase = Fading(since_ms)
                self._speech_end_ms = speech_end_ms
                return self._decide()
            case Fading(since_ms) if not paused:
                return self.on_speech_started(since_ms)
            case Speaking() | Fading():
                return self._end_despite_noise()
            case _:
                return self._decide() or self._finalize_if_stopped(now_ms)

    @property
    def _is_quiet(self) -> bool:
        return isinstance(self._phase, Quiet | AwaitingFinal)

    @property
    def _current_silence_ms(self) -> int:
        return max(0, self._audio_end_ms + self._stopped_ms - self._speech_end_ms)

    @property
    def _is_pending(self) -> bool:
        return self._coverage.is_pending(self._speech_end_ms)

    def _update_link(self, end_ms: int) -> None:
        self._recovery = self._recovery.after_transcript(
            progress=self._coverage.is_progress(end_ms, self._speech_end_ms),
            reaches_end=self._coverage.reaches(end_ms, self._speech_end_ms),
        )

    def _on_new_words(self) -> None:
        self._eager = self._eager.with_new_words()
        self._end_signal = EndSignal.NONE

    def _decide(self) -> list[Decision]:
        """End the turn, announce its probable end, or neither; only while the caller is not speaking."""
        if self._provider_detects_turns or isinstance(self._phase, Speaking):
            return []
        if (
            self._coverage.has_final
            and not self._is_pending
            and self._current_silence_ms >= self._completion.min_silence_ms
        ):
            if self._completion.incomplete and self._is_quiet:
                return self._end("incomplete_turn_silence")
            if EndSignal.SPEECH_FINAL in self._end_signal:
                return self._end("speech_final")
            if EndSignal.UTTERANCE_END in self._end_signal:
                return self._end("utterance_end")
            if self._is_quiet and self._current_silence_ms >= self._silence_ms:
                return self._end("silence")
        return self._announce_if_eager()

    def _announce_if_eager(self) -> list[Decision]:
        """Announce a probable end once the words reach the end of speech; if incomplete, after silence."""
        if (
            self._provider_detects_turns
            or isinstance(self._phase, Speaking)
            or self._eager is EagerState.ANNOUNCED
        ):
            return []
        coverage = self._coverage
        if not coverage.has_words or coverage.words_end_ms < self._speech_end_ms:
            return []
        if self._current_silence_ms < self._completion.speculate_after_ms:
            return []
        self._eager = EagerState.ANNOUNCED
        return [EagerEndOfTurn()]

    def _end_detected_turn(self) -> list[Decision]:
        """End a turn that the provider has ended, unless its words show that the caller will continue."""
        if self._recovery.carried or not self._coverage.has_final or self._coverage.has_interim:
            return []
        if not self._completion.incomplete:
            return self._end("provider_turn")
        is_silent = self._is_quiet and self._current_silence_ms >= self._completion.min_silence_ms
        return self._end("incomplete_turn_silence") if is_silent else []

    def _end_carried_words(self, now_ms: int) -> list[Decision]:
        """End a turn whose words come from a lost connection, if the next one finds no words after them."""
        if not self._is_quiet:
            return []
        if self._is_pending:
            return self._finalize_if_overdue(now_ms)
        enough_ms = max(self._silence_ms, self._completion.min_silence_ms)
        return self._end("silence") if self._current_silence_ms >= enough_ms else []

    def _finalize_if_stopped(self, now_ms: int) -> list[Decision]:
        """Request a final transcript at once if no audio follows from which the provider could make one."""
        if self._provider_detects_turns and not self._stopped_ms:
            return []
        has_stopped = self._stopped_ms > 0 and self._is_quiet and self._coverage.has_interim
        if has_stopped and not isinstance(self._phase, AwaitingFinal):
            self._phase = AwaitingFinal(now_ms)
            return [RequestFinalize()]
        return self._finalize_if_overdue(now_ms)

    def _finalize_if_overdue(self, now_ms: int) -> list[Decision]:
        """Request an overdue final transcript; after a timeout, end the turn without it."""
        enough_ms = max(self._silence_ms, self._completion.min_silence_ms)
        may_be_speech = self._coverage.has_words
        if self._finalize_after_ms is not None:
            # Such a provider may not have sent even an interim transcript of a short word.
            enough_ms, may_be_speech = self._finalize_after_ms, True
        if not may_be_speech or not self._is_pending or self._current_silence_ms < enough_ms:
            return []
        if not isinstance(self._phase, AwaitingFinal):
            self._phase = AwaitingFinal(now_ms)
            return [RequestFinalize()]
        if self._recovery.link is ProviderLink.CATCHING_UP:
            self._phase = AwaitingFinal(now_ms)
            self._recovery = replace(self._recovery, link=ProviderLink.LIVE)
        whole = self._coverage.has_whole_speech(self._speech_end_ms)
        timeout_ms = self._recovery.final_timeout_ms(has_whole_speech=whole)
        return self._end("silence") if now_ms - self._phase.since_ms >= timeout_ms else []

    def _end_despite_noise(self) -> list[Decision]:
        """End the turn when the detector keeps reporting speech in which the provider finds no words."""
        if not isinstance(self._phase, Speaking | Fading) or EndSignal.UTTERANCE_END not in self._end_signal:
            return []
        is_noise = self._coverage.is_noise(
            self._phase.since_ms,
            self._audio_end_ms,
            last_word_end_ms=self._last_word_end_ms,
            patience_ms=self._completion.min_silence_ms,
        )
        return self._end("utterance_end") if is_noise else []

    def _retract_eager(self) -> list[Decision]:
        was_announced, self._eager = self._eager is not EagerState.NONE, EagerState.NONE
        return [ResumeTurn()] if was_announced else []

    def _end(self, decided_by: str) -> list[Decision]:
        self._coverage = self._coverage.next_turn()
        self._end_signal = EndSignal.NONE
        self._eager = EagerState.NONE
        self._recovery = replace(self._recovery, carried=False)
        self._completion = TurnCompletion()
        if isinstance(self._phase, AwaitingFinal):
            self._phase = Quiet()
        return [EndTurn(decided_by)]
