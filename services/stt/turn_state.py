"""States that decide when a turn ends: the phase of the caller's speech and the provider's progress. Pure."""

from dataclasses import dataclass, replace
from enum import Enum, Flag, auto

_TOLERANCE_MS = 200
"""The provider and the local detector differ by less than this about where speech ends."""

_NOISE_MS = 1000
"""Speech in which the provider has found no word for this long is noise, such as traffic or a television."""
_UNTRANSCRIBED_NOISE_MS = 3000
"""The same if the provider has sent nothing about it; a healthy one may need 2 s for the first words."""

_FINAL_TIMEOUT_MS = 1500
_FINAL_TIMEOUT_AFTER_LOSS_MS = 6000
"""Opening a new connection takes time, and half a sentence is not a turn."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """The detector reports speech."""

    since_ms: int
    """Call time of its start."""


@dataclass(frozen=True, slots=True)
class Fading:
    """The detector still reports speech, but its level has dropped: it may have ended."""

    since_ms: int
    """Call time of the start of the speech."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """The detector reports no speech."""


@dataclass(frozen=True, slots=True)
class AwaitingFinal:
    """The detector reports no speech, and a final transcript was requested from the provider."""

    since_ms: int
    """Call time of the request, or of the provider's latest progress since."""


SpeechPhase = Speaking | Fading | Quiet | AwaitingFinal


class EndSignal(Flag):
    """Signals of the provider about the end of the current words."""

    NONE = 0
    SPEECH_FINAL = auto()
    """Deepgram's `speech_final`: a pause follows them."""
    UTTERANCE_END = auto()
    """Deepgram's `UtteranceEnd`: a long gap follows the last word; detected in noise too."""


class EagerState(Enum):
    """Whether a probable end of the turn has been announced."""

    NONE = auto()
    ANNOUNCED = auto()
    OUTDATED = auto()
    """Announced, but the words have changed since."""

    def with_new_words(self) -> "EagerState":
        """The state after the transcript has changed."""
        return EagerState.NONE if self is EagerState.NONE else EagerState.OUTDATED


class ProviderLink(Enum):
    """Whether transcripts can be expected soon."""

    LIVE = auto()
    CATCHING_UP = auto()
    """The latest transcript made progress, but ends before the speech does."""
    LOST = auto()
    """The connection failed, and no transcript has arrived since."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How far the transcription of the current turn has recovered from lost connections."""

    link: ProviderLink = ProviderLink.LIVE
    waits: bool = False
    """Whether no transcript since a loss, or since a provider was late, has reached the end of the speech."""
    carried: bool = False
    """Whether the turn has words of a lost connection: no signal of the next provider refers to them."""

    def final_timeout_ms(self, *, has_whole_speech: bool) -> int:
        """Time after a finalize request after which the turn ends even without a final transcript.

        If the interim transcript has only a part of the speech, a provider that hangs is replaced first.
        """
        return _FINAL_TIMEOUT_MS if has_whole_speech and not self.waits else _FINAL_TIMEOUT_AFTER_LOSS_MS

    def after_loss(self, *, has_words: bool) -> "Recovery":
        """The state after a lost connection, or an attempt to replace it that failed."""
        return Recovery(ProviderLink.LOST, waits=True, carried=has_words)

    def after_transcript(self, *, progress: bool, reaches_end: bool) -> "Recovery":
        """The state after a transcript; see `Coverage.is_progress` and `Coverage.reaches`."""
        link = ProviderLink.CATCHING_UP if progress else ProviderLink.LIVE
        return replace(self, link=link, waits=self.waits and not reaches_end)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much audio the transcripts of the current turn account for; times are call times."""

    has_final: bool = False
    has_interim: bool = False
    final_end_ms: int = 0
    interim_end_ms: int = 0

    @property
    def has_words(self) -> bool:
        """Whether the turn has any words yet."""
        return self.has_final or self.has_interim

    @property
    def words_end_ms(self) -> int:
        """The end of the audio that the current words cover."""
        return max(self.final_end_ms, self.interim_end_ms if self.has_interim else 0)

    @property
    def transcribed_ms(self) -> int:
        """The end of the audio for which the provider has sent a transcript, with words or without."""
        return max(self.final_end_ms, self.interim_end_ms)

    def is_pending(self, speech_end_ms: int) -> bool:
        """Whether a final transcript of the speech is still to come."""
        return self.has_interim or self.final_end_ms < speech_end_ms - _TOLERANCE_MS

    def is_noise(
        self, since_ms: int, audio_end_ms: int, *, last_word_end_ms: int | None, patience_ms: int
    ) -> bool:
        """Whether speech from `since_ms` on is noise; the provider has reported a gap after the last word."""
        noise_ms = max(_NOISE_MS, patience_ms)
        if last_word_end_ms is not None and since_ms <= last_word_end_ms:
            # The noise follows the last word without a pause, and the provider has found the gap in it.
            return audio_end_ms - since_ms >= noise_ms
        # It may be the next words, of which the provider has not sent any.
        since_ms = max(since_ms, self.final_end_ms)
        return self.transcribed_ms - since_ms >= noise_ms or audio_end_ms - since_ms >= max(
            _UNTRANSCRIBED_NOISE_MS, patience_ms
        )

    def has_whole_speech(self, speech_end_ms: int) -> bool:
        """Whether the transcripts cover the whole speech."""
        return self.reaches(self.transcribed_ms, speech_end_ms)

    @staticmethod
    def reaches(end_ms: int, speech_end_ms: int) -> bool:
        """Whether a transcript up to `end_ms` covers the whole speech."""
        return end_ms >= speech_end_ms - _TOLERANCE_MS

    def is_progress(self, end_ms: int, speech_end_ms: int) -> bool:
        """Whether a transcript up to `end_ms` advances but does not reach the end of the speech."""
        is_later = max(self.interim_end_ms, self.final_end_ms) < end_ms
        return is_later and not self.reaches(end_ms, speech_end_ms)

    def with_interim(self, end_ms: int, *, has_text: bool) -> "Coverage":
        """The coverage after an interim transcript."""
        return replace(self, has_interim=has_text, interim_end_ms=end_ms)

    def with_final(self, end_ms: int, *, has_text: bool) -> "Coverage":
        """The coverage after a final transcript."""
        return replace(
            self,
            has_interim=False,
            has_final=self.has_final or has_text,
            final_end_ms=max(end_ms, self.final_end_ms),
        )

    def after_loss(self) -> "Coverage":
        """The coverage after a lost connection: audio since the last final will be resent."""
        return replace(self, interim_end_ms=self.final_end_ms)

    def next_turn(self) -> "Coverage":
        """The coverage of a turn without words, at the same place in the audio."""
        return replace(self, has_final=False, has_interim=False)
