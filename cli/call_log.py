"""Follow a call's event log from outside the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.bus import Bus, connect
from parley.bus.connection import security_of
from parley.events.log import open_call_log
from parley.events.outbox import Outbox
from parley.settings import CommonSettings, load
from parley.v1.event_pb2 import Event


@asynccontextmanager
async def open_bus(nats_url: str) -> AsyncIterator[Bus]:
    """Connect to the NATS server of a running system.

    Raises:
        BusError: no server responds.
    """
    security = security_of(load(CommonSettings))
    async with connect(nats_url, "cli", timeout_s=5, replicas=None, security=security) as bus:
        yield bus


async def follow(bus: Bus, call_sid: str) -> AsyncIterator[Event]:
    """All events of a call from its first, until it is recorded."""
    async with open_call_log(bus, Outbox(bus), call_sid, "cli", 0) as call_log:
        async for event in call_log.past():
            yield event
            if event.HasField("call_recorded"):
                return
        async for event in call_log:
            yield event
            if event.HasField("call_recorded"):
                return
