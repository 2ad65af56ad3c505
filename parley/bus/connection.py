"""Opens a connection to NATS that reconnects by itself, and creates the streams and consumers."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import stamina
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import SlowConsumerError
from nats.js.errors import APIError

from parley.bus.client import Bus
from parley.bus.nats_internals import ReconnectingClient
from parley.bus.security import Security
from parley.bus.shielded import limited
from parley.bus.streams import StreamLimits
from parley.bus.subscription import DropCounter
from parley.errors import BusError
from parley.failover_timing import (
    CONNECT_TIMEOUT_S,
    MAX_OUTSTANDING_PINGS,
    PING_INTERVAL_S,
    RECONNECT_WAIT_S,
)
from parley.settings import CommonSettings

log = structlog.get_logger()

_JETSTREAM_TIMEOUT_S = 5
_JETSTREAM_RETRY_INTERVAL_S = 0.5
_CLOSE_TIMEOUT_S = 5
_CLOSE_FLUSH_TIMEOUT_S = 2
# Error codes of JetStream: account resources exceeded, insufficient storage.
_NO_SPACE = (10002, 10047)
_NO_SECURITY = Security()
_DEFAULT_LIMITS = StreamLimits()


@asynccontextmanager
async def connect(
    url: str,
    name: str,
    *,
    timeout_s: float,
    replicas: int | None = 1,
    security: Security = _NO_SECURITY,
    limits: StreamLimits = _DEFAULT_LIMITS,
) -> AsyncIterator[Bus]:
    """While entered, a connection that reconnects by itself; streams and consumers exist.

    Args:
        url: addresses of the servers, separated by commas.
        name: name of the connection, for the server's monitoring.
        timeout_s: how long to wait for a server, and for JetStream.
        replicas: number of replicas of each stream; None leaves streams and consumers unchanged.
        security: authentication and TLS.
        limits: what the streams retain.

    Raises:
        BusError: no server replied within `timeout_s`; the message names the address.
        ConfigError: a file of `security` cannot be used.
    """
    client, drops = ReconnectingClient(), DropCounter()
    replicated = replicas is None or replicas > 1
    bus = Bus(client, client.jetstream(timeout=_JETSTREAM_TIMEOUT_S), drops, replicated=replicated)
    await _open(client, url, name, timeout_s, drops, bus, security)
    background = asyncio.ensure_future(bus.run_background())
    try:
        if replicas is not None:
            await _ensure_streams(bus, replicas, limits, timeout_s)
        yield bus
    finally:
        background.cancel()
        await asyncio.gather(background, return_exceptions=True)
        await _close(client)


def connect_service(
    settings: CommonSettings, name: str, *, change_streams: bool = True
) -> AbstractAsyncContextManager[Bus]:
    """The connection of a service; only services that own calls change the streams."""
    return connect(
        settings.nats_url,
        name,
        timeout_s=settings.start_timeout_s,
        replicas=settings.nats_replicas if change_streams else None,
        security=security_of(settings),
        limits=StreamLimits(
            audio_max_bytes=settings.audio_stream_max_bytes,
            calls_max_bytes=settings.calls_stream_max_bytes,
            calls_max_age_s=settings.calls_stream_max_age_s,
        ),
    )


def security_of(settings: CommonSettings) -> Security:
    """The files that the settings name."""
    return Security(
        credentials_file=settings.nats_credentials_file,
        ca_file=settings.nats_ca_file,
        cert_file=settings.nats_cert_file,
        key_file=settings.nats_key_file,
    )


async def _open(
    client: Client,
    url: str,
    name: str,
    timeout_s: float,
    drops: DropCounter,
    bus: Bus,
    security: Security,
) -> None:
    shown_url = _without_credentials(url)
    options = security.connect_options()
    last_error = ""

    async def on_error(error: Exception) -> None:
        nonlocal last_error
        # A server that refuses a client also resets its connection.
        if not (last_error and isinstance(error, ConnectionError)):
            last_error = repr(error)
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
        connecting = client.connect(
            servers=random.sample(servers := url.split(","), len(servers)),
            # After a failure, the client then tries the next server instead of any, perhaps the same one.
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
            **options,
        )
        # The client itself never stops trying.
        await limited(connecting, timeout_s)
    except (NatsError, OSError, TimeoutError) as error:
        reason = last_error or repr(error)
        raise BusError(
            f"no NATS server at {shown_url} (PARLEY_NATS_URL) within {timeout_s:g} s: start one, or set the"
            f" address; the last error: {reason}"
        ) from error


def _without_credentials(url: str) -> str:
    """The addresses of NATS servers, without their user names, passwords and tokens, for logs."""
    return re.sub(r"(?<=//)[^/,]*@", "", url)


async def _ensure_streams(bus: Bus, replicas: int, limits: StreamLimits, timeout_s: float) -> None:
    retries = stamina.retry_context(
        on=_is_transient,
        attempts=None,
        timeout=timeout_s,
        wait_initial=_JETSTREAM_RETRY_INTERVAL_S,
        wait_max=_JETSTREAM_RETRY_INTERVAL_S,
        wait_jitter=0,
    )
    try:
        async for attempt in retries:
            with attempt:
                await bus.streams.ensure(replicas, limits)
    except APIError as error:
        if _is_transient(error):
            raise BusError(f"JetStream is not ready within {timeout_s:g} s: {error!r}") from error
        raise BusError(
            f"JetStream has no space for the streams ({error.description}): raise max_file_store, or lower"
            " PARLEY_AUDIO_STREAM_MAX_BYTES and PARLEY_CALLS_STREAM_MAX_BYTES"
        ) from error
    except (NatsError, TimeoutError) as error:
        raise BusError(f"JetStream is not ready within {timeout_s:g} s: {error!r}") from error


def _is_transient(error: Exception) -> bool:
    if isinstance(error, APIError):
        return error.err_code not in _NO_SPACE
    return isinstance(error, (NatsError, TimeoutError))


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            if client.is_connected:
                await client.flush(timeout=_CLOSE_FLUSH_TIMEOUT_S)
            await client.close()
    except (NatsError, OSError, RuntimeError) as error:
        # uvloop raises RuntimeError for a last write to a connection that the server has closed.
        log.warning("bus_not_flushed_at_close", error=repr(error))
