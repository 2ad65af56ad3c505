"""Place calls whose agent acts outside of the call, and kill the owner of a stage at that moment."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.chaos.effects import Moment, Outside, effects_of, people, spoken_twice
from bench.chaos.evaluation import claimed_by
from cli.call_log import follow, open_bus
from parley.bus import Bus
from parley.v1.event_pb2 import Event
from sandbox.caller.client import Telephone, open_telephone

_CALL_TIMEOUT_S = 150.0


@dataclass(slots=True)
class EffectRound:
    """The results of the calls of one round."""

    stage: str
    calls: int = 0
    kills: int = 0
    effects: dict[str, list[int]] = field(default_factory=dict)
    """The number of effects of each call, by moment."""
    problems: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, object]:
        """The results as values for JSON."""
        counts = [count for effects in self.effects.values() for count in effects]
        return {
            "calls": self.calls,
            "kills": self.kills,
            "effects_missing": sum(count == 0 for count in counts),
            "effects_doubled": sum(count > 1 for count in counts),
            "effects": self.effects,
            "problems": self.problems,
        }


class EffectCalls:
    """The calls of a running system with the agents of `effects`."""

    def __init__(
        self, nats_url: str, telephone_url: str, edge_url: str, bookings: Callable[[str], int]
    ) -> None:
        """Create it; `bookings` returns the number of bookings that the service made for a call."""
        self._nats_url = nats_url
        self._telephone_url = telephone_url
        self._edge_url = edge_url
        self._bookings = bookings

    async def run(
        self, stage: str, moments: Sequence[Moment], recovered: Callable[[int], Awaitable[None]]
    ) -> EffectRound:
        """Place one call per moment; kill the owner of the stage in each call at its moment.

        The next call begins while the others continue, once `recovered` has returned, which is awaited with
        the id of the killed process.
        """
        result = EffectRound(stage, len(moments))
        async with open_bus(self._nats_url) as bus, open_telephone(self._telephone_url) as telephone:
            for address, person in people().items():
                await telephone.register_callee(address, person)
            async with asyncio.TaskGroup() as tasks:
                for number, moment in enumerate(moments):
                    killed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
                    caller = f"+1555010{4000 + number}"
                    call = tasks.create_task(self._call(bus, telephone, moment, caller, result, killed))
                    await asyncio.wait((call, killed), return_when=asyncio.FIRST_COMPLETED)
                    if killed.done():
                        result.kills += 1
                        await recovered(killed.result())
        return result

    async def _call(
        self,
        bus: Bus,
        telephone: Telephone,
        moment: Moment,
        caller: str,
        result: EffectRound,
        killed: asyncio.Future[int],
    ) -> None:
        before = await self._messages_to(caller)
        url = f"{self._edge_url}/voice?agent={moment.agent}"
        call_sid = await telephone.call(moment.script(), from_=caller, voice_url=url)
        events: list[Event] = []
        worker = ""
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                async for event in follow(bus, call_sid):
                    events.append(event)
                    worker = claimed_by(result.stage, event) or worker
                    if worker and moment.is_reached(event) and not killed.done():
                        pid = int(worker.rpartition("/")[2])
                        os.kill(pid, signal.SIGKILL)
                        killed.set_result(pid)
            report = await telephone.report(call_sid)
        except TimeoutError:
            result.problems.append(f"{call_sid}: {moment.name}: not recorded within {_CALL_TIMEOUT_S:g} s")
            return
        outside = Outside(
            self._bookings(call_sid),
            await self._messages_to(caller) - before,
            keys_pressed=not report.timeouts,
        )
        effects = effects_of(moment, events, outside)
        result.effects.setdefault(moment.name, []).append(effects)
        note = f"{call_sid}: {moment.name}"
        if not killed.done():
            result.problems.append(f"{note}: the moment did not come")
        if effects != 1:
            result.problems.append(f"{note}: {effects} effects")
        result.problems += [f"{note}: played twice: {text!r}" for text in spoken_twice(events)]

    async def _messages_to(self, number: str) -> int:
        async with httpx.AsyncClient(base_url=self._telephone_url, trust_env=False) as sandbox:
            entries: list[dict[str, Any]] = (await sandbox.get("/sandbox/log")).json()["entries"]
        return sum(entry["kind"] == "message" and entry["to"] == number for entry in entries)
