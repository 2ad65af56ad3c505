"""One WebSocket to ElevenLabs and its open contexts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from parley.errors import ProviderError, ProviderRateLimited, ProviderTimeout, ProviderUnavailable
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_context import Context
from services.tts.providers.elevenlabs_errors import PROVIDER, error_detail, map_error, map_status_error
from services.tts.providers.elevenlabs_parameters import RequestParameters

log = structlog.get_logger()

_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 0.5
_MAX_FRAME_BYTES = 16 * 1024**2
_IDLE_CONTEXT = "idle"
"""Id of the context that receives keep-alive messages while no reply is open."""


class ElevenLabsConnection:
    """An open WebSocket; `run` must be running while it is used."""

    def __init__(self, connection: ClientConnection, parameters: RequestParameters) -> None:
        self._connection = connection
        self._parameters = parameters
        self._contexts: dict[str, Context] = {}
        self._unfinished: set[str] = set()
        self._context_finished = asyncio.Event()
        self._sent_at_s = asyncio.get_running_loop().time()
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

    async def run(self, keep_alive_s: float) -> ProviderError:
        """Dispatch frames and send keep-alive messages until the connection ends; returns the reason."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._read()), tasks.create_task(self._keep_alive(keep_alive_s))]
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
        self._sent_at_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.send(message)
        except TimeoutError:
            reason = f"the WebSocket accepted nothing for {_SEND_TIMEOUT_S:g} s"
            raise ProviderTimeout(PROVIDER, reason) from None
        except ConnectionClosed as closed:
            self.fail(ProviderUnavailable(PROVIDER, f"the WebSocket is closed: {closed}"))
            raise self._ended.result() from None

    async def close(self) -> None:
        """Close the WebSocket; abort it if closing takes too long."""
        self.fail(ProviderUnavailable(PROVIDER, "the WebSocket was closed"))
        try:
            await self._connection.close()
        except asyncio.CancelledError:
            self._connection.transport.abort()
            raise

    async def _read(self) -> None:
        try:
            async for data in self._connection:
                frame = wire.read_frame(data)
                if isinstance(frame, wire.ErrorFrame):
                    self.fail(self._rejection(frame.code, frame.message))
                    return
                if frame is not None:
                    self._on_frame(frame)
        except ProviderError as error:
            self.fail(error)
        except ConnectionClosed:
            pass
        except Exception as error:
            # An unreadable frame ends this connection, not the call.
            self.fail(ProviderUnavailable(PROVIDER, f"an unreadable frame: {type(error).__name__}"))
        reason = self._connection.close_reason or ""
        self.fail(self._rejection(f"the WebSocket closed with {self._connection.close_code}", reason))

    def _rejection(self, code: str, message: str) -> ProviderError:
        return self.replace_error(map_error(code, message, self._parameters.config.voice))

    async def _keep_alive(self, interval_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(max(0.05, self._sent_at_s + interval_s - loop.time()))
                if loop.time() - self._sent_at_s >= interval_s:
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
    url: str, key: str, parameters: RequestParameters, timeout_s: float
) -> ElevenLabsConnection:
    """Open a WebSocket.

    Raises:
        ProviderError: rejected, rate limited, timed out or unavailable.
    """
    try:
        connection = await connect(
            url,
            additional_headers={"xi-api-key": key},
            compression=None,
            open_timeout=timeout_s,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_MAX_FRAME_BYTES,
            ping_interval=10,
            ping_timeout=10,
        )
    except InvalidStatus as error:
        detail = error_detail(bytes(error.response.body))
        voice = parameters.config.voice
        raise map_status_error(error.response.status_code, detail, voice) from None
    except TimeoutError:
        raise ProviderTimeout(PROVIDER, f"no WebSocket within {timeout_s:g} s") from None
    except (OSError, EOFError, ValueError, InvalidHandshake, InvalidURI) as error:
        raise ProviderUnavailable(PROVIDER, f"no WebSocket: {error!r}") from None
    return ElevenLabsConnection(connection, parameters)
