"""Deepgram's live transcription through its SDK: Nova (`/v1/listen`) and Flux (`/v2/listen`).

Mu-law at 8 kHz goes to it as it is. Its times count the sound of one socket; `SocketClock` knows which call
times these are.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import structlog
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from websockets.exceptions import ConnectionClosed, WebSocketException

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.registry import ProviderContext, ProviderPlugin
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
from parley.settings import read_settings
from services.stt.provider_clock import ProviderClock
from services.stt.settings import SttSettings

log = structlog.get_logger()

_PROVIDER = "deepgram"
_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 1.0
_REFUSED = (400, 401, 402, 403, 404)
_PADDING = SILENCE * 640
"""80 ms. Nova closes a socket that is kept alive but never had any sound; Flux knows no message that keeps
it."""
_FLUX_EVENTS: dict[str, ProviderTurnEvent] = {
    "Update": "update",
    "StartOfTurn": "start",
    "EagerEndOfTurn": "eager",
    "TurnResumed": "resumed",
    "EndOfTurn": "end",
}


def is_flux(config: SttConfig) -> bool:
    """Whether the model decides itself when a turn ends."""
    return config.model.startswith("flux")


def new_client(settings: SttSettings) -> AsyncDeepgramClient:
    """A client for all calls of a process."""
    key = settings.deepgram_api_key.get_secret_value() or "missing"
    environment = _environment(settings.deepgram_url.rstrip("/"))
    client = AsyncDeepgramClient(api_key=key, environment=environment)
    # The SDK imports both at their first use, some 30 ms each, which would otherwise fall into a call.
    _ = client.listen.v1, client.listen.v2
    return client


def _environment(base: str) -> DeepgramClientEnvironment:
    if not base:
        return DeepgramClientEnvironment.PRODUCTION
    base = base.replace("ws", "http", 1) if base.startswith("ws") else base
    socket = base.replace("http", "ws", 1)
    return DeepgramClientEnvironment(base=base, production=socket, agent=socket, agent_rest=base)


class DeepgramConnection:
    """One socket: a Connection."""

    def __init__(self, socket: Any, *, flux: bool) -> None:
        self._socket = socket
        self._flux = flux
        self._clock = ProviderClock()
        self._name = uuid.uuid4().hex[:8]

    async def send(self, mulaw: bytes, at_ms: int) -> None:
        """Sound of the call. Never an empty message: that would end the stream."""
        if not mulaw:
            return
        self._clock.audio_sent(len(mulaw), at_ms)
        await _with_timeout(self._socket.send_media(mulaw))

    async def finalize(self) -> None:
        """Make the guess final now."""
        if self._flux:
            await _with_timeout(self._socket.send_force_end_turn())
        else:
            await _with_timeout(self._socket.send_finalize())

    async def keep_alive(self) -> None:
        """The call goes on, though silent."""
        if not self._flux:
            await _with_timeout(self._socket.send_keep_alive())
        if self._flux or not self._clock.started:
            self._clock.padding_sent(len(_PADDING))
            await _with_timeout(self._socket.send_media(_PADDING))

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Long-lived: tell what is heard until the socket is lost, then raise."""
        try:
            async for message in self._socket:
                item = self._read(message)
                if item is not None:
                    await on_event(item)
        except ConnectionClosed as closed:
            raise ProviderUnavailable(_PROVIDER, _close_reason(closed)) from None
        except ValueError as error:
            raise ProviderUnavailable(_PROVIDER, f"sent what is no JSON: {type(error).__name__}") from None
        raise ProviderUnavailable(_PROVIDER, "the socket was closed")

    def _read(self, message: Any) -> SttEvent | None:
        try:
            return self._read_flux(message) if self._flux else self._read_nova(message)
        except (AttributeError, TypeError, ValueError) as error:
            # The SDK does not check what it parses: what is missing shows itself here.
            log.warning("transcriber's message passed over", provider=_PROVIDER, error=type(error).__name__)
            return None

    def _read_nova(self, message: Any) -> SttEvent | None:
        match getattr(message, "type", None):
            case "Results":
                return self._results(message)
            case "UtteranceEnd":
                return UtteranceEnd()
            case "Error":
                raise ProviderUnavailable(_PROVIDER, f"error: {getattr(message, 'description', '')}")
            case None:
                return None
            case _:
                return KeepAlive()

    def _results(self, message: Any) -> SttEvent | None:
        alternatives = getattr(getattr(message, "channel", None), "alternatives", None)
        if not alternatives:
            return None
        best = alternatives[0]
        text = best.transcript or ""
        words = self._words(best.words or ())
        until_ms = self._call_time(message.start + message.duration)
        if not message.is_final:
            return InterimTranscript(text, words, until_ms)
        return FinalTranscript(text, words, until_ms, bool(message.speech_final))

    def _read_flux(self, message: Any) -> SttEvent | None:
        match getattr(message, "type", None):
            case "TurnInfo":
                event = _FLUX_EVENTS.get(str(message.event))
                if event is None:
                    return None
                return ProviderTurn(
                    text=message.transcript or "",
                    words=self._words(message.words or (), message.audio_window_end),
                    end_ms=self._call_time(message.audio_window_end),
                    event=event,
                    provider_turn=f"{self._name}-{message.turn_index}",
                )
            case "Error":
                raise ProviderUnavailable(_PROVIDER, f"error: {getattr(message, 'code', '')}")
            case None:
                return None
            case _:
                return KeepAlive()

    def _call_time(self, provider_s: float | None) -> int:
        return self._clock.to_call_ms((provider_s or 0) * 1000)

    def _words(self, words: Sequence[Any], otherwise_s: float | None = None) -> tuple[Word, ...]:
        """Flux need not tell when a word was said; then it is known to be no later than `otherwise_s`."""
        return tuple(
            Word(
                text=getattr(word, "punctuated_word", None) or word.word,
                start_ms=self._call_time(_or_default(getattr(word, "start", None), otherwise_s)),
                end_ms=self._call_time(_or_default(getattr(word, "end", None), otherwise_s)),
                confidence=float(word.confidence or 0),
            )
            for word in words
        )


def _or_default(time_s: float | None, otherwise_s: float | None) -> float | None:
    return otherwise_s if time_s is None else time_s


@asynccontextmanager
async def open_connection(
    client: AsyncDeepgramClient, config: SttConfig, call_sid: str, timeout_s: float
) -> AsyncIterator[DeepgramConnection]:
    """A socket for one call.

    Raises:
        ProviderError: refused, busy, late or broken.
    """
    flux = is_flux(config)
    opening = _open_flux(client, config, call_sid) if flux else _open_nova(client, config, call_sid)
    try:
        async with asyncio.timeout(timeout_s):
            socket = await opening.__aenter__()
    except TimeoutError:
        raise ProviderTimeout(_PROVIDER, f"no socket within {timeout_s:g} s") from None
    except ApiError as error:
        raise _refusal(error) from error
    except (OSError, WebSocketException) as error:
        raise ProviderUnavailable(_PROVIDER, f"no socket: {type(error).__name__}") from error
    try:
        yield DeepgramConnection(socket, flux=flux)
    except (ProviderError, BaseExceptionGroup):
        _abort(socket)
        raise
    finally:
        await _close(opening, socket)


def _open_nova(client: AsyncDeepgramClient, hearing: SttConfig, call_sid: str) -> Any:
    return client.listen.v1.connect(
        model=hearing.model,
        language=hearing.language,
        encoding="mulaw",
        sample_rate=8000,
        channels=1,
        interim_results=True,
        endpointing=hearing.endpointing_ms,
        utterance_end_ms=hearing.utterance_end_ms,
        vad_events=True,
        smart_format=True,
        tag=call_sid,
        **_keyterms(hearing),
    )


def _keyterms(hearing: SttConfig) -> dict[str, Any]:
    """Names and words to expect, as the model takes them: Nova-3 and Flux phrases, older ones words."""
    if not hearing.keyterms:
        return {}
    newer = hearing.model.startswith("nova-3") or is_flux(hearing)
    return {"keyterm" if newer else "keywords": list(hearing.keyterms)}


def _open_flux(client: AsyncDeepgramClient, hearing: SttConfig, call_sid: str) -> Any:
    return client.listen.v2.connect(
        model=hearing.model,
        encoding="mulaw",
        sample_rate=8000,
        eager_eot_threshold=0.5,
        tag=call_sid,
        **_keyterms(hearing),
    )


async def _close(opening: Any, socket: Any) -> None:
    """Politely, but not for long: a half-dead socket must not hold the call."""
    try:
        async with asyncio.timeout(1):
            await socket.send_close_stream()
    except (TimeoutError, OSError, WebSocketException):
        pass
    # Not by a time limit: a socket that is being closed swallows the cancellation, and waits for long.
    closing = asyncio.ensure_future(opening.__aexit__(None, None, None))
    await asyncio.wait([closing], timeout=_CLOSE_TIMEOUT_S)
    if not closing.done():
        _abort(socket)
    with suppress(OSError, WebSocketException):
        await closing


def _abort(socket: Any) -> None:
    """Let go of a socket without a word: of one that is half dead not even its end comes."""
    transport = getattr(socket._websocket, "transport", None)  # noqa: SLF001 - the SDK has no other way
    if transport is not None:
        transport.abort()


async def _with_timeout(sending: Awaitable[Any]) -> None:
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await sending
    except TimeoutError:
        raise ProviderTimeout(_PROVIDER, f"takes no sound for {_SEND_TIMEOUT_S:g} s") from None
    except ConnectionClosed as closed:
        raise ProviderUnavailable(_PROVIDER, _close_reason(closed)) from None
    except (OSError, WebSocketException) as error:
        raise ProviderUnavailable(_PROVIDER, f"socket: {type(error).__name__}") from None


def _close_reason(closed: ConnectionClosed) -> str:
    frame = closed.rcvd
    return f"closed: {frame.code} {frame.reason[:100]}" if frame else "the socket was lost"


def _refusal(error: ApiError) -> ProviderError:
    # The SDK hides the provider's words; the handshake that it came from has them in a header.
    headers = getattr(error.__context__, "headers", None) or {}
    words = headers.get("dg-error") if hasattr(headers, "get") else None
    status = error.status_code or 0
    reason = f"HTTP {status}" + (f": {words}" if words else "")
    if status == 429:
        return ProviderRateLimited(_PROVIDER, reason)
    if status in _REFUSED:
        hint = ": check DEEPGRAM_API_KEY" if status in (401, 403) else ""
        return ProviderRejected(_PROVIDER, reason + hint)
    return ProviderUnavailable(_PROVIDER, reason)


class DeepgramProvider:
    """Deepgram's client for all calls of a process."""

    def __init__(self, settings: SttSettings) -> None:
        self._client = new_client(settings)
        self._timeout_s = settings.stt_connect_timeout_s

    def detects_turns(self, config: SttConfig) -> bool:
        """Whether it is a Flux model."""
        return is_flux(config)

    def connect(self, config: SttConfig, call_sid: str) -> AbstractAsyncContextManager[DeepgramConnection]:
        """Open a WebSocket for one call."""
        return open_connection(self._client, config, call_sid, self._timeout_s)


@asynccontextmanager
async def _open(_context: ProviderContext) -> AsyncIterator[DeepgramProvider]:
    yield DeepgramProvider(read_settings(SttSettings))


PLUGIN = ProviderPlugin(_open)
"""Entry point `deepgram`."""
