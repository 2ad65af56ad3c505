"""Readers of a call's event log on a real bus, for tests."""

import asyncio

from cli.call_log import follow
from parley.bus import Bus, streams, subjects
from parley.events.envelope import Body, event_body, parse
from parley.v1.event_pb2 import Event


async def read_until(bus: Bus, call_sid: str, last: type[Body], *, timeout_s: float = 60) -> list[Body]:
    """Follow a call's log; returns its bodies up to and including the first of type `last`."""
    found: list[Body] = []
    async with asyncio.timeout(timeout_s):
        async for event in follow(bus, call_sid):
            body = event_body(event)
            assert body is not None
            found.append(body)
            if isinstance(body, last):
                break
    return found


async def read_bodies(bus: Bus, call_sid: str) -> list[Body]:
    """All bodies that a call's log contains now."""
    bodies = (event_body(event) for event in await read_events(bus, call_sid))
    return [body for body in bodies if body is not None]


async def read_events(bus: Bus, call_sid: str, name: str = "") -> list[Event]:
    """All events that a call's log contains now, or those with one name such as `call_recorded`."""
    subject = subjects.call_event(call_sid, name) if name else subjects.call_log(call_sid)
    messages = await bus.streams.read(streams.CALLS, subject)
    return [event for message in messages if (event := parse(message.data)) is not None]
