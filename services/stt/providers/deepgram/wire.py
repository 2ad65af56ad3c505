"""Converts Deepgram's messages to transcription events. No I/O.

Deepgram's times count the audio of one connection; `ProviderClock` converts them to call time.
"""

from collections.abc import Sequence
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
from services.stt.provider_clock import ProviderClock

log = structlog.get_logger()

PROVIDER = "deepgram"
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
        except (AttributeError, TypeError, ValueError) as error:
            # The SDK does not validate what it parses: a missing field is detected only here.
            log.warning("provider_message_ignored", provider=PROVIDER, error=type(error).__name__)
            return None

    def _read_nova(self, message: Any) -> SttEvent | None:
        match getattr(message, "type", None):
            case "Results":
                return self._read_results(message)
            case "UtteranceEnd":
                return UtteranceEnd(self._utterance_end_ms(getattr(message, "last_word_end", None)))
            case "Error":
                raise ProviderUnavailable(PROVIDER, f"error: {getattr(message, 'description', '')}")
            case None:
                return None
            case _:
                return KeepAlive()

    def _read_results(self, message: Any) -> SttEvent | None:
        alternatives = getattr(getattr(message, "channel", None), "alternatives", None)
        if not alternatives:
            return None
        best = alternatives[0]
        text = best.transcript or ""
        words = self._words(best.words or ())
        end_ms = self._to_call_ms(message.start + message.duration)
        if not message.is_final:
            return InterimTranscript(text, words, end_ms)
        return FinalTranscript(text, words, end_ms, bool(message.speech_final))

    def _read_flux(self, message: Any) -> SttEvent | None:
        match getattr(message, "type", None):
            case "TurnInfo":
                event = _FLUX_EVENTS.get(str(message.event))
                if event is None:
                    return None
                return ProviderTurn(
                    text=message.transcript or "",
                    words=self._words(message.words or (), message.audio_window_end),
                    end_ms=self._to_call_ms(message.audio_window_end),
                    event=event,
                    provider_turn=f"{self._connection_id}-{message.turn_index}",
                )
            case "Error":
                raise ProviderUnavailable(PROVIDER, f"error: {getattr(message, 'code', '')}")
            case None:
                return None
            case _:
                return KeepAlive()

    def _to_call_ms(self, provider_s: float | None) -> int:
        return self._clock.to_call_ms((provider_s or 0) * 1000)

    def _utterance_end_ms(self, last_word_end_s: float | None) -> int | None:
        """Return the call time; Deepgram sends -1 if it does not know it."""
        if last_word_end_s is None or last_word_end_s < 0:
            return None
        return self._to_call_ms(last_word_end_s)

    def _words(self, words: Sequence[Any], default_s: float | None = None) -> tuple[Word, ...]:
        """Return words with call times; Flux may omit the times, which are then set to `default_s`."""
        return tuple(
            Word(
                text=getattr(word, "punctuated_word", None) or word.word,
                start_ms=self._to_call_ms(_or_default(getattr(word, "start", None), default_s)),
                end_ms=self._to_call_ms(_or_default(getattr(word, "end", None), default_s)),
                confidence=float(word.confidence or 0),
            )
            for word in words
        )


def _or_default(time_s: float | None, default_s: float | None) -> float | None:
    return default_s if time_s is None else time_s
