"""Converts AssemblyAI's messages to transcription events. No I/O.

Messages and their order: https://www.assemblyai.com/docs/streaming/message-sequence
"""

import math
from collections.abc import Mapping
from typing import Any

from parley.providers.stt import KeepAlive, ProviderTurn, ProviderTurnEvent, SttEvent, Word
from parley.providers.untrusted import clean_text, finite_number
from services.stt.provider_clock import ProviderClock
from services.stt.providers.assemblyai.errors import message_error

MAX_TEXT_CHARS = 20_000
MAX_WORDS = 4000
_MAX_WORD_CHARS = 200
_MAX_TAG_CHARS = 20
_MAX_MS = 86_400_000.0
_MAX_TURNS = 10**9
_TAIL_MS = 200
"""The audio of an ended turn reaches this far beyond its last word, which may end a little later."""


class MessageReader:
    """Converts the messages of one connection."""

    def __init__(self, clock: ProviderClock, connection_id: str, *, waits_for_format: bool) -> None:
        """Create a reader; with `waits_for_format` a turn ends with its formatted text."""
        self._clock = clock
        self._connection_id = connection_id
        self._waits_for_format = waits_for_format
        self._turn = -1
        self._eager_text = ""
        self._unformatted: ProviderTurn | None = None

    @property
    def awaits_format(self) -> bool:
        """Whether a turn has ended whose formatted text is still to come."""
        return self._unformatted is not None

    def read(self, message: Mapping[str, Any]) -> list[SttEvent]:
        """Convert a message to events.

        Raises:
            ProviderError: AssemblyAI reports an error.
        """
        if error := message_error(message):
            raise error
        turn = message.get("turn_order")
        if message.get("type") != "Turn" or isinstance(turn, bool) or not isinstance(turn, int):
            return [KeepAlive()]
        number = turn if abs(turn) < _MAX_TURNS else 0
        released = self.release() if number != self._turn else []
        return [*released, *self._read_turn(message, number)]

    def release(self) -> list[SttEvent]:
        """End the turn whose formatted text has not arrived, with the text that it has."""
        ended, self._unformatted = self._unformatted, None
        return [ended] if ended else []

    def _read_turn(self, message: Mapping[str, Any], number: int) -> list[SttEvent]:
        words = self._words(message.get("words"))
        text = _text(message.get("transcript"))
        if message.get("end_of_turn") is True:
            return self._end(message, number, text, words)
        text = _with_open_words(text, message.get("words"))
        is_new, self._turn = number != self._turn, number
        if not text and not is_new:
            return [KeepAlive()]
        event: ProviderTurnEvent = "start" if is_new else "update"
        if _text(message.get("utterance")):
            event, self._eager_text = "eager", text
        elif self._eager_text and text != self._eager_text:
            event, self._eager_text = "resumed", ""
        return [self._provider_turn(message, number, text, words, event)]

    def _end(
        self, message: Mapping[str, Any], number: int, text: str, words: tuple[Word, ...]
    ) -> list[SttEvent]:
        self._turn, self._eager_text = number, ""
        ended = self._provider_turn(message, number, text, words, "end")
        if self._waits_for_format and message.get("turn_is_formatted") is not True:
            self._unformatted = ended
            # The words will not change, only their form: an answer can be prepared.
            return [self._provider_turn(message, number, text, words, "eager")]
        self._unformatted = None
        return [ended]

    def _provider_turn(
        self,
        message: Mapping[str, Any],
        number: int,
        text: str,
        words: tuple[Word, ...],
        event: ProviderTurnEvent,
    ) -> ProviderTurn:
        language = _text(message.get("language_code"))[:_MAX_TAG_CHARS]
        return ProviderTurn(
            text=text,
            words=words,
            end_ms=self._end_ms(words),
            event=event,
            provider_turn=f"{self._connection_id}-{number}",
            languages=(language,) if language else (),
        )

    def _end_ms(self, words: tuple[Word, ...]) -> int:
        sent_ms = round(self._clock.end_ms)
        return min(sent_ms, words[-1].end_ms + _TAIL_MS) if words else sent_ms

    def _words(self, words: object) -> tuple[Word, ...]:
        if not isinstance(words, list):
            return ()
        return tuple(
            self._word(word, text)
            for word in words[:MAX_WORDS]
            if isinstance(word, Mapping) and (text := _text(word.get("text"))[:_MAX_WORD_CHARS])
        )

    def _word(self, word: Mapping[str, Any], text: str) -> Word:
        start_ms, end_ms = self._time(word.get("start")), self._time(word.get("end"))
        confidence = finite_number(word.get("confidence"), 0.0, 1.0) or 0.0
        return Word(text, start_ms, max(start_ms, end_ms), confidence)

    def _time(self, provider_ms: object) -> int:
        value = finite_number(provider_ms, 0.0, _MAX_MS)
        return self._clock.to_call_ms(math.inf if value is None else value)


def _with_open_words(text: str, words: object) -> str:
    """The transcript, which has final words only, with the words after them."""
    if not isinstance(words, list):
        return text
    tail: list[str] = []
    for word in reversed(words[:MAX_WORDS]):
        if not isinstance(word, Mapping) or word.get("word_is_final") is not False:
            break
        tail.append(_text(word.get("text"))[:_MAX_WORD_CHARS])
    opened = [word for word in reversed(tail) if word]
    # Some models repeat the words that are not final in the transcript.
    repeats = text.split()[-len(opened) :] == opened if opened else True
    return text if repeats else " ".join((text, *opened)).strip()


def _text(value: object) -> str:
    return clean_text(value, MAX_TEXT_CHARS).strip() if isinstance(value, str) else ""
