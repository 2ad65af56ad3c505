"""Converts Deepgram's messages to transcription events. No I/O.

Deepgram's times count the audio of one connection; `ProviderClock` converts them to call time.
"""

from typing import Any

import structlog

from parley.errors import ProviderUnavailable
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    KeepAlive,
    ProviderTurn,
    ProviderTurnEvent,
    SttEvent,
    UtteranceEnd,
    Word,
)
from parley.providers.untrusted import clean_text, finite_number
from services.stt.provider_clock import ProviderClock

log = structlog.get_logger()

PROVIDER = "deepgram"
MAX_TEXT_CHARS = 20_000
"""Length of one transcript; 20 minutes of speech."""
MAX_WORDS = 4000
_MAX_WORD_CHARS = 200
_MAX_S = 86_400.0
_MAX_LANGUAGES = 10
_MAX_TURNS = 10**9
_FLUX_EVENTS: dict[str, ProviderTurnEvent] = {
    "Update": "update",
    "StartOfTurn": "start",
    "EagerEndOfTurn": "eager",
    "TurnResumed": "resumed",
    "EndOfTurn": "end",
}


class MessageReader:
    """Converts the messages of one connection, in the form in which the SDK parses them."""

    def __init__(self, clock: ProviderClock, connection_id: str, *, flux: bool) -> None:
        self._clock = clock
        self._connection_id = connection_id
        self._flux = flux

    def read(self, message: Any) -> SttEvent | None:
        """Convert a message to an event; None for one that cannot be used.

        Raises:
            ProviderUnavailable: Deepgram reports an error.
        """
        try:
            return self._read_flux(message) if self._flux else self._read_nova(message)
        except ProviderUnavailable:
            raise
        except Exception as error:
            # The SDK does not validate what it parses: any field may be missing or of any type.
            log.warning("provider_message_ignored", provider=PROVIDER, error=type(error).__name__)
            return None

    def _read_nova(self, message: Any) -> SttEvent | None:
        match getattr(message, "type", None):
            case "Results":
                return self._read_results(message)
            case "UtteranceEnd":
                return UtteranceEnd(self._utterance_end_ms(message))
            case "Error":
                raise _reported_error(getattr(message, "description", None))
            case str():
                return KeepAlive()
            case _:
                return None

    def _read_results(self, message: Any) -> SttEvent | None:
        alternatives = getattr(getattr(message, "channel", None), "alternatives", None)
        if not isinstance(alternatives, list | tuple) or not alternatives:
            return None
        best = alternatives[0]
        start_s, duration_s = _seconds(message, "start"), _seconds(message, "duration")
        if start_s is None and duration_s is None:
            return None
        end_ms = self._to_call_ms((start_s or 0.0) + (duration_s or 0.0))
        text = _text(getattr(best, "transcript", None))
        words = self._words(best, end_ms)
        languages = _languages(best)
        if getattr(message, "is_final", None) is not True:
            return InterimTranscript(text, words, end_ms, languages)
        speech_final = getattr(message, "speech_final", None) is True
        return FinalTranscript(text, words, end_ms, speech_final, languages)

    def _read_flux(self, message: Any) -> SttEvent | None:
        match getattr(message, "type", None):
            case "TurnInfo":
                return self._read_turn(message)
            case "Error":
                raise _reported_error(getattr(message, "code", None))
            case str():
                return KeepAlive()
            case _:
                return None

    def _read_turn(self, message: Any) -> SttEvent | None:
        name, turn = getattr(message, "event", None), getattr(message, "turn_index", None)
        event = _FLUX_EVENTS.get(name) if isinstance(name, str) else None
        if event is None or isinstance(turn, bool) or not isinstance(turn, int | str):
            return None
        end_ms = self._to_call_ms(_seconds(message, "audio_window_end") or 0.0)
        number = turn if isinstance(turn, str) or abs(turn) < _MAX_TURNS else 0
        return ProviderTurn(
            text=_text(getattr(message, "transcript", None)),
            words=self._words(message, end_ms),
            end_ms=end_ms,
            event=event,
            provider_turn=clean_text(f"{self._connection_id}-{number}", _MAX_WORD_CHARS),
            languages=_languages(message),
        )

    def _to_call_ms(self, provider_s: float) -> int:
        return self._clock.to_call_ms(provider_s * 1000)

    def _utterance_end_ms(self, message: Any) -> int | None:
        """Return the call time; Deepgram sends -1 if it does not know it."""
        last_word_end_s = finite_number(getattr(message, "last_word_end", None), -1.0, _MAX_S)
        if last_word_end_s is None or last_word_end_s < 0:
            return None
        return self._to_call_ms(last_word_end_s)

    def _words(self, parent: Any, default_ms: int) -> tuple[Word, ...]:
        """Return words with call times; Flux may omit the times, which are then set to `default_ms`."""
        words = getattr(parent, "words", None)
        if not isinstance(words, list | tuple):
            return ()
        return tuple(
            self._word(word, text, default_ms) for word in words[:MAX_WORDS] if (text := _word_text(word))
        )

    def _word(self, word: Any, text: str, default_ms: int) -> Word:
        start_s, end_s = _seconds(word, "start"), _seconds(word, "end")
        start_ms = default_ms if start_s is None else self._to_call_ms(start_s)
        end_ms = default_ms if end_s is None else self._to_call_ms(end_s)
        confidence = finite_number(getattr(word, "confidence", None), 0.0, 1.0) or 0.0
        return Word(text, start_ms, max(start_ms, end_ms), confidence)


def _seconds(message: Any, name: str) -> float | None:
    return finite_number(getattr(message, name, None), 0.0, _MAX_S)


def _text(value: Any) -> str:
    return clean_text(value, MAX_TEXT_CHARS) if isinstance(value, str) else ""


def _languages(parent: Any) -> tuple[str, ...]:
    """The languages that a multilingual model has detected, that of the most words first; else empty."""
    listed = getattr(parent, "languages", None)
    if not isinstance(listed, list | tuple):
        return ()
    return tuple(clean_text(tag, _MAX_WORD_CHARS) for tag in listed[:_MAX_LANGUAGES] if isinstance(tag, str))


def _word_text(word: Any) -> str:
    texts = (getattr(word, name, None) for name in ("punctuated_word", "word"))
    text = next((text for text in texts if isinstance(text, str) and text), "")
    return clean_text(text, _MAX_WORD_CHARS)


def _reported_error(detail: Any) -> ProviderUnavailable:
    return ProviderUnavailable(PROVIDER, f"error: {_text(detail)[:_MAX_WORD_CHARS]}")
