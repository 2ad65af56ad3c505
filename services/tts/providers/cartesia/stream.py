"""One reply over Cartesia's WebSocket."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.tts import AudioChunk
from services.tts.providers.cartesia import wire
from services.tts.providers.cartesia.context import Context
from services.tts.providers.cartesia.errors import map_error
from services.tts.providers.cartesia.models import PROVIDER
from services.tts.providers.sockets.chunk_queue import ChunkQueue


class StreamConnection(Protocol):
    """The connection that a reply uses."""

    received_audio: bool
    """Whether any reply has received audio."""

    async def send(self, message: str) -> None:
        """Send a message; raises ProviderError when the connection has ended."""

    def register(self, context_id: str, stream: "CartesiaStream") -> None:
        """Deliver the events of a context to a reply."""

    def forget(self, context_id: str) -> None:
        """Drop further events of a context."""


class CartesiaStream:
    """One reply; implements SynthesisStream. It may use several contexts, one after the other."""

    def __init__(self, connection: StreamConnection, name: str, fields: Mapping[str, Any]) -> None:
        self._connection = connection
        self._name = name
        self._fields = fields
        self._queue = ChunkQueue(PROVIDER)
        self._context: Context | None = None
        self._contexts = 0
        self._loop = asyncio.get_running_loop()

    @property
    def warm(self) -> bool:
        """Whether the connection has sent audio; its first audio takes longer."""
        return self._connection.received_audio

    async def send_text(self, text: str) -> None:
        """Speak a clause at once, in a new context if the last one may have expired."""
        context = self._context
        if context is None or not context.accepts_text(self._loop.time()):
            context = self._begin_context()
        context.sent += 1
        await self._connection.send(wire.clause(context.context_id, self._fields, text))
        await self._connection.send(wire.flush(context.context_id, self._fields))

    async def end_input(self) -> None:
        """Signal the end of the text."""
        context = self._context
        if context is None or context.ended:
            self._queue.end()
            return
        context.finished = True
        if context.complete and not context.accepts_text(self._loop.time()):
            # It may have expired, and would then be opened again by a message.
            self._queue.end()
            return
        await self._connection.send(wire.finish(context.context_id, self._fields))

    def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order; ends when the provider has completed the context."""
        return self._queue.chunks()

    def on_event(self, event: wire.Event) -> None:
        """Handle an event of the reply's current context."""
        context = self._context
        if context is None or context.ended or event.context_id != context.context_id:
            return
        match event:
            case wire.Audio():
                self._put(context.on_audio(event, self._loop.time()))
            case wire.Timestamps():
                self._put(context.on_timestamps(event))
            case wire.FlushDone():
                self._put(context.on_flush_done(event))
            case wire.ContextDone():
                self._on_done(context)
            case wire.ErrorEvent(status=status, code=code, text=text):
                context.ended = True
                self.fail(map_error(status, code, text, self._fields["voice"]["id"]))

    def fail(self, error: ProviderError) -> None:
        """End the audio with an error."""
        self._queue.fail(error)

    async def discard(self) -> None:
        """Stop generations that have not begun, so that they are neither sent nor billed."""
        context = self._context
        if context is None:
            return
        self._connection.forget(context.context_id)
        if context.ended or (context.complete and (context.finished or not context.sent)):
            return
        with suppress(ProviderError):
            # A connection that is lost has nothing to stop.
            await self._connection.send(wire.cancel(context.context_id))

    def _begin_context(self) -> Context:
        if self._context is not None:
            self._connection.forget(self._context.context_id)
        self._contexts += 1
        context = self._context = Context(f"{self._name}-{self._contexts}")
        self._connection.register(context.context_id, self)
        return context

    def _on_done(self, context: Context) -> None:
        unspoken = not context.complete and not context.finished
        self._put(() if unspoken else context.on_done())
        context.ended = True
        if unspoken:
            self.fail(ProviderUnavailable(PROVIDER, "the context ended before its text was spoken"))
        elif context.finished:
            self._queue.end()

    def _put(self, chunks: Iterable[AudioChunk]) -> None:
        for chunk in chunks:
            self._queue.put(chunk)
