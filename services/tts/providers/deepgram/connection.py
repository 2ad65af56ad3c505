"""One WebSocket to Deepgram, which synthesizes one reply at a time."""

import asyncio
from typing import Protocol

import structlog

from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from services.tts.providers.deepgram import wire
from services.tts.providers.deepgram.budget import SendBudget
from services.tts.providers.deepgram.errors import map_close, map_error
from services.tts.providers.deepgram.models import PROVIDER
from services.tts.providers.sockets.provider_socket import ProviderSocket

log = structlog.get_logger()

_MAX_AGE_S = 3000.0
"""Age at which an unused socket is replaced: the provider ends each one after an hour."""
_AGE_POLL_S = 60.0
_CLEAR_TIMEOUT_S = 2.0


class Speaker(Protocol):
    """The reply that uses a socket."""

    def on_audio(self, audio: bytes) -> None:
        """Handle audio."""

    def on_flushed(self) -> None:
        """Handle the end of the audio of what was flushed."""

    def fail(self, error: ProviderError) -> None:
        """End with an error."""


class DeepgramConnection:
    """An open WebSocket; `run` must be running while it is used."""

    def __init__(self, socket: ProviderSocket) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._opened_at_s = self._loop.time()
        self._speaker: Speaker | None = None
        self._clearing: asyncio.TimerHandle | None = None
        self._budget = SendBudget()
        self._ended: asyncio.Future[ProviderError] = self._loop.create_future()
        self.received_audio = False

    @property
    def closed(self) -> bool:
        """Whether the connection can no longer be used."""
        return self._ended.done()

    @property
    def busy(self) -> bool:
        """Whether a reply uses it, or audio of an interrupted one may still arrive."""
        return self._speaker is not None or self._clearing is not None

    def allows(self, characters: int, flushes: int = 1) -> bool:
        """Whether texts can be sent now without exceeding the provider's limits."""
        return self._budget.allows(characters, self._loop.time(), flushes)

    def attach(self, speaker: Speaker) -> None:
        """Deliver audio to a reply."""
        self._speaker = speaker

    async def release(self, *, unfinished: bool) -> None:
        """End the use by a reply; what is unfinished is discarded, here and at the provider."""
        self._speaker = None
        if unfinished and not self.closed:
            # Audio may arrive until the confirmation; it belongs to no reply.
            self._clearing = self._loop.call_later(_CLEAR_TIMEOUT_S, self._on_clear_timeout)
            await self._send(wire.CLEAR)

    async def speak(self, text: str) -> None:
        """Synthesize a text now.

        Raises:
            ProviderError: the connection has ended, or accepts nothing in time.
        """
        self._budget.use(len(text), self._loop.time())
        for message in wire.speak(text):
            await self._send(message)
        await self._send(wire.FLUSH)

    async def run(self) -> ProviderError:
        """Dispatch what arrives until the connection ends; returns the reason."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._read()), tasks.create_task(self._watch_age())]
            error = await asyncio.shield(self._ended)
            for task in running:
                task.cancel()
        return error

    def fail(self, error: ProviderError) -> None:
        """End the connection and its reply with an error."""
        self._end_clearing()
        if self._ended.done():
            return
        self._ended.set_result(error)
        if self._speaker is not None:
            self._speaker.fail(error)

    def retire(self, reason: str) -> None:
        """End a connection that no reply uses, so that it is replaced."""
        self.fail(ProviderUnavailable(PROVIDER, reason))

    async def close(self) -> None:
        """Close the WebSocket."""
        self.fail(ProviderUnavailable(PROVIDER, "the WebSocket was closed"))
        await self._socket.close()

    async def _send(self, message: str) -> None:
        if self._ended.done():
            raise self._ended.result()
        try:
            await self._socket.send(message)
        except ProviderError as error:
            self.fail(error)
            raise

    async def _read(self) -> None:
        try:
            async for data in self._socket.frames():
                self._on_message(wire.read_message(data))
        except ProviderError as error:
            self.fail(error)
        self.fail(map_close(self._socket.close_code, self._socket.close_reason))

    def _on_message(self, message: wire.Message | None) -> None:
        match message:
            case bytes():
                self.received_audio = True
                if self._speaker is not None and self._clearing is None:
                    self._speaker.on_audio(message)
            case wire.Control(kind="Cleared"):
                self._end_clearing()
            case wire.Control(kind="Flushed"):
                if self._speaker is not None and self._clearing is None:
                    self._speaker.on_flushed()
            case wire.Notice(is_error=is_error, code=code, text=text):
                log.warning("tts_provider_warning", provider=PROVIDER, code=code, text=text)
                if is_error or "flush" in f"{code} {text}".lower():
                    # A flush that is not processed has no audio and no confirmation.
                    self.fail(map_error(code, text))
            case _:
                pass

    def _end_clearing(self) -> None:
        if self._clearing is not None:
            self._clearing.cancel()
            self._clearing = None

    def _on_clear_timeout(self) -> None:
        self.fail(ProviderTimeout(PROVIDER, f"Clear was not confirmed within {_CLEAR_TIMEOUT_S:g} s"))

    async def _watch_age(self) -> None:
        while True:
            await asyncio.sleep(_AGE_POLL_S)
            if self._loop.time() - self._opened_at_s >= _MAX_AGE_S and not self.busy:
                self.retire(f"replaced after {_MAX_AGE_S:g} s")
