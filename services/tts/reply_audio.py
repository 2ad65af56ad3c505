"""Tracks one reply's audio: what to publish at which sample, and which clauses are complete. No I/O."""

from copy import copy
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.providers.tts import AudioChunk
from parley.v1.synthesis_pb2 import ClauseSynthesized
from services.tts.alignment import clause_word_timings
from services.tts.clause_alignment import Clause, ClauseAlignment
from services.tts.plausibility import audible_ms, can_contain, is_audible
from services.tts.spoken_text.normalizer import SpokenText
from services.tts.voice_switch import Interruption, interruption

_MAX_PAUSE_MS = 500
"""A breath between clauses is not longer; more audio without timings is speech."""
_MAX_SILENCE_S = 30
"""Silence at the beginning of a clause after which its words are not waited for."""


@dataclass(slots=True)
class ReplyAudio:
    """The audio of one reply, across all attempts.

    An attempt begins at the first clause that is not complete. What an earlier attempt published of that
    clause is not published again: as many samples of the new audio are skipped. Silence at the beginning of a
    clause is published with the first word: the voice may send nothing else, and another one replace it.

    A clause is complete when the provider marks its end, or when all its characters have timings and audio
    has arrived up to the end of the last one. This needs no pause after the clause, and holds for several
    clauses in one stream. In any case, the audio must be long enough to contain the text.
    """

    reply_id: str
    next_clause: int = 0
    """The first clause that is not complete."""
    start_sample: int = 0
    """Sample at which that clause begins."""
    published: int = 0
    """Samples of the reply returned for publishing."""
    input_ended: bool = False
    """Whether this attempt has sent all text."""
    _received: int = 0
    """Samples of the reply that this attempt has reached."""
    _audio: bytearray = field(default_factory=bytearray)
    """The attempt's audio from the start of that clause on."""
    _alignment: ClauseAlignment = field(init=False)
    _texts: list[tuple[str, SpokenText]] = field(default_factory=list)
    """The clauses of the alignment in the words of the model, and the spoken ones."""
    _silent_clause: bool = False
    """Whether a clause has ended without enough audio."""
    _has_audio: bool = False
    _audible: bool = False
    """Whether the audio of that clause has begun to be audible."""
    _audio_since_text: bool = False

    def __post_init__(self) -> None:
        self._alignment = ClauseAlignment(self._audible_ms)

    @property
    def interruption(self) -> Interruption | None:
        """The place at which the last attempt stopped within a clause; None if it is unknown."""
        clauses = self._alignment.clauses
        if not clauses or not clauses[0].letters:
            return None
        return interruption(clauses[0].text, clauses[0].characters, self.start_sample, self.published)

    @property
    def clause_text(self) -> str:
        """The first clause that is not complete, in the form that was sent."""
        return self._alignment.clauses[0].text if self._alignment.clauses else ""

    @property
    def within_clause(self) -> bool:
        """Whether this attempt has received audible audio of a clause that is not complete."""
        return self._audible and bool(self._alignment.clauses)

    @property
    def awaits_first_word(self) -> bool:
        """Whether text was sent, and nothing audible has arrived since the last complete clause."""
        return not self._audible and any(clause.letters for clause in self._alignment.clauses)

    def fork(self) -> "ReplyAudio":
        """Return a copy for another attempt, which must begin with `start_attempt`."""
        return copy(self)

    def start_attempt(self) -> None:
        """Begin at the first clause that is not complete."""
        published = self._audio[: self.published - self.start_sample]
        clauses = self._alignment.clauses
        audible = audible_ms(published)
        in_pause = self._alignment.has_timings and bool(clauses) and not clauses[0].characters
        if (in_pause and audible <= _MAX_PAUSE_MS) or (published and not audible):
            # The samples published after the last complete clause were silence.
            self.start_sample = self.published
        self._received = self.start_sample
        self.published = max(self.published, self.start_sample)
        self._alignment = ClauseAlignment(self._audible_ms)
        # A copy may use the old ones.
        self._audio, self._texts = bytearray(), []
        self._has_audio = self._audio_since_text = self.input_ended = False
        self._audible = self._silent_clause = False

    def text_sent(self, text: str, spoken: SpokenText | None = None) -> None:
        """Record that the next clause was sent to the provider, as `spoken` if that is not its own text.

        A clause with nothing to speak is not sent; it is complete as soon as those before it are.
        """
        spoken = spoken or SpokenText.unchanged(text)
        self._texts.append((text, spoken))
        self._alignment.clauses.append(Clause.of(spoken.text))
        self._audio_since_text = self._audio_since_text and not spoken.text

    @property
    def awaiting_alignment(self) -> bool:
        """Whether letters of the sent text have no timing yet."""
        return self._alignment.awaiting_timings

    @property
    def has_alignment(self) -> bool:
        """Whether this attempt has received timings."""
        return self._alignment.has_timings

    @property
    def has_audio(self) -> bool:
        """Whether this attempt has received audio."""
        return self._has_audio

    @property
    def awaiting_provider(self) -> bool:
        """Whether output must arrive soon.

        A provider that sends audio without alignment may have sent all it can until the input ends.
        """
        if self.input_ended:
            return True
        return self.awaiting_alignment and (self.has_alignment or not self._audio_since_text)

    @property
    def fully_aligned(self) -> bool:
        """Whether, by the alignment, only the provider's end of stream is missing."""
        if not self.input_ended:
            return False
        return not any(c.missing or (c.end_sample or 0) > self._received for c in self._alignment.clauses)

    @property
    def lost_letters(self) -> int:
        """Number of letters that this attempt can no longer receive, because later text has been spoken."""
        if self._silent_clause:
            return len(self._alignment.clauses[0].letters)
        return self._alignment.skipped_letters

    @property
    def unspoken_letters(self) -> int:
        """Number of letters of the sent text that the received audio does not contain."""
        return self.lost_letters or self._alignment.unspoken_letters(self.start_sample, self._received)

    def audio_received(self, chunk: AudioChunk) -> tuple[int, bytes]:
        """Add a received chunk; returns the sample to publish at, and the part not yet published."""
        begin = self._received
        self._received += len(chunk.audio)
        self._audio += chunk.audio
        if chunk.audio:
            self._has_audio = self._audio_since_text = True
            self._audible = self._audible or is_audible(chunk.audio)
        if chunk.char_timings:
            self._alignment.add(chunk.char_timings, begin, self._received)
        if chunk.ends_clause:
            self._alignment.end_clause(self._received)
        if self.awaits_first_word:
            self._silent_clause = (
                self._silent_clause or len(self._audio) > _MAX_SILENCE_S * 1000 * BYTES_PER_MS
            )
            return self.published, b""
        return (self.published, b"") if self.lost_letters else self._unpublished()

    def take_completed(self) -> list[ClauseSynthesized]:
        """The clauses completed since the last call."""
        done: list[ClauseSynthesized] = []
        clauses = self._alignment.clauses
        while clauses and (end := clauses[0].end_sample) is not None and end <= self._received:
            if not can_contain(len(clauses[0].letters), self._audio[: end - self.start_sample]):
                self._silent_clause = clauses[0].end_certain
                break
            done.append(self._complete(max(end, self.start_sample)))
        return done

    def finish(self) -> list[ClauseSynthesized]:
        """Complete the remaining clauses at the end of the stream; its audio is split by their length."""
        done = self.take_completed()
        clauses = self._alignment.clauses
        while clauses:
            share = len(clauses[0].text) / max(1, sum(len(c.text) for c in clauses))
            length = round((self._received - self.start_sample) * share)
            done.append(self._complete(self.start_sample + length))
        return done

    def _audible_ms(self, begin: int, end: int) -> float:
        return audible_ms(self._audio[max(0, begin - self.start_sample) : max(0, end - self.start_sample)])

    def _unpublished(self) -> tuple[int, bytes]:
        offset = max(self.start_sample, self.published)
        fresh = bytes(self._audio[offset - self.start_sample :])
        if fresh:
            self.published = offset + len(fresh)
        return offset, fresh

    def _complete(self, end: int) -> ClauseSynthesized:
        clause = self._alignment.pop()
        text, spoken = self._texts.pop(0)
        del self._audio[: max(0, end - self.start_sample)]
        self._audible = is_audible(self._audio)
        if clause.letters and end < self.published and self._received < self.published:
            # This attempt is shorter than the part of the clause that an earlier one published.
            self._received += self.published - end
            end = self.published
        end = max(end, self.start_sample)
        words = clause_word_timings(
            text,
            spoken,
            tuple(clause.characters),
            self.start_sample / BYTES_PER_MS,
            end / BYTES_PER_MS,
        )
        synthesized = ClauseSynthesized(
            reply_id=self.reply_id,
            clause=self.next_clause,
            start_sample=self.start_sample,
            end_sample=end,
            words=words,
        )
        self.next_clause += 1
        self.start_sample = end
        return synthesized
