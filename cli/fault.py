"""`parley fault edge-drop`: kill the edge of a live call and report how the call resumes.

Twilio does not document what happens when the socket of a media stream breaks; with a real account this
command shows it.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.call_log import open_bus
from cli.calls import SystemNotRunning, nats_url_of
from parley.bus import Bus, streams, subjects
from parley.errors import BusError
from parley.events.envelope import event_body, parse
from parley.events.log import open_call_log
from parley.events.outbox import Outbox
from parley.v1.call_pb2 import CallEnded, StreamResuming, StreamStarted
from parley.v1.event_pb2 import Event

_MAX_WAIT_S = 30.0
_METHODS = {
    "redirect": "Twilio requested the verb after <Connect> on its own",
    "rest": "the edge redirected the call via REST",
}


class FaultError(Exception):
    """The fault cannot be injected; the message gives the reason."""


async def edge_drop(home: Path, call_sid: str, console: Console) -> int:
    """Kill the edge that carries a call; returns 0 if the call resumed."""
    try:
        async with open_bus(nats_url_of(home)) as bus:
            call_sid = call_sid or await _live_call(bus)
            return await _kill_edge(bus, call_sid, console)
    except (SystemNotRunning, FaultError, BusError) as error:
        console.print(Text(str(error), style="red"))
        return 1


async def _live_call(bus: Bus) -> str:
    """CallSid of the latest call in progress."""
    events = [parse(m.data) for m in await bus.streams.read(streams.CALLS, "call.*.stream.started")]
    for event in reversed([event for event in events if event is not None]):
        if not await bus.streams.read(streams.CALLS, subjects.call_event(event.call_sid, "call_ended")):
            return event.call_sid
    raise FaultError("no call is in progress: call the number first, and run this during the call")


async def _kill_edge(bus: Bus, call_sid: str, console: Console) -> int:
    async with open_call_log(bus, Outbox(bus), call_sid, "cli", 0) as call_log:
        pid = owning_edge([event async for event in call_log.past()], socket.gethostname())
        console.print(f"{call_sid}: killing its edge, process {pid}")
        killed_us = time.time_ns() // 1000
        os.kill(pid, signal.SIGKILL)
        try:
            async with asyncio.timeout(_MAX_WAIT_S):
                return await _report(aiter(call_log), killed_us, console)
        except TimeoutError:
            console.print(f"[red]no stream was opened within {_MAX_WAIT_S:g} s: the call is lost")
            return 1


def owning_edge(history: Sequence[Event], host: str) -> int:
    """Process id of the edge that carries a call.

    Raises:
        FaultError: the call has ended, has no stream, or its edge runs on another machine.
    """
    workers = [event.stream_started.worker for event in history if event.HasField("stream_started")]
    if not workers or any(event.HasField("call_ended") for event in history):
        raise FaultError("the call has no stream, or has ended; is the CallSid right?")
    _, where, pid = workers[-1].split("/")
    if where != host:
        raise FaultError(f"its edge runs on {where}, this is {host}: run the command there")
    return int(pid)


async def _report(events: AsyncIterator[Event], killed_us: int, console: Console) -> int:
    async for event in events:
        after_ms = (event.sent_at_us - killed_us) / 1000
        match event_body(event):
            case StreamResuming(method=method):
                console.print(f"  after {after_ms:5.0f} ms  {_METHODS.get(method, method)}")
            case StreamStarted(worker=worker):
                console.print(f"  after {after_ms:5.0f} ms  a new stream is open on {worker}")
                return 0
            case CallEnded(reason=reason):
                console.print(f"  after {after_ms:5.0f} ms  [red]the call has ended ({reason})")
                return 1
            case _:
                pass
    return 1
