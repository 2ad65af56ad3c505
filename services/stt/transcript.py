"""The transcript of the current turn, from interim and final transcripts. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from parley.providers.stt import Word
from services.stt.turn_languages import TurnLanguages
from services.stt.turn_state import Coverage

_MAX_TURN_CHARS = 50_000
"""An hour of speech; an event with more of it might exceed the bus's limit. Further text is ignored."""

_TAIL_MS = 200
"""The end of the last word that an interim transcript may not have covered."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one turn so far."""

    turn: int = 1
    final_text: str = ""
    interim_text: str = ""
    words: tuple[Word, ...] = ()
    """Final words; with providers that send whole turns, the current turn's too."""
    final_words: int = 0
    """The number of final words."""
    final_end_ms: int = 0
    """Call time of the end of the audio that has a final transcript."""
    interim_start_ms: int = 0
    """Call time of the first word of the interim transcript."""
    interim_end_ms: int = 0
    """Call time of the end of the audio of the interim transcript."""
    closed_until_ms: int = 0
    """Call time before which all words belong to ended turns, even if the provider sends them later."""

    languages: TurnLanguages = field(default_factory=TurnLanguages)
    """The languages that the provider has detected in the turn."""

    @property
    def text(self) -> str:
        """The final text, then the interim text."""
        return " ".join(part for part in (self.final_text, self.interim_text) if part)

    @property
    def end_ms(self) -> int:
        """The call time of the end of the audio that `text` covers."""
        return max(self.final_end_ms, self.interim_end_ms if self.interim_text else 0)

    def is_pending(self, speech_end_ms: int) -> bool:
        """Whether speech that ended then, or an interim word, has no final transcript yet."""
        return bool(self.interim_text) or not Coverage.reaches(self.final_end_ms, speech_end_ms)

    def with_interim(
        self, text: str, words: Sequence[Word] = (), end_ms: int = 0, languages: Sequence[str] = ()
    ) -> "Transcript":
        """Replace the interim text."""
        text, words = self._after_closed_turns(text, words)
        start_ms = words[0].start_ms if words else self.final_end_ms
        return replace(
            self,
            interim_text=text[: self._chars_left],
            interim_start_ms=start_ms,
            interim_end_ms=end_ms,
            languages=self.languages.with_latest(languages if text else ()),
        )

    def with_final(
        self, text: str, words: Sequence[Word], end_ms: int, languages: Sequence[str] = ()
    ) -> "Transcript":
        """Append a final transcript; it replaces the interim text."""
        text, words = self._after_closed_turns(text, words)
        if len(text) > self._chars_left:
            text, words = "", ()
        final = " ".join(part for part in (self.final_text, text) if part)
        return replace(
            self,
            final_text=final,
            interim_text="",
            words=(*self.words, *words),
            final_words=len(self.words) + len(words),
            final_end_ms=max(end_ms, self.final_end_ms),
            languages=self.languages.with_final(languages if text else (), max(1, len(words))),
        )

    def may_end_at(self, last_word_end_ms: int | None) -> bool:
        """Whether the turn can end with a word that ended then; None if the provider does not know when.

        A provider may report the end of an utterance when the next words have already begun.
        """
        if self.interim_text:
            return last_word_end_ms is not None and last_word_end_ms > self.interim_start_ms
        if last_word_end_ms is None or not self.words:
            return True
        return last_word_end_ms > self.words[-1].start_ms

    def replace_turn(
        self, text: str, words: Sequence[Word], end_ms: int, languages: Sequence[str] = ()
    ) -> "Transcript":
        """Replace the words after the final ones, for providers that send whole turns.

        Final words are those of earlier turns of the provider, after which the caller was not finished.
        """
        return replace(
            self,
            interim_text=text.strip()[: self._chars_left],
            words=(*self.words[: self.final_words], *words),
            interim_end_ms=end_ms,
            languages=self.languages.with_latest(languages),
        )

    def finalize(self) -> "Transcript":
        """Make the whole text final."""
        return replace(
            self,
            final_text=self.text,
            interim_text="",
            final_end_ms=self.end_ms,
            final_words=len(self.words),
            languages=self.languages.with_final(self.languages.latest, len(self.words) - self.final_words),
        )

    def after_loss(self) -> "Transcript":
        """Forget the times of the words that are not final: their audio will be transcribed again."""
        return replace(self, words=self.words[: self.final_words])

    def next_turn(self, speech_end_ms: int = 0) -> "Transcript":
        """Return the empty transcript of the next turn, after the end of the last turn's speech."""
        end_ms = self.end_ms
        if end_ms < speech_end_ms <= end_ms + _TAIL_MS:
            # Another provider may transcribe the last word later, if this one has no final transcript of it.
            end_ms = speech_end_ms
        return Transcript(turn=self.turn + 1, final_end_ms=end_ms, closed_until_ms=end_ms)

    @property
    def _chars_left(self) -> int:
        return max(0, _MAX_TURN_CHARS - len(self.final_text))

    def _after_closed_turns(self, text: str, words: Sequence[Word]) -> tuple[str, tuple[Word, ...]]:
        """Drop words of ended turns: a turn may end on an interim transcript; its final one comes later."""
        current = tuple(word for word in words if word.start_ms + word.end_ms >= 2 * self.closed_until_ms)
        if len(current) == len(words):
            return text.strip(), current
        return " ".join(word.text for word in current), current
