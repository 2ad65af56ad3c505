"""Opens a connection to NATS that reconnects by itself, and creates the streams and consumers."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stamina
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import SlowConsumerError

from parley.bus.client import Bus
from parley.bus.nats_internals import ReconnectingClient
from parley.bus.subscription import DropCounter
from parley.errors import BusError
from parley.failover_timing import (
    CONNECT_TIMEOUT_S,
    MAX_OUTSTANDING_PINGS,
    PING_INTERVAL_S,
    RECONNECT_WAIT_S,
)

log = structlog.get_logger()

_JETSTREAM_TIMEOUT_S = 5
_JETSTREAM_RETRY_INTERVAL_S = 0.5
_CLOSE_TIMEOUT_S = 5
_CLOSE_FLUSH_TIMEOUT_S = 2


@asynccontextmanager
async def connect(url: str, name: str, *, timeout_s: float, replicas: int | None = 1) -> AsyncIterator[Bus]:
    """While entered, a connection that reconnects by itself; streams and consumers exist.

    `replicas` is the number of replicas of each stream; None leaves streams and consumers unchanged.

    Raises:
        BusError: no server replied within `timeout_s`; the message names the address.
    """
    client, drops = ReconnectingClient(), DropCounter()
    replicated = replicas is None or replicas > 1
    bus = Bus(client, client.jetstream(timeout=_JETSTREAM_TIMEOUT_S), drops, replicated=replicated)
    await _open(client, url, name, timeout_s, drops, bus)
    background = asyncio.ensure_future(bus.run_background())
    try:
        if replicas is not None:
            await _ensure_streams(bus, replicas, timeout_s)
        yield bus
    finally:
        background.cancel()
        await asyncio.gather(background, return_exceptions=True)
        await _close(client)


async def _open(client: Client, url: str, name: str, timeout_s: float, drops: DropCounter, bus: Bus) -> None:
    shown_url = _without_credentials(url)

    async def on_error(error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            drops.record(error.subject)
        elif isinstance(error, OSError):
            # Raised for each attempt to reconnect; bus_disconnected has been logged once.
            log.debug("bus_error", error=repr(error))
        else:
            log.warning("bus_error", error=repr(error))

    async def on_disconnect() -> None:
        if not client.is_closed:
            log.warning("bus_disconnected", url=shown_url)

    async def on_reconnect() -> None:
        connected = client.connected_url
        log.info("bus_reconnected", url=_without_credentials(connected.geturl()) if connected else shown_url)
        await bus.on_reconnected()

    try:
        async with asyncio.timeout(timeout_s):
            await client.connect(
                servers=random.sample(servers := url.split(","), len(servers)),
                # After a failure, the client then tries the next server instead of possibly the same one at
                # random.
                dont_randomize=True,
                name=name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type] # passed to asyncio.sleep
                connect_timeout=CONNECT_TIMEOUT_S,
                ping_interval=PING_INTERVAL_S,  # type: ignore[arg-type] # as above
                max_outstanding_pings=MAX_OUTSTANDING_PINGS,
                error_cb=on_error,
                disconnected_cb=on_disconnect,
                reconnected_cb=on_reconnect,
            )
    except (NatsError, OSError, TimeoutError) as error:
        raise BusError(
            f"no NATS server at {shown_url} (PARLEY_NATS_URL) within {timeout_s:g} s: start one, or set the"
            " address"
        ) from error


def _without_credentials(url: str) -> str:
    """The addresses of NATS servers, without their user names, passwords and tokens, for logs."""
    return re.sub(r"(?<=//)[^/,]*@", "", url)


async def _ensure_streams(bus: Bus, replicas: int, timeout_s: float) -> None:
    retries = stamina.retry_context(
        on=(NatsError, TimeoutError),
        attempts=None,
        timeout=timeout_s,
        wait_initial=_JETSTREAM_RETRY_INTERVAL_S,
        wait_max=_JETSTREAM_RETRY_INTERVAL_S,
        wait_jitter=0,
    )
    try:
        async for attempt in retries:
            with attempt:
                await bus.streams.ensure(replicas)
    except (NatsError, TimeoutError) as error:
        raise BusError(f"JetStream is not ready within {timeout_s:g} s: {error!r}") from error


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            if client.is_connected:
                await client.flush(timeout=_CLOSE_FLUSH_TIMEOUT_S)
            await client.close()
    except (NatsError, TimeoutError) as error:
        log.warning("bus_not_flushed_at_close", error=repr(error))
