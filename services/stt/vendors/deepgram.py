"""Deepgram's live transcription through its SDK: Nova (`/v1/listen`) and Flux (`/v2/listen`).

Mu-law at 8 kHz goes to it as it is. Its times count the sound of one socket, so the first
sound on each tells from which call time that is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from websockets.exceptions import ConnectionClosed, WebSocketException

from parley.agent import Hearing
from parley.errors import VendorBroken, VendorBusy, VendorError, VendorLate, VendorRefused
from services.stt.settings import SttSettings
from services.stt.transcript import HeardWord
from services.stt.vendors import Fixed, Guess, Heard, TurnHeard, UtteranceEnded

_VENDOR = "deepgram"
_SEND_TIMEOUT_S = 2.0
_REFUSED = (400, 401, 402, 403, 404)
_FLUX_EVENTS = {
    "Update": "update",
    "StartOfTurn": "start",
    "EagerEndOfTurn": "eager",
    "TurnResumed": "resumed",
    "EndOfTurn": "end",
}


def is_flux(hearing: Hearing) -> bool:
    """Whether the model decides itself when a turn ends."""
    return hearing.model.startswith("flux")


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
    socket = base.replace("http", "ws", 1)
    return DeepgramClientEnvironment(base=base, production=socket, agent=socket, agent_rest=base)


class DeepgramConnection:
    """One socket: a Connection."""

    def __init__(self, socket: Any, *, flux: bool) -> None:
        self._socket = socket
        self._flux = flux
        self._begins_at_ms: int | None = None

    async def send(self, mulaw: bytes, at_ms: int) -> None:
        """Sound that follows on what was sent before; the first tells what the vendor's zero is."""
        if not mulaw:
            return
        if self._begins_at_ms is None:
            self._begins_at_ms = at_ms
        await _in_time(self._socket.send_media(mulaw))

    async def finalize(self) -> None:
        """Make the guess final now."""
        if not self._flux:
            await _in_time(self._socket.send_finalize())

    async def keep_alive(self) -> None:
        """The call goes on, though silent. Flux has no such message; its socket is kept by pings."""
        if not self._flux:
            await _in_time(self._socket.send_keep_alive())

    async def run(self, heard: Callable[[Heard], Awaitable[None]]) -> None:
        """Long-lived: tell what is heard until the socket is lost, then raise."""
        try:
            async for message in self._socket:
                item = self._read_flux(message) if self._flux else self._read_nova(message)
                if item is not None:
                    await heard(item)
        except ConnectionClosed as closed:
            raise VendorBroken(_VENDOR, _close_reason(closed)) from None
        except ValueError as error:
            raise VendorBroken(_VENDOR, f"sent what is no JSON: {type(error).__name__}") from None
        raise VendorBroken(_VENDOR, "the socket was closed")

    def _read_nova(self, message: Any) -> Heard | None:
        match getattr(message, "type", None):
            case "Results":
                return self._results(message)
            case "UtteranceEnd":
                return UtteranceEnded()
            case "Error":
                raise VendorBroken(_VENDOR, f"error: {getattr(message, 'description', '')}")
            case _:
                return None

    def _results(self, message: Any) -> Heard | None:
        alternatives = getattr(getattr(message, "channel", None), "alternatives", None)
        if not alternatives:
            return None
        best = alternatives[0]
        text = best.transcript or ""
        if not message.is_final:
            return Guess(text)
        until_ms = self._call_time(message.start + message.duration)
        return Fixed(text, self._words(best.words or ()), until_ms, bool(message.speech_final))

    def _read_flux(self, message: Any) -> Heard | None:
        match getattr(message, "type", None):
            case "TurnInfo":
                event = _FLUX_EVENTS.get(str(message.event))
                if event is None:
                    return None
                until_ms = self._call_time(message.audio_window_end)
                return TurnHeard(message.transcript or "", self._words(message.words or ()), until_ms, event)
            case "Error":
                raise VendorBroken(_VENDOR, f"{getattr(message, 'code', '')}")
            case _:
                return None

    def _call_time(self, vendor_s: float | None) -> int:
        return (self._begins_at_ms or 0) + round((vendor_s or 0) * 1000)

    def _words(self, words: Sequence[Any]) -> tuple[HeardWord, ...]:
        return tuple(
            HeardWord(
                text=getattr(word, "punctuated_word", None) or word.word,
                start_ms=self._call_time(getattr(word, "start", None)),
                end_ms=self._call_time(getattr(word, "end", None)),
                confidence=float(word.confidence or 0),
            )
            for word in words
        )


@asynccontextmanager
async def open_connection(
    client: AsyncDeepgramClient, hearing: Hearing, call_sid: str, timeout_s: float
) -> AsyncIterator[DeepgramConnection]:
    """A socket for one call.

    Raises:
        VendorError: refused, busy, late or broken.
    """
    flux = is_flux(hearing)
    opening = _open_flux(client, hearing, call_sid) if flux else _open_nova(client, hearing, call_sid)
    try:
        async with asyncio.timeout(timeout_s):
            socket = await opening.__aenter__()
    except TimeoutError:
        raise VendorLate(_VENDOR, f"no socket within {timeout_s:g} s") from None
    except ApiError as error:
        raise _refusal(error) from error
    except (OSError, WebSocketException) as error:
        raise VendorBroken(_VENDOR, f"no socket: {type(error).__name__}") from error
    try:
        yield DeepgramConnection(socket, flux=flux)
    finally:
        await _close(opening, socket)


def _open_nova(client: AsyncDeepgramClient, hearing: Hearing, call_sid: str) -> Any:
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
        keyterm=list(hearing.keyterms) or None,
        tag=call_sid,
    )


def _open_flux(client: AsyncDeepgramClient, hearing: Hearing, call_sid: str) -> Any:
    return client.listen.v2.connect(
        model=hearing.model,
        encoding="mulaw",
        sample_rate=8000,
        eager_eot_threshold=0.5,
        keyterm=list(hearing.keyterms) or None,
        tag=call_sid,
    )


async def _close(opening: Any, socket: Any) -> None:
    """Politely, but not for long: a half-dead socket must not hold the call."""
    try:
        async with asyncio.timeout(1):
            await socket.send_close_stream()
    except (TimeoutError, OSError, WebSocketException):
        pass
    try:
        async with asyncio.timeout(2):
            await opening.__aexit__(None, None, None)
    except (TimeoutError, OSError, WebSocketException):
        pass


async def _in_time(sending: Awaitable[Any]) -> None:
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await sending
    except TimeoutError:
        raise VendorLate(_VENDOR, f"takes no sound for {_SEND_TIMEOUT_S:g} s") from None
    except ConnectionClosed as closed:
        raise VendorBroken(_VENDOR, _close_reason(closed)) from None
    except (OSError, WebSocketException) as error:
        raise VendorBroken(_VENDOR, f"socket: {type(error).__name__}") from None


def _close_reason(closed: ConnectionClosed) -> str:
    frame = closed.rcvd
    return f"closed: {frame.code} {frame.reason[:100]}" if frame else "the socket was lost"


def _refusal(error: ApiError) -> VendorError:
    # The SDK hides the vendor's words; the handshake that it came from has them in a header.
    headers = getattr(error.__context__, "headers", None) or {}
    words = headers.get("dg-error") if hasattr(headers, "get") else None
    status = error.status_code or 0
    reason = f"HTTP {status}" + (f": {words}" if words else "")
    if status == 429:
        return VendorBusy(_VENDOR, reason)
    if status in _REFUSED:
        hint = ": check DEEPGRAM_API_KEY" if status in (401, 403) else ""
        return VendorRefused(_VENDOR, reason + hint)
    return VendorBroken(_VENDOR, reason)
