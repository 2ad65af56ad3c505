"""One socket to ElevenLabs and the contexts that are open in it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRateLimited, ProviderTimeout, ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.providers import elevenlabs_wire as wire

log = structlog.get_logger()

_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 0.5
_MOST_WAITING = 4096
_LARGEST_FRAME = 16 * 1024**2
_IDLE = "idle"


class Context:
    """One reply within the socket: an Utterance."""

    def __init__(self, socket: "Socket", context_id: str, speaking: TtsConfig) -> None:
        self._socket = socket
        self._context_id = context_id
        self._speaking = speaking
        self._waiting: asyncio.Queue[AudioChunk | ProviderError | None] = asyncio.Queue(_MOST_WAITING)
        self.finished = False
        """Whether the provider was told that no further clause comes."""

    async def begin(self) -> None:
        """Make the context known to the provider before its first text."""
        await self._socket.send(wire.opening(self._context_id, self._speaking))

    async def send_text(self, text: str) -> None:
        """Speak a clause now."""
        await self._socket.send(wire.clause(self._context_id, text))

    async def end_input(self) -> None:
        """No further clause comes."""
        self.finished = True
        await self._socket.send(wire.closing(self._context_id))

    async def audio(self) -> AsyncGenerator[AudioChunk, None]:
        """Sound in order; ends with the provider's final frame after `finish`."""
        while (item := await self._waiting.get()) is not None:
            if isinstance(item, ProviderError):
                raise item
            yield item

    def take(self, frame: wire.SoundFrame) -> None:
        """A frame of this context came."""
        if frame.sound.mulaw or frame.sound.char_timings:
            self._put(frame.sound)
        if frame.final:
            early = ProviderUnavailable(wire.PROVIDER, "the context ended before its text did")
            self._put(None if self.finished else early)

    def fail(self, error: ProviderError) -> None:
        """The socket is of no use any more."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(error)

    def _put(self, item: AudioChunk | ProviderError | None) -> None:
        if self._waiting.full():
            self.fail(ProviderUnavailable(wire.PROVIDER, f"{_MOST_WAITING} pieces of sound wait"))
            return
        self._waiting.put_nowait(item)


class Socket:
    """An open socket; `run` must run for as long as it is used."""

    def __init__(self, connection: ClientConnection, speaking: TtsConfig) -> None:
        self._connection = connection
        self._speaking = speaking
        self._contexts: dict[str, Context] = {}
        self._unfinished: set[str] = set()
        self._room = asyncio.Event()
        self._sent_at = asyncio.get_running_loop().time()
        self._ended: asyncio.Future[ProviderError] = asyncio.get_running_loop().create_future()
        self.sounded = False
        """Whether any sound has come."""

    @asynccontextmanager
    async def context(self, context_id: str, wait_s: float) -> AsyncIterator[Context]:
        """A context of its own; left early, what was not yet made is dropped.

        Raises:
            ProviderBusy: as many as the provider allows are unfinished, and stay so for `wait_s`.
        """
        await self._wait_for_room(wait_s)
        context = Context(self, context_id, self._speaking)
        self._contexts[context_id] = context
        self._unfinished.add(context_id)
        try:
            await context.begin()
            yield context
        finally:
            del self._contexts[context_id]
            if context_id in self._unfinished and not self.over:
                await self._drop(context_id)

    @property
    def over(self) -> bool:
        """Whether it is of no use any more."""
        return self._ended.done()

    async def run(self, keep_alive_s: float) -> ProviderError:
        """Long-lived: hand out what comes and show signs of life; gives the reason why the socket is over."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._read()), tasks.create_task(self._keep_alive(keep_alive_s))]
            error = await asyncio.shield(self._ended)
            for task in running:
                task.cancel()
        return error

    def give_up(self, error: ProviderError) -> None:
        """It is over; whoever waits for sound is told."""
        if self._ended.done():
            return
        self._ended.set_result(error)
        for context in self._contexts.values():
            context.fail(error)
        self._room.set()

    async def send(self, message: str) -> None:
        """Send.

        Raises:
            ProviderError: the socket is over, or takes nothing in time.
        """
        self._sent_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.send(message)
        except TimeoutError:
            raise ProviderTimeout(
                wire.PROVIDER, f"the socket took nothing for {_SEND_TIMEOUT_S:g} s"
            ) from None
        except ConnectionClosed as closed:
            self.give_up(ProviderUnavailable(wire.PROVIDER, f"the socket is closed: {closed}"))
            raise self._ended.result() from None

    async def close(self) -> None:
        """Close it, or tear it down when that takes long."""
        self.give_up(ProviderUnavailable(wire.PROVIDER, "the socket was closed"))
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
                    self.give_up(frame.error)
                    return
                if frame is not None:
                    self._take(frame)
        except ProviderError as error:
            self.give_up(error)
        except ConnectionClosed:
            pass
        said = self._connection.close_reason or ""
        self.give_up(wire.error_of(f"the socket closed with {self._connection.close_code}", said))

    async def _keep_alive(self, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(max(0.05, self._sent_at + every_s - loop.time()))
                if loop.time() - self._sent_at >= every_s:
                    for message in self._signs_of_life():
                        await self.send(message)
        except ProviderError as error:
            self.give_up(error)

    def _take(self, frame: wire.SoundFrame) -> None:
        self.sounded = self.sounded or bool(frame.sound.mulaw)
        if frame.final:
            self._unfinished.discard(frame.context_id)
            self._room.set()
        context = self._contexts.get(frame.context_id)
        if context is not None:
            context.take(frame)

    async def _wait_for_room(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                # One is left for the sign of life.
                while len(self._unfinished - {_IDLE}) >= wire.MOST_CONTEXTS - 1 and not self.over:
                    self._room.clear()
                    await self._room.wait()
        except TimeoutError:
            busy = ProviderRateLimited(wire.PROVIDER, "too many contexts are unfinished")
            if not self._contexts:
                # The provider never said that those we closed are finished: only a new socket helps.
                self.give_up(busy)
            raise busy from None
        if self.over:
            raise self._ended.result()

    async def _drop(self, context_id: str) -> None:
        try:
            await self.send(wire.closing(context_id))
        except ProviderError as error:
            log.debug("context not closed", reason=error.reason)

    def _signs_of_life(self) -> list[str]:
        if self._contexts:
            # A word to a closed context would open it again.
            return [wire.keep_alive(name) for name, context in self._contexts.items() if not context.finished]
        if _IDLE in self._unfinished:
            return [wire.keep_alive(_IDLE)]
        self._unfinished.add(_IDLE)
        return [wire.opening(_IDLE, self._speaking)]


async def open_socket(url: str, key: str, speaking: TtsConfig, timeout_s: float) -> Socket:
    """Connect and upgrade.

    Raises:
        ProviderError: no socket could be had.
    """
    try:
        connection = await connect(
            url,
            additional_headers={"xi-api-key": key},
            compression=None,
            open_timeout=timeout_s,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_LARGEST_FRAME,
            ping_interval=10,
            ping_timeout=10,
        )
    except InvalidStatus as refused:
        said = wire.detail_of(bytes(refused.response.body))
        raise wire.error_of_status(refused.response.status_code, said) from None
    except TimeoutError:
        raise ProviderTimeout(wire.PROVIDER, f"no socket within {timeout_s:g} s") from None
    except (OSError, EOFError, ValueError, InvalidHandshake, InvalidURI) as error:
        raise ProviderUnavailable(wire.PROVIDER, f"no socket: {error!r}") from None
    return Socket(connection, speaking)
