"""Has the caller finished? The vendor's word, the local voice detector and silence, combined.

No I/O, no clock: every method takes the call time and gives what to do. The vendor's word decides at once;
nothing waits for a timer of ours unless the vendor is silent.
"""

from dataclasses import dataclass

_GUESS_LIMIT_MS = 1500
"""A guess that the vendor does not make final this long after it should have is taken as it is."""


@dataclass(frozen=True, slots=True)
class EndTurn:
    """The caller has finished."""

    decided_by: str


@dataclass(frozen=True, slots=True)
class EagerEnd:
    """The caller has probably finished."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """The caller went on after all."""


@dataclass(frozen=True, slots=True)
class AskToFinalize:
    """The vendor shall make its guess final now."""


Decision = EndTurn | EagerEnd | GoOn | AskToFinalize


class Endpointing:
    """One turn after another of one caller."""

    def __init__(self, silence_ms: int) -> None:
        self._silence_ms = silence_ms
        self._speaking = False
        self._quiet_since_ms = 0
        self._has_final = False
        self._has_guess = False
        self._vendor_final = False
        self._eager = False
        self._asked = False

    def voice_started(self) -> list[Decision]:
        """The detector hears a voice."""
        self._speaking = True
        self._asked = False
        return self._take_back()

    def voice_stopped(self, at_ms: int) -> list[Decision]:
        """The detector hears none any more."""
        self._speaking = False
        self._quiet_since_ms = at_ms
        if self._vendor_final:
            return self._end("speech_final")
        return self._maybe_eager()

    def guessed(self, text: str) -> list[Decision]:
        """The vendor has a guess."""
        self._has_guess = bool(text.strip())
        if self._has_guess:
            self._vendor_final = False
        return []

    def fixed(self, text: str, *, speech_final: bool) -> list[Decision]:
        """The vendor has made a stretch final, and may think that the speech is over."""
        self._has_guess = False
        self._has_final = self._has_final or bool(text.strip())
        if not self._has_final:
            return []
        if speech_final:
            self._vendor_final = True
            return [] if self._speaking else self._end("speech_final")
        return self._maybe_eager()

    def utterance_ended(self) -> list[Decision]:
        """The vendor sees a long gap between words."""
        if not self._has_final or self._speaking:
            return []
        return self._end("utterance_end")

    def tick(self, now_ms: int) -> list[Decision]:
        """Time has passed: what silence alone decides."""
        if self._speaking or not (self._has_final or self._has_guess):
            return []
        silent_ms = now_ms - self._quiet_since_ms
        if self._has_final and not self._has_guess and silent_ms >= self._silence_ms:
            return self._end("silence")
        if self._has_guess and silent_ms >= self._silence_ms + _GUESS_LIMIT_MS:
            return self._end("silence")
        if self._has_guess and silent_ms >= self._silence_ms and not self._asked:
            self._asked = True
            return [AskToFinalize()]
        return []

    def recall(self, *, has_final: bool, quiet_since_ms: int) -> None:
        """After a takeover: whether the turn in hand has words already."""
        self._has_final = has_final
        self._quiet_since_ms = quiet_since_ms

    def _maybe_eager(self) -> list[Decision]:
        if self._speaking or self._eager or self._has_guess or not self._has_final:
            return []
        self._eager = True
        return [EagerEnd()]

    def _take_back(self) -> list[Decision]:
        self._vendor_final = False
        was_eager, self._eager = self._eager, False
        return [GoOn()] if was_eager else []

    def _end(self, decided_by: str) -> list[Decision]:
        self._has_final = self._has_guess = self._vendor_final = self._eager = self._asked = False
        return [EndTurn(decided_by)]
