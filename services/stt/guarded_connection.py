"""A provider's connection that can fail only with ProviderError, and whose events can be stored.

A provider takes audio in the format that its plugin declares; it is converted here, once.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from parley.agent_config import SttConfig
from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.errors import ProviderUnavailable
from parley.providers.provider_code import guarded_context, provider_code, provider_failure
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    ProviderTurn,
    SttConnection,
    SttEvent,
    SttProvider,
    UtteranceEnd,
    Word,
)
from parley.providers.untrusted import clean_text, finite_number
from services.stt.converted_audio import ConvertedAudio

MAX_TEXT_CHARS = 20_000
"""Length of one transcript; 20 minutes of speech."""
MAX_WORDS = 4000
_MAX_WORD_CHARS = 200
_MAX_MS = 1e12
_MAX_LANGUAGES = 10
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


@asynccontextmanager
async def guarded_connection(
    provider: SttProvider, config: SttConfig, call_sid: str, audio_format: AudioFormat = MULAW_8K
) -> AsyncIterator["GuardedConnection"]:
    """Open a connection of any provider, which takes audio in a format.

    Raises:
        ProviderError: it does not open.
    """
    with provider_code(config.provider):
        opening = provider.connect(config, call_sid)
    async with guarded_context(config.provider, opening) as connection:
        yield GuardedConnection(config.provider, connection, audio_format)


class GuardedConnection:
    """An SttConnection around the connection of any provider."""

    def __init__(
        self, provider: str, connection: SttConnection, audio_format: AudioFormat = MULAW_8K
    ) -> None:
        self._provider = provider
        self._connection = connection
        conversion = converter(MULAW_8K, audio_format)
        self._converted = None if conversion is None else ConvertedAudio(conversion)

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Send mu-law at 8 kHz that begins at call time `at_ms`; see `SttConnection`."""
        with provider_code(self._provider):
            if self._converted is None:
                await self._connection.send(audio, at_ms)
                return
            for piece, piece_ms in self._converted.add(audio, at_ms):
                await self._connection.send(piece, piece_ms)

    async def finalize(self) -> None:
        """Request a final transcript of the audio sent so far, or the end of the turn."""
        with provider_code(self._provider):
            if self._converted is not None:
                for piece, piece_ms in self._converted.flush():
                    await self._connection.send(piece, piece_ms)
            await self._connection.finalize()

    async def keep_alive(self) -> None:
        """Keep the connection open while no audio arrives."""
        with provider_code(self._provider):
            await self._connection.keep_alive()

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Deliver events until the connection is lost, then raise ProviderError.

        An exception of `on_event` is raised unchanged.
        """
        own: list[Exception] = []

        async def receive(event: SttEvent) -> None:
            event = clean_event(event)
            try:
                await on_event(event)
            except Exception as error:
                # The stage's own fault must not look like the provider's.
                own.append(error)
                raise

        try:
            await self._connection.run(receive)
        except Exception as error:
            # Third-party providers may raise anything.
            if own:
                raise own[0] from None
            failure = provider_failure(self._provider, error)
            if failure is error:
                raise
            raise failure from error
        raise ProviderUnavailable(self._provider, "the connection has ended")


def clean_event(event: SttEvent) -> SttEvent:
    """Return the event with finite, positive times and bounded texts that can be stored."""
    match event:
        case InterimTranscript() | FinalTranscript():
            return replace(
                event,
                text=_text(event.text),
                words=_words(event),
                end_ms=_time(event.end_ms),
                languages=_tags(event.languages),
            )
        case ProviderTurn():
            return replace(
                event,
                text=_text(event.text),
                words=_words(event),
                end_ms=_time(event.end_ms),
                provider_turn=clean_text(event.provider_turn, _MAX_WORD_CHARS),
                languages=_tags(event.languages),
            )
        case UtteranceEnd(last_word_end_ms=end_ms):
            return event if end_ms is None else UtteranceEnd(_time(end_ms))
        case _:
            return event


def _words(event: InterimTranscript | FinalTranscript | ProviderTurn) -> tuple[Word, ...]:
    return tuple(_word(word) for word in event.words[:MAX_WORDS])


def _word(word: Word) -> Word:
    start_ms = _time(word.start_ms)
    return Word(
        text=clean_text(word.text, _MAX_WORD_CHARS),
        start_ms=start_ms,
        end_ms=max(start_ms, _time(word.end_ms)),
        confidence=finite_number(word.confidence, 0.0, 1.0) or 0.0,
    )


def _text(text: str) -> str:
    return clean_text(text, MAX_TEXT_CHARS)


def _tags(languages: Sequence[str]) -> tuple[str, ...]:
    # Third-party providers may report anything.
    tags = (tag for tag in languages if isinstance(tag, str) and _LANGUAGE_TAG.fullmatch(tag))
    return tuple(dict.fromkeys(tags))[:_MAX_LANGUAGES]


def _time(ms: float) -> int:
    return round(finite_number(ms, 0.0, _MAX_MS) or 0.0)
