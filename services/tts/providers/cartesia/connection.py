"""One WebSocket to Cartesia, shared by the replies of a call."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderUnavailable
from services.tts.providers.cartesia import wire
from services.tts.providers.cartesia.errors import map_error
from services.tts.providers.cartesia.models import PROVIDER
from services.tts.providers.cartesia.stream import CartesiaStream
from services.tts.providers.sockets.provider_socket import ProviderSocket

_IDLE_S = 270.0
"""Idle time after which the socket is replaced: the provider closes it after 5 minutes, possibly just as a
reply begins. Keeping it open would need a generation, which is billed."""
_IDLE_POLL_S = 1.0
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]+")


class CartesiaConnection:
    """An open WebSocket; `run` must be running while it is used."""

    def __init__(self, socket: ProviderSocket, config: TtsConfig, voice: str) -> None:
        self._socket = socket
        self._fields = wire.context_fields(config, voice)
        self._voice = voice
        self._streams: dict[str, CartesiaStream] = {}
        self._replies = 0
        self._ended: asyncio.Future[ProviderError] = asyncio.get_running_loop().create_future()
        self.received_audio = False

    @asynccontextmanager
    async def open_stream(self, name: str) -> AsyncIterator[CartesiaStream]:
        """Begin a reply; exiting early stops its synthesis."""
        self._replies += 1
        stream = CartesiaStream(self, _NOT_IN_IDS.sub("-", f"{name}-{self._replies}"), self._fields)
        try:
            yield stream
        finally:
            await stream.discard()

    @property
    def closed(self) -> bool:
        """Whether the connection can no longer be used."""
        return self._ended.done()

    async def run(self) -> ProviderError:
        """Dispatch events until the connection ends or has been idle for too long; returns the reason."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._read()), tasks.create_task(self._watch_idle())]
            error = await asyncio.shield(self._ended)
            for task in running:
                task.cancel()
        return error

    def fail(self, error: ProviderError) -> None:
        """End the connection and all its replies with an error."""
        if self._ended.done():
            return
        self._ended.set_result(error)
        for stream in set(self._streams.values()):
            stream.fail(error)

    async def send(self, message: str) -> None:
        """Send a message.

        Raises:
            ProviderError: the connection has ended, or accepts nothing in time.
        """
        if self._ended.done():
            raise self._ended.result()
        try:
            await self._socket.send(message)
        except ProviderError as error:
            self.fail(error)
            raise

    async def close(self) -> None:
        """Close the WebSocket."""
        self.fail(ProviderUnavailable(PROVIDER, "the WebSocket was closed"))
        await self._socket.close()

    def register(self, context_id: str, stream: CartesiaStream) -> None:
        """Deliver the events of a context to a reply."""
        self._streams[context_id] = stream

    def forget(self, context_id: str) -> None:
        """Drop further events of a context."""
        self._streams.pop(context_id, None)

    async def _read(self) -> None:
        try:
            async for data in self._socket.frames():
                event = wire.read_event(data)
                if event is not None:
                    self._on_event(event)
        except ProviderError as error:
            self.fail(error)
        self.fail(self._socket.closed_error())

    def _on_event(self, event: wire.Event) -> None:
        if isinstance(event, wire.Audio) and event.audio:
            self.received_audio = True
        stream = self._streams.get(event.context_id)
        if stream is not None:
            # Events of contexts that are complete or were cancelled have no reply.
            stream.on_event(event)
        elif isinstance(event, wire.ErrorEvent) and not event.context_id:
            self.fail(map_error(event.status, event.code, event.text, self._voice))

    async def _watch_idle(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            idle_s = loop.time() - self._socket.sent_at_s
            if idle_s >= _IDLE_S and not self._streams:
                break
            await asyncio.sleep(max(_IDLE_S - idle_s, _IDLE_POLL_S))
        self.fail(ProviderUnavailable(PROVIDER, f"replaced after {_IDLE_S:g} s without a message"))
