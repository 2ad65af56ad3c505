"""The phrases that are recognized in a call. No I/O, no clock."""

from dataclasses import dataclass

from services.brain.phrases.phrase_lists import Phrases, phrases_for


@dataclass(frozen=True, slots=True)
class PhraseChoice:
    """The language of the caller's phrases, and those that the agent file adds."""

    language: str = "en"
    backchannels: tuple[str, ...] = ()
    hold_phrases: tuple[str, ...] = ()

    @property
    def phrases(self) -> Phrases:
        """The phrases by which backchannels and requests to wait are recognized."""
        return phrases_for(self.language, self.backchannels, self.hold_phrases)
