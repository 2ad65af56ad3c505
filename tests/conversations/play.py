"""Plays conversations against one system, eight at a time."""

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

_MAX_CONCURRENT = 8
_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class PlayedConversation:
    """A finished conversation: its events and the caller's report."""

    call_sid: str
    report: Report
    events: tuple[Event, ...]


def write_agents(cases: Sequence[Case], folder: Path) -> None:
    """Write the agent file and the model scenarios of each case."""
    folder.mkdir()
    for case in cases:
        for path, text in case.files(folder).items():
            path.write_text(text, encoding="utf-8")


async def play_all(up: Up, cases: Sequence[Case]) -> dict[str, PlayedConversation | str]:
    """Play all cases; returns the conversation, or the reason why it failed, by case name."""
    slots = asyncio.Semaphore(_MAX_CONCURRENT)
    async with (
        open_bus(up.system.nats_url) as bus,
        open_telephone(up.system.telephone_url) as telephone,
    ):

        async def play(case: Case) -> PlayedConversation | str:
            async with slots:
                try:
                    return await _play(bus, telephone, case, up.state["edge_url"])
                except SandboxError as error:
                    return str(error)
                except TimeoutError:
                    return f"the call did not end within {_TIMEOUT_S:g} s"

        played = await asyncio.gather(*(play(case) for case in cases))
    return dict(zip((case.name for case in cases), played, strict=True))


async def _play(bus: Bus, telephone: Telephone, case: Case, edge_url: str) -> PlayedConversation:
    url = f"{edge_url}/voice?agent={case.name}"
    call_sid = await telephone.call(case.script, voice_url=url, faults=case.network or None)
    async with asyncio.timeout(_TIMEOUT_S):
        events = [event async for event in follow(bus, call_sid)]
    return PlayedConversation(call_sid, await telephone.report(call_sid, decode_tone=True), tuple(events))
