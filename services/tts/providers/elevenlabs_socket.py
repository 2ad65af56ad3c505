"""One WebSocket to ElevenLabs and its open contexts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from parley.errors import ProviderError, ProviderRateLimited, ProviderUnavailable
from parley.providers.latency_limits import LatencyLimit
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_context import Context
from services.tts.providers.elevenlabs_errors import PROVIDER, error_detail, map_error, map_status_error
from services.tts.providers.elevenlabs_parameters import RequestParameters
from services.tts.providers.sockets.provider_socket import ProviderSocket, open_socket

log = structlog.get_logger()

_IDLE_CONTEXT = "idle"
"""Id of the context that receives keep-alive messages while no reply is open."""


class ElevenLabsConnection:
    """An open WebSocket; `run` must be running while it is used."""

    def __init__(self, socket: ProviderSocket, parameters: RequestParameters, keep_alive_s: float) -> None:
        self._socket = socket
        self._parameters = parameters
        self._keep_alive_s = keep_alive_s
        self._contexts: dict[str, Context] = {}
        self._unfinished: set[str] = set()
        self._context_finished = asyncio.Event()
        self._ended: asyncio.Future[ProviderError] = asyncio.get_running_loop().create_future()
        self.received_audio = False
        self.replace_error: Callable[[ProviderError], ProviderError] = lambda error: error
        """Returns the error to raise for one that the provider sent."""
        self.sends_alignment = True
        """Whether the last context with audio had character timings."""

    @asynccontextmanager
    async def context(self, context_id: str, timeout_s: float) -> AsyncIterator[Context]:
        """Open a context; exiting early discards audio that has not been generated yet.

        Raises:
            ProviderRateLimited: the provider's limit of contexts is reached, none ends within `timeout_s`.
        """
        await self._wait_for_context_slot(timeout_s)
        context = Context(self, context_id, self._parameters)
        self._contexts[context_id] = context
        self._unfinished.add(context_id)
        try:
            await context.begin()
            yield context
        finally:
            del self._contexts[context_id]
            if context_id in self._unfinished and not context.closing and not self.closed:
                await self._close_context(context_id)

    @property
    def closed(self) -> bool:
        """Whether the connection can no longer be used."""
        return self._ended.done()

    async def run(self) -> ProviderError:
        """Dispatch frames and send keep-alive messages until the connection ends; returns the reason."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._read()),
                tasks.create_task(self._keep_alive(self._keep_alive_s)),
            ]
            error = await asyncio.shield(self._ended)
            for task in running:
                task.cancel()
        return error

    def fail(self, error: ProviderError) -> None:
        """End the connection and all its contexts with an error."""
        if self._ended.done():
            return
        self._ended.set_result(error)
        for context in self._contexts.values():
            context.fail(error)
        self._context_finished.set()

    async def send(self, message: str) -> None:
        """Send a message.

        Raises:
            ProviderError: the connection has ended, or accepts nothing in time.
        """
        try:
            await self._socket.send(message)
        except ProviderUnavailable as closed:
            self.fail(closed)
            raise self._ended.result() from None

    async def close(self) -> None:
        """Close the WebSocket; abort it if closing takes too long."""
        self.fail(ProviderUnavailable(PROVIDER, "the WebSocket was closed"))
        await self._socket.close()

    async def _read(self) -> None:
        try:
            async for data in self._socket.frames():
                frame = wire.read_frame(data)
                if isinstance(frame, wire.ErrorFrame):
                    self.fail(self._rejection(frame.code, frame.message))
                    return
                if frame is not None:
                    self._on_frame(frame)
        except ProviderError as error:
            self.fail(error)
        except Exception as error:
            # An unreadable frame ends this connection, not the call.
            self.fail(ProviderUnavailable(PROVIDER, f"an unreadable frame: {type(error).__name__}"))
        reason = f"the WebSocket closed with {self._socket.close_code}"
        self.fail(self._rejection(reason, self._socket.close_reason))

    def _rejection(self, code: str, message: str) -> ProviderError:
        return self.replace_error(map_error(code, message, self._parameters.config.voice))

    async def _keep_alive(self, interval_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(max(0.05, self._socket.sent_at_s + interval_s - loop.time()))
                if loop.time() - self._socket.sent_at_s >= interval_s:
                    for message in self._keep_alive_messages():
                        await self.send(message)
        except ProviderError as error:
            self.fail(error)

    def _on_frame(self, frame: wire.AudioFrame) -> None:
        self.received_audio = self.received_audio or bool(frame.chunk.audio)
        if frame.final:
            self._unfinished.discard(frame.context_id)
            self._context_finished.set()
        context = self._contexts.get(frame.context_id)
        if context is not None:
            context.on_frame(frame)

    async def _wait_for_context_slot(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                # One is reserved for keep-alive messages.
                while len(self._unfinished - {_IDLE_CONTEXT}) >= wire.MAX_CONTEXTS - 1 and not self.closed:
                    self._context_finished.clear()
                    await self._context_finished.wait()
        except TimeoutError:
            error = ProviderRateLimited(PROVIDER, "too many contexts are unfinished")
            if not self._contexts:
                # The provider has not confirmed the end of closed contexts, so only a new connection has free
                # slots.
                self.fail(error)
            raise error from None
        if self.closed:
            raise self._ended.result()

    async def _close_context(self, context_id: str) -> None:
        try:
            await self.send(wire.close_context(context_id))
        except ProviderError as error:
            log.debug("tts_context_not_closed", reason=error.reason)

    def _keep_alive_messages(self) -> list[str]:
        if self._contexts:
            # A message to a closed context would open it again.
            return [wire.keep_alive(name) for name, c in self._contexts.items() if not c.closing]
        if _IDLE_CONTEXT in self._unfinished:
            return [wire.keep_alive(_IDLE_CONTEXT)]
        self._unfinished.add(_IDLE_CONTEXT)
        return [wire.init_context(_IDLE_CONTEXT, self._parameters)]


async def open_connection(
    url: str, key: str, parameters: RequestParameters, limit: LatencyLimit, keep_alive_s: float
) -> ElevenLabsConnection:
    """Open a WebSocket within a learned time limit.

    Raises:
        ProviderError: rejected, rate limited, timed out or unavailable.
    """

    def read_refusal(status: int, _headers: Mapping[str, str], body: bytes) -> ProviderError:
        return map_status_error(status, error_detail(body), parameters.config.voice)

    socket = await open_socket(PROVIDER, url, {"xi-api-key": key}, limit, read_refusal)
    return ElevenLabsConnection(socket, parameters, keep_alive_s)
