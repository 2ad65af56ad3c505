"""Has the caller finished? The provider's word, the local voice detector and silence, combined.

No I/O, no clock: every method is told the times it needs and gives what to do. The provider's word decides at
once, unless what was said shows that more is to come; nothing else waits for a timer of ours.
"""

from dataclasses import dataclass

from parley.providers.stt import ProviderTurnEvent
from services.stt.turn_completion import TurnCompletion

_GRACE_MS = 1500
"""A provider that does not make its guess final this long after it was asked is not waited for."""
_LOST_MS = 6000
"""One that was lost on the way is waited for so long: half a sentence is no turn."""
_COVERED_MS = 200
"""The provider's and our detector's idea of a voice's end differ by less than this."""
_WORDLESS_MS = 1000
"""A voice that has gone on this long after the last word is a street or a television."""


@dataclass(frozen=True, slots=True)
class EndTurn:
    """The turn is over."""

    decided_by: str
    """"speech_final", "utterance_end", "silence", "incomplete_turn_silence", "flux"."""


@dataclass(frozen=True, slots=True)
class EagerEndOfTurn:
    """The turn is probably over, with the words that are known now."""


@dataclass(frozen=True, slots=True)
class ResumeTurn:
    """It is not after all."""


@dataclass(frozen=True, slots=True)
class RequestFinalize:
    """The provider sits on a guess; ask it to make it final."""


Decision = EndTurn | EagerEndOfTurn | ResumeTurn | RequestFinalize


class Endpointing:
    """One turn after another of one caller."""

    def __init__(self, silence_ms: int, *, provider_decides: bool = False) -> None:
        self._silence_ms = silence_ms
        self._provider_decides = provider_decides
        self._patience = TurnCompletion()
        self._speaking = False
        self._paused = False
        self._voice_since_ms = 0
        self._quiet_since_ms = 0
        self._sound_ms = 0
        self._covered_ms = 0
        self._guessed_ms = 0
        self._has_final = False
        self._has_guess = False
        self._provider_final = False
        self._utterance_over = False
        self._eager = False
        self._words_new = False
        self._asked_at_ms: int | None = None
        self._lost = False
        self._catches_up = False

    def restore(self, *, has_final: bool, eager: bool, covered_ms: int) -> None:
        """After a takeover: what is known of the turn in hand."""
        self._has_final = has_final
        self._eager = eager
        self._covered_ms = self._quiet_since_ms = self._sound_ms = covered_ms

    def set_completion(self, completion: TurnCompletion) -> None:
        """How long a pause may be, by the words so far; told before the words are."""
        self._patience = completion

    def on_speech_started(self, at_ms: int) -> list[Decision]:
        """The detector hears a voice."""
        self._speaking = True
        self._voice_since_ms = at_ms
        return self._voice_goes_on()

    def on_speech_stopped(self, at_ms: int) -> list[Decision]:
        """The detector hears none any more."""
        self._speaking = self._paused = False
        self._quiet_since_ms = at_ms
        return self._after_words()

    def on_provider_lost(self) -> None:
        """All that is not final will be sent to the next one; told again for each try that fails."""
        if not self._lost:
            self._asked_at_ms = None
        self._lost = True
        self._guessed_ms = self._covered_ms

    def _provider_speaks(self, until_ms: int) -> None:
        self._lost = False
        before_ms = max(self._guessed_ms, self._covered_ms)
        self._catches_up = before_ms < until_ms < self._quiet_since_ms - _COVERED_MS

    def on_interim(self, text: str, until_ms: int) -> list[Decision]:
        """The provider has a guess, of the sound up to `until_ms`."""
        self._provider_speaks(until_ms)
        self._has_guess = bool(text.strip())
        self._guessed_ms = until_ms
        if not self._has_guess:
            return []
        self._words_new = True
        self._provider_final = self._utterance_over = False
        return self._maybe_eager()

    def on_final(self, text: str, until_ms: int, *, speech_final: bool) -> list[Decision]:
        """The provider has made the sound up to `until_ms` final, and may think that the speech is over."""
        self._provider_speaks(until_ms)
        self._has_guess = False
        self._covered_ms = max(until_ms, self._covered_ms)
        if text.strip():
            self._has_final = self._words_new = True
            self._provider_final = self._utterance_over = False
        if speech_final:
            self._provider_final = self._has_final
        return self._after_words()

    def on_utterance_end(self) -> list[Decision]:
        """The provider sees a long gap between words; it does so in noise too."""
        if self._has_guess:
            return [RequestFinalize()]
        if not self._has_final:
            return []
        self._utterance_over = True
        return self._after_words() if self._quiet else self._end_despite_noise()

    def on_provider_turn(self, event: ProviderTurnEvent) -> list[Decision]:
        """The word of a provider that decides on turns itself."""
        match event:
            case "end":
                return self._end("flux")
            case "eager":
                self._eager = True
                return [EagerEndOfTurn()]
            case "resumed":
                return self._take_back()
            case _:
                return []

    def on_audio(
        self, audio_end_ms: int, now_ms: int, *, paused: bool = False, speech_end_ms: int = 0
    ) -> list[Decision]:
        """Sound up to `sound_ms` was heard, and it is `now_ms`; `paused`: the voice has faded."""
        self._sound_ms = max(audio_end_ms, self._sound_ms)
        if self._provider_decides:
            return []
        if self._speaking and paused != self._paused:
            self._paused = paused
            if not paused:
                return self._voice_goes_on()
            self._quiet_since_ms = speech_end_ms
            return self._after_words()
        if self._speaking:
            return self._end_despite_noise()
        return self._after_words() or self._nudge_provider(now_ms)

    @property
    def _quiet(self) -> bool:
        return not self._speaking or self._paused

    @property
    def _silent_ms(self) -> int:
        return max(0, self._sound_ms - self._quiet_since_ms)

    @property
    def _pending(self) -> bool:
        """Whether there is voice of which the provider has not said its last word."""
        return self._has_guess or self._covered_ms < self._quiet_since_ms - _COVERED_MS

    def _after_words(self) -> list[Decision]:
        if self._provider_decides or not self._quiet:
            return []
        if self._has_final and not self._pending and self._silent_ms >= self._patience.min_silence_ms:
            if self._patience.incomplete and not self._speaking:
                return self._end("incomplete_turn_silence")
            if self._provider_final:
                return self._end("speech_final")
            if self._utterance_over:
                return self._end("utterance_end")
            if not self._speaking and self._silent_ms >= self._silence_ms:
                return self._end("silence")
        return self._maybe_eager()

    def _maybe_eager(self) -> list[Decision]:
        """On words that reach to the voice's end; on those that sound unfinished, after a silence."""
        if self._provider_decides or not self._quiet or (self._eager and not self._words_new):
            return []
        reaches_ms = max(self._covered_ms, self._guessed_ms if self._has_guess else 0)
        whole = (self._has_guess or self._has_final) and reaches_ms >= self._quiet_since_ms
        if not whole or (self._patience.incomplete and self._silent_ms < self._silence_ms):
            return []
        self._eager, self._words_new = True, False
        return [EagerEndOfTurn()]

    def _nudge_provider(self, now_ms: int) -> list[Decision]:
        """A provider that keeps its last word to itself is asked for it, then no longer waited for."""
        enough_ms = max(self._silence_ms, self._patience.min_silence_ms)
        if not (self._has_final or self._has_guess) or not self._pending or self._silent_ms < enough_ms:
            return []
        if self._asked_at_ms is None:
            self._asked_at_ms = now_ms
            return [RequestFinalize()]
        if self._catches_up:
            self._asked_at_ms, self._catches_up = now_ms, False
        patience_ms = _LOST_MS if self._lost else _GRACE_MS
        return self._end("silence") if now_ms - self._asked_at_ms >= patience_ms else []

    def _end_despite_noise(self) -> list[Decision]:
        wordless = self._sound_ms - self._voice_since_ms >= _WORDLESS_MS
        return self._end("utterance_end") if self._utterance_over and wordless else []

    def _voice_goes_on(self) -> list[Decision]:
        self._paused = False
        self._asked_at_ms = None
        self._provider_final = self._utterance_over = False
        return [] if self._provider_decides else self._take_back()

    def _take_back(self) -> list[Decision]:
        was_eager, self._eager = self._eager, False
        return [ResumeTurn()] if was_eager else []

    def _end(self, decided_by: str) -> list[Decision]:
        self._has_final = self._has_guess = self._eager = self._words_new = False
        self._provider_final = self._utterance_over = False
        self._patience = TurnCompletion()
        self._asked_at_ms = None
        return [EndTurn(decided_by)]
