"""Converts Scribe's messages to transcription events. No I/O.

A commit is answered twice: by the text alone, then by the text with the times of its words and its language.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive, SttEvent, UtteranceEnd, Word
from parley.providers.untrusted import clean_text, finite_number
from services.stt.provider_clock import ProviderClock
from services.stt.providers.elevenlabs.errors import message_error

MAX_TEXT_CHARS = 20_000
MAX_WORDS = 4000
_MAX_WORD_CHARS = 200
_MAX_TAG_CHARS = 20
_MAX_S = 86_400.0
_PARTIAL_LAG_MS = 200
"""A partial transcript has no times; it covers the audio up to about this long before it arrives."""
_MAX_ANSWER_MS = 3000
"""A commit that is not answered within so much further audio was ignored."""
_MAX_COMMITS = 16


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that was sent and not yet answered."""

    end_ms: int
    """Call time of the end of the committed audio."""
    after_gap: bool = False
    """Whether it was sent because no new words arrived, not because of a pause."""


class MessageReader:
    """Converts the messages of one connection."""

    def __init__(self, clock: ProviderClock, *, silence_ms: int, commits_itself: bool) -> None:
        """Create a reader.

        Args:
            clock: the audio sent on the connection.
            silence_ms: silence after which the provider commits.
            commits_itself: whether the provider's voice activity detection commits.
        """
        self._clock = clock
        self._silence_ms = silence_ms
        self._commits_itself = commits_itself
        self._commits: deque[Commit] = deque(maxlen=_MAX_COMMITS)
        self._awaiting_times = ""
        self._released: deque[str] = deque(maxlen=_MAX_COMMITS)
        """Texts that were returned without their times, which may still arrive."""
        self.partial_text = ""
        """The text after the last commit."""

    @property
    def holds_text(self) -> bool:
        """Whether the times of a committed text are still to come."""
        return bool(self._awaiting_times)

    @property
    def commit_pending(self) -> bool:
        """Whether a commit was sent whose answer may still arrive."""
        while self._commits and self._clock.end_ms - self._commits[0].end_ms > _MAX_ANSWER_MS:
            self._commits.popleft()
        return bool(self._commits)

    def committed(self, *, after_gap: bool = False) -> None:
        """Record that a commit was sent after all audio so far."""
        self._commits.append(Commit(round(self._clock.end_ms), after_gap))

    def read(self, message: Mapping[str, Any]) -> list[SttEvent]:
        """Convert a message to events.

        Raises:
            ProviderError: ElevenLabs reports an error.
        """
        text = _text(message.get("text"))
        match message.get("message_type"):
            case "partial_transcript":
                released = self.release()
                self.partial_text = text
                end_ms = max(0, round(self._clock.end_ms) - _PARTIAL_LAG_MS)
                return [*released, InterimTranscript(text, (), end_ms)]
            case "committed_transcript":
                released = self.release()
                if text:
                    self._awaiting_times = text
                    return [*released, KeepAlive()]
                return [*released, *self._final("", (), ())]
            case "committed_transcript_with_timestamps":
                if not text and not self._awaiting_times:
                    # The text alone has been answered already.
                    return [KeepAlive()]
                if text in self._released:
                    # Its times are late: the text has been returned without them.
                    self._released.remove(text)
                    return [KeepAlive()]
                self._awaiting_times = ""
                language = _text(message.get("language_code"))[:_MAX_TAG_CHARS]
                languages = (language,) if language else ()
                return self._final(text, self._words(message.get("words")), languages)
            case "commit_throttled":
                if self._commits:
                    self._commits.pop()
                return [KeepAlive()]
            case _:
                if error := message_error(message):
                    raise error
                return [KeepAlive()]

    def release(self) -> list[SttEvent]:
        """Return the text that still waits for its times, without them."""
        text, self._awaiting_times = self._awaiting_times, ""
        if not text:
            return []
        self._released.append(text)
        return self._final(text, (), ())

    def _final(self, text: str, words: tuple[Word, ...], languages: tuple[str, ...]) -> list[SttEvent]:
        self.partial_text = ""
        commit = self._commits.popleft() if self._commits else None
        last_word_end_ms = words[-1].end_ms if words else None
        end_ms = commit.end_ms if commit else self._own_commit_end_ms(last_word_end_ms)
        after_gap = commit is not None and commit.after_gap
        is_pause = self._commits_itself or (commit is not None and not after_gap)
        final = FinalTranscript(text, words, end_ms, is_pause, languages)
        return [final, UtteranceEnd(last_word_end_ms)] if after_gap else [final]

    def _own_commit_end_ms(self, last_word_end_ms: int | None) -> int:
        """The end of the audio that the provider has committed by itself."""
        sent_ms = round(self._clock.end_ms)
        if last_word_end_ms is None:
            return max(0, sent_ms - _PARTIAL_LAG_MS)
        return min(last_word_end_ms + self._silence_ms, max(sent_ms, last_word_end_ms))

    def _words(self, words: object) -> tuple[Word, ...]:
        if not isinstance(words, list):
            return ()
        found: list[Word] = []
        for word in words[: 2 * MAX_WORDS]:
            if not isinstance(word, Mapping) or word.get("type") == "spacing":
                continue
            text = clean_text(str(word.get("text") or ""), _MAX_WORD_CHARS).strip()
            if text:
                found.append(self._word(text, word))
        return tuple(found[:MAX_WORDS])

    def _word(self, text: str, word: Mapping[str, Any]) -> Word:
        start_ms, end_ms = self._time(word.get("start")), self._time(word.get("end"))
        log_probability = finite_number(word.get("logprob"), -100.0, 0.0)
        confidence = math.exp(log_probability) if log_probability is not None else 0.0
        return Word(text, start_ms, max(start_ms, end_ms), confidence)

    def _time(self, seconds: object) -> int:
        return self._clock.to_call_ms((finite_number(seconds, 0.0, _MAX_S) or 0.0) * 1000)


def _text(value: object) -> str:
    return clean_text(value, MAX_TEXT_CHARS).strip() if isinstance(value, str) else ""
