"""Have all conversations held, some at a time, against one system."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.call_log import follow, open_bus
from parley.bus import Bus
from parley.v1.event_pb2 import Event
from sandbox.caller.client import SandboxError, Telephone, open_telephone
from sandbox.caller.report import Report
from tests.conversations.case import Case
from tests.e2e.running import Up

_AT_ONCE = 8
_LONGEST_S = 90.0


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held."""

    call_sid: str
    report: Report
    events: tuple[Event, ...]


def write_agents(cases: Sequence[Case], folder: Path) -> None:
    """An agent for each case, with its model."""
    folder.mkdir()
    for case in cases:
        for path, text in case.files(folder).items():
            path.write_text(text, encoding="utf-8")


async def hold_all(up: Up, cases: Sequence[Case]) -> dict[str, Held | str]:
    """By the case's name: the conversation, or why there is none."""
    room = asyncio.Semaphore(_AT_ONCE)
    async with (
        open_bus(up.system.nats_url) as bus,
        open_telephone(up.system.telephone_url) as telephone,
    ):

        async def hold(case: Case) -> Held | str:
            async with room:
                try:
                    return await _hold(bus, telephone, case, up.told["edge_url"])
                except SandboxError as error:
                    return str(error)
                except TimeoutError:
                    return f"the call did not end within {_LONGEST_S:g} s"

        held = await asyncio.gather(*(hold(case) for case in cases))
    return dict(zip((case.name for case in cases), held, strict=True))


async def _hold(bus: Bus, telephone: Telephone, case: Case, edge_url: str) -> Held:
    url = f"{edge_url}/voice?agent={case.name}"
    call_sid = await telephone.call(case.script, voice_url=url, faults=case.network or None)
    async with asyncio.timeout(_LONGEST_S):
        events = [event async for event in follow(bus, call_sid)]
    return Held(call_sid, await telephone.report(call_sid, decode_tone=True), tuple(events))
