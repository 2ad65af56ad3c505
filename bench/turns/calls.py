"""Run the calls of one round; collect the callers' reports, the event logs and the emulators' journals."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench.turns.provider_time import Journals
from cli.call_log import follow, open_bus
from cli.system import System
from parley.bus import Bus
from parley.errors import BusError, ParleyError
from parley.v1.event_pb2 import Event
from sandbox.caller.client import SandboxError, Telephone, open_telephone
from sandbox.caller.report import Report
from sandbox.caller.script import Script

_CALL_SPACING_S = 0.31
_MAX_CALL_S = 900.0
_RETRY_INTERVAL_S = 0.5
_RECORDING_TIMEOUT_S = 30.0
"""How long the recording may take after the end of a call."""
_EMULATORS = ("deepgram", "openai", "elevenlabs", "twilio")


@dataclass(frozen=True, slots=True)
class Call:
    """A finished call: the caller's report and the event log."""

    call_sid: str
    report: Report
    events: tuple[Event, ...]


class Emulators:
    """Settings and journals of the emulators."""

    def __init__(self, system: System, client: httpx.AsyncClient) -> None:
        self._urls = system.topology.sandbox_urls
        self._client = client
        self._read = dict.fromkeys(_EMULATORS, 0)

    async def configure(self, name: str, **settings: Any) -> None:
        """Change settings of one emulator."""
        reply = await self._client.patch(f"{self._urls[name]}/sandbox/settings", json=settings)
        reply.raise_for_status()

    async def new_entries(self) -> Journals:
        """Journal entries since the previous call of this method."""
        return Journals(*[tuple(await self._since(name)) for name in _EMULATORS])

    async def _since(self, name: str) -> list[dict[str, Any]]:
        params = {"since": self._read[name]}
        reply = await self._client.get(f"{self._urls[name]}/sandbox/log", params=params)
        entries: list[dict[str, Any]] = reply.raise_for_status().json()["entries"]
        if entries:
            self._read[name] = entries[-1]["n"]
        return entries


async def place_calls(
    system: System, agent: str, scripts: Sequence[Script], at_once: int
) -> tuple[list[Call], list[str]]:
    """Run all calls, `at_once` at a time; returns the finished calls and the problems."""
    problems: list[str] = []
    slots = asyncio.Semaphore(at_once)
    url = f"{system.edge_url}/voice?agent={agent}"
    async with (
        open_bus(system.topology.env["PARLEY_NATS_URL"]) as bus,
        open_telephone(system.topology.sandbox_urls["twilio"]) as telephone,
    ):

        async def call(number: int, script: Script) -> Call | None:
            async with slots:
                # Staggered: otherwise all callers would speak and pause at the same moments.
                await asyncio.sleep(min(number, at_once) * _CALL_SPACING_S)
                try:
                    return await _call(bus, telephone, script, url)
                except (SandboxError, TimeoutError, ParleyError) as error:
                    problems.append(f"call {number}: {error or 'did not end'}")
                    return None

        done = await asyncio.gather(*(call(number, script) for number, script in enumerate(scripts)))
    return [finished for finished in done if finished is not None], problems


async def _call(bus: Bus, telephone: Telephone, script: Script, url: str) -> Call:
    call_sid = await telephone.call(script, voice_url=url)
    events: list[Event] = []

    async def read() -> None:
        while True:
            try:
                async for event in follow(bus, call_sid):
                    events.append(event)
            except BusError:
                # NATS may be the target of the fault: read the log again.
                events.clear()
                await asyncio.sleep(_RETRY_INTERVAL_S)
            else:
                return

    reading = asyncio.ensure_future(read())
    try:
        async with asyncio.timeout(_MAX_CALL_S):
            async for _ in telephone.events(call_sid):
                pass
        # A call that never reached the edge has no log and no recording.
        done, _ = await asyncio.wait([reading], timeout=_RECORDING_TIMEOUT_S)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    for finished in done:
        finished.result()
    return Call(call_sid, await telephone.report(call_sid, decode_tone=True), tuple(events))
