"""Open a connection that mends itself, with streams and consumers in place."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import SlowConsumerError

from parley.bus.client import Bus
from parley.bus.nats_internals import ReconnectingClient
from parley.bus.subscription import DropCounter
from parley.errors import BusError

log = structlog.get_logger()


@asynccontextmanager
async def connect(url: str, name: str, *, timeout_s: float, replicas: int | None = 1) -> AsyncIterator[Bus]:
    """A connection that mends itself for as long as it is open, with streams and consumers in place.

    `replicas` is of each stream; None leaves streams and consumers as they are.

    Raises:
        BusError: no server answered within `timeout_s`; the text names the address.
    """
    client, drops = ReconnectingClient(), DropCounter()
    replicated = replicas is None or replicas > 1
    bus = Bus(client, client.jetstream(timeout=5), drops, replicated=replicated)
    await _first_connection(client, url, name, timeout_s, drops, bus)
    attending = asyncio.ensure_future(bus.run_background())
    try:
        if replicas is not None:
            await _prepare(bus, replicas, timeout_s)
        yield bus
    finally:
        attending.cancel()
        await asyncio.gather(attending, return_exceptions=True)
        await _close(client)


async def _first_connection(
    client: Client,
    url: str,
    name: str,
    timeout_s: float,
    drops: DropCounter,
    bus: Bus,
) -> None:
    async def on_error(error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            drops.record(error.subject)
            return
        # While the bus is away each try tells; `bus lost` has said it once.
        log.log(
            logging.DEBUG if isinstance(error, OSError) else logging.WARNING, "bus trouble", error=repr(error)
        )

    async def on_disconnect() -> None:
        if not client.is_closed:
            log.warning("bus lost", url=url)

    async def on_reconnect() -> None:
        log.info("bus is back", url=client.connected_url.netloc if client.connected_url else url)
        await bus.on_reconnected()

    try:
        async with asyncio.timeout(timeout_s):
            await client.connect(
                servers=random.sample(servers := url.split(","), len(servers)),
                # Of several the next is taken, and not by chance the same again.
                dont_randomize=True,
                name=name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.1,  # type: ignore[arg-type] # it is handed to asyncio.sleep
                connect_timeout=2,
                # A server that is frozen holds all calls of this process: by default for four minutes.
                ping_interval=0.4,  # type: ignore[arg-type] # as above
                max_outstanding_pings=2,
                error_cb=on_error,
                disconnected_cb=on_disconnect,
                reconnected_cb=on_reconnect,
            )
    except (NatsError, OSError, TimeoutError) as error:
        raise BusError(
            f"no NATS server at {url} (PARLEY_NATS_URL) within {timeout_s:g} s: start one, or set the address"
        ) from error


async def _prepare(bus: Bus, replicas: int, timeout_s: float) -> None:
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        try:
            await bus.streams.ensure(replicas)
        except (NatsError, TimeoutError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise BusError(f"JetStream is not ready within {timeout_s:g} s: {error!r}") from error
            log.warning("waiting for JetStream", error=repr(error))
            await asyncio.sleep(0.5)
        else:
            return


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(5):
            if client.is_connected:
                await client.flush(timeout=2)
            await client.close()
    except (NatsError, TimeoutError) as error:
        log.warning("bus closed in haste", error=repr(error))
