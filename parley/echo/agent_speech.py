"""The agent's words of the last seconds, with the times at which they were played. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.echo.plain_words import plain_words
from parley.events.envelope import Body
from parley.v1 import playback_pb2, reply_pb2, synthesis_pb2

_QUESTION_END = re.compile("[?\u061f\uff1f]\\W*$")
_SENTENCE_END = re.compile("[.!?\u061f\uff1f\u3002\u0964]\\W*$")
_MAX_REPLIES = 8
_MAX_WORD_MS = 2000
_LETTER_MS = 65
"""Assumed time of a letter in a clause whose synthesis is not complete: 15 letters a second."""
_OPEN_END_MS = 3_600_000
"""End of a stretch that still plays."""


@dataclass(frozen=True, slots=True)
class PlayedWord:
    """A word of the agent; times are call time."""

    text: str
    """In plain letters."""
    start_ms: int
    end_ms: int
    in_question: bool


@dataclass(slots=True)
class _Stretch:
    """Audio of a reply that played without a pause."""

    from_ms: int
    """Position in the reply's audio."""
    at_ms: int
    """Call time of that position."""
    until_ms: int = _OPEN_END_MS
    """Position in the reply's audio."""


@dataclass(slots=True)
class _Reply:
    texts: dict[int, str] = field(default_factory=dict)
    """Text of each clause that is not synthesized yet."""
    words: list[tuple[str, int, int, bool]] = field(default_factory=list)
    """Text, start, end in the reply's audio (ms), and whether it belongs to a question."""
    stretches: list[_Stretch] = field(default_factory=list)

    @property
    def audio_ms(self) -> int:
        return self.timed_words[-1][2] if self.timed_words else 0

    @property
    def timed_words(self) -> list[tuple[str, int, int, bool]]:
        """All words; those of clauses that are not synthesized yet have assumed times.

        A clause is played as soon as its first audio arrives, and its echo may return before the last.
        """
        if not self.texts:
            return self.words
        found = list(self.words)
        for _, text in sorted(self.texts.items()):
            found += _assumed_words(text, found[-1][2] if found else 0)
        return found


class AgentSpeech:
    """The agent's played audio, from the events of the call's log."""

    def __init__(self) -> None:
        self._replies: dict[str, _Reply] = {}

    def apply(self, body: Body | None) -> None:
        """Apply an event; those that do not concern the agent's audio change nothing."""
        match body:
            case reply_pb2.ReplyClause():
                self._reply(body.reply_id).texts[body.clause] = body.text
            case synthesis_pb2.ClauseSynthesized():
                reply = self._reply(body.reply_id)
                reply.words += _words_of(body, reply.texts.pop(body.clause, ""))
            case playback_pb2.PlaybackStarted():
                stretch = _Stretch(body.from_sample // BYTES_PER_MS, body.at_ms)
                self._reply(body.reply_id).stretches.append(stretch)
            case playback_pb2.PlaybackProgressed():
                self._correct(body)
            case playback_pb2.PlaybackPaused() | playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
                self._stop(body.reply_id, body.played_samples // BYTES_PER_MS)
            case _:
                pass

    def words_between(self, from_ms: int, until_ms: int) -> list[PlayedWord]:
        """Return the words that began to play between two call times, in order."""
        found = [word for reply in self._replies.values() for word in _played(reply)]
        return sorted(
            (word for word in found if from_ms <= word.start_ms <= until_ms), key=lambda word: word.start_ms
        )

    def speaks_at(self, at_ms: int) -> bool:
        """Whether audio of the agent was playing at a call time."""
        return any(
            stretch.at_ms <= at_ms < stretch.at_ms + min(stretch.until_ms, reply.audio_ms) - stretch.from_ms
            for reply in self._replies.values()
            for stretch in reply.stretches
        )

    def _reply(self, reply_id: str) -> _Reply:
        if reply_id not in self._replies:
            self._replies[reply_id] = _Reply()
            while len(self._replies) > _MAX_REPLIES:
                del self._replies[next(iter(self._replies))]
        return self._replies[reply_id]

    def _correct(self, progressed: playback_pb2.PlaybackProgressed) -> None:
        reply = self._replies.get(progressed.reply_id)
        if reply is None or not reply.stretches:
            return
        stretch, played_ms = reply.stretches[-1], progressed.played_samples // BYTES_PER_MS
        # Later than assumed: Twilio played the audio with a delay.
        late_ms = progressed.at_ms - (stretch.at_ms + played_ms - stretch.from_ms)
        if played_ms > stretch.from_ms and late_ms > 0:
            stretch.at_ms += late_ms

    def _stop(self, reply_id: str, played_ms: int) -> None:
        reply = self._replies.get(reply_id)
        if reply is not None and reply.stretches:
            reply.stretches[-1].until_ms = min(reply.stretches[-1].until_ms, played_ms)


def _words_of(body: synthesis_pb2.ClauseSynthesized, text: str) -> Iterator[tuple[str, int, int, bool]]:
    timed = [(word.text, word.start_ms, word.end_ms) for word in body.words] or _spread(body, text)
    in_question = bool(_QUESTION_END.search(text))
    flags = []
    for word, _, _ in reversed(timed):
        if _SENTENCE_END.search(word):
            in_question = bool(_QUESTION_END.search(word))
        flags.append(in_question)
    for (word, start_ms, end_ms), flag in zip(timed, reversed(flags), strict=True):
        parts = plain_words(word)
        step_ms = min(max(1, end_ms - start_ms), _MAX_WORD_MS * len(parts)) / max(1, len(parts))
        for n, part in enumerate(parts):
            yield part, round(start_ms + n * step_ms), round(start_ms + (n + 1) * step_ms), flag


def _assumed_words(text: str, start_ms: int) -> Iterator[tuple[str, int, int, bool]]:
    in_question = bool(_QUESTION_END.search(text))
    at_ms = start_ms
    for word in text.split():
        end_ms = at_ms + (len(word) + 1) * _LETTER_MS
        yield from ((part, at_ms, end_ms, in_question) for part in plain_words(word))
        at_ms = end_ms


def _spread(body: synthesis_pb2.ClauseSynthesized, text: str) -> list[tuple[str, int, int]]:
    """Spread the words of a clause evenly, because the provider sent no word timings."""
    start_ms, end_ms = body.start_sample // BYTES_PER_MS, body.end_sample // BYTES_PER_MS
    words = text.split()
    step_ms = (end_ms - start_ms) / max(1, len(words))
    return [
        (word, round(start_ms + n * step_ms), round(start_ms + (n + 1) * step_ms))
        for n, word in enumerate(words)
    ]


def _played(reply: _Reply) -> Iterator[PlayedWord]:
    for stretch in reply.stretches:
        shift = stretch.at_ms - stretch.from_ms
        for text, start_ms, end_ms, in_question in reply.timed_words:
            if end_ms > stretch.from_ms and start_ms < stretch.until_ms:
                yield PlayedWord(text, start_ms + shift, end_ms + shift, in_question)
