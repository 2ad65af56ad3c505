"""Reads the streams and keeps them configured."""

import asyncio
from collections.abc import AsyncIterator

from nats.aio.client import Client
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from parley.bus import streams, subjects
from parley.bus.direct_get import leader_last_sequence, read_batches, read_last
from parley.bus.stream_config import consumer_config, stream_config
from parley.bus.subscription import Message
from parley.errors import BusError


class StreamClient:
    """Reads and configures the streams through one connection."""

    def __init__(self, client: Client, jetstream: JetStreamContext, *, replicated: bool) -> None:
        self._client = client
        self._jetstream = jetstream
        self._replicated = replicated

    async def read(
        self,
        stream: streams.Stream,
        subject: str,
        *,
        from_sequence: int = 1,
        since_us: int | None = None,
        timeout_s: float = 5.0,
        consistent: bool = True,
    ) -> list[Message]:
        """Read all stored messages of a subject, in order, without a consumer (batched direct get, ADR-31).

        Args:
            stream: the stream to read.
            subject: a subject, which may contain wildcards.
            from_sequence: the first stream sequence to read.
            since_us: skip messages stored before this (UTC wall clock, microseconds).
            timeout_s: for all batches together.
            consistent: include every message stored before this call; needs a stream leader in a cluster.

        Raises:
            BusError: the stream did not reply in time.
        """
        consistent = consistent and self._replicated
        batches = read_batches(self._client, stream, subject, from_sequence, since_us, consistent)
        try:
            async with asyncio.timeout(timeout_s):
                return [message async for batch in batches for message in batch]
        except TimeoutError:
            raise BusError(f"{stream.name} was not read within {timeout_s:g} s") from None

    async def read_batches(
        self,
        stream: streams.Stream,
        subject: str,
        *,
        from_sequence: int = 1,
        timeout_s: float = 5.0,
        consistent: bool = True,
    ) -> AsyncIterator[list[Message]]:
        """Read as `read` does, but yield the messages in batches, each of at least 1.

        Args:
            stream: the stream to read.
            subject: a subject, which may contain wildcards.
            from_sequence: the first stream sequence to read.
            timeout_s: for each batch.
            consistent: include every message stored before this call; needs a stream leader in a cluster.

        Raises:
            BusError: the stream did not reply in time.
        """
        consistent = consistent and self._replicated
        batches = read_batches(self._client, stream, subject, from_sequence, None, consistent)
        while True:
            try:
                async with asyncio.timeout(timeout_s):
                    batch = await anext(batches, None)
            except TimeoutError:
                raise BusError(f"{stream.name} was not read within {timeout_s:g} s") from None
            if batch is None:
                return
            yield batch

    async def last_message(
        self, stream: streams.Stream, subject: str, *, up_to: int | None = None
    ) -> Message | None:
        """Read a subject's newest message, or the newest with at most the sequence `up_to`, from any replica.

        Raises:
            BusError: the stream did not reply.
        """
        return await read_last(self._client, stream, subject, up_to)

    async def has_leader(self, stream: streams.Stream, subject: str, *, timeout_s: float) -> bool:
        """Whether the stream has a leader that replies in time; always true for a single server.

        Raises:
            BusError: the stream cannot be read.
        """
        if not self._replicated:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await leader_last_sequence(self._client, stream, subject, 0)
        except TimeoutError:
            return False
        return True

    async def ensure(self, replicas: int, limits: streams.StreamLimits) -> None:
        """Create or update the streams and one consumer per stage; safe to repeat."""
        for stream in limits.apply():
            config = stream_config(stream, replicas)
            try:
                await self._jetstream.update_stream(config)
            except NotFoundError:
                await self._jetstream.add_stream(config)
        for stage in subjects.STAGES:
            await self._jetstream.add_consumer(streams.WORK.name, consumer_config(stage))
