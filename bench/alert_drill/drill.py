"""Injects one fault, waits until its alerts fire, removes it, and waits until they are resolved."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field

import httpx

from bench.alert_drill.load import Load
from bench.alert_drill.monitoring import Alert, Monitoring
from bench.alert_drill.tool import Tool
from bench.turns.calls import Emulators
from cli.system import System

_POLL_INTERVAL_S = 0.5
_NOTIFIED_WITHIN_S = 12.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A system under load, and its monitoring."""

    system: System
    emulators: Emulators
    monitoring: Monitoring
    load: Load
    tool: Tool
    background: AsyncExitStack
    """Holds the programs that a fault leaves running until the end of the drill."""
    client: httpx.AsyncClient
    targets: dict[str, str]
    """Addresses that are scraped, by process."""

    def pids(self, *kinds: str) -> list[int]:
        """Process ids of the processes of some kinds, such as `stt`."""
        return [
            pid for name, pid in self.system.pids().items() if pid and name.rstrip("-0123456789") in kinds
        ]


Fault = Callable[[Scene], AbstractAsyncContextManager[None]]
"""Injects a fault on entry and removes it on exit."""


@dataclass(frozen=True, slots=True)
class Blow:
    """A fault and the alerts that it makes fire."""

    name: str
    """Name for `--only`."""
    text: str
    """Description of the fault."""
    fault: Fault
    alerts: tuple[Alert, ...]
    fires_within_s: float = 90
    resolves_within_s: float = 90
    nats_nodes: int = 1
    """NATS servers of the system."""
    not_resolved: tuple[Alert, ...] = ()
    """Alerts whose windows are too long to wait until they are resolved."""


@dataclass(slots=True)
class Result:
    """The course of one alert."""

    alert: Alert
    blow: str
    fired_s: float | None = None
    """Seconds from the injection of the fault until the alert fired."""
    resolved_s: float | None = None
    """Seconds from the removal of the fault until the alert was resolved."""
    delivered: str = "no"
    """"yes", "no", or "inhibited" by another alert."""
    fired_before: bool = False
    """Whether it fired before the fault."""
    resolution_not_awaited: bool = False
    others: set[Alert] = field(default_factory=set)
    """Other alerts that the fault made fire."""

    @property
    def is_complete(self) -> bool:
        """Whether the alert fired and was resolved, or need not be."""
        resolved = self.resolved_s is not None or self.resolution_not_awaited
        return not self.fired_before and self.fired_s is not None and resolved


async def run_blow(scene: Scene, blow: Blow) -> list[Result]:
    """Inject the fault of one blow and observe its alerts."""
    results = {alert: Result(alert, blow.text) for alert in blow.alerts}
    firing_before = await scene.monitoring.firing()
    for alert in set(blow.alerts) & firing_before:
        results[alert].fired_before = True
    seen_before = len(scene.monitoring.notifications.received)
    began = time.monotonic()
    others: set[Alert] = set()
    async with blow.fault(scene):
        while time.monotonic() - began < blow.fires_within_s:
            firing = await scene.monitoring.firing()
            others |= firing - firing_before - set(blow.alerts)
            for alert in firing & set(results):
                result = results[alert]
                if result.fired_s is None:
                    result.fired_s = time.monotonic() - began
            if all(result.fired_s is not None for result in results.values()):
                break
            await asyncio.sleep(_POLL_INTERVAL_S)
        # The notification follows after group_wait.
        await asyncio.sleep(3)
    await _observe_end(scene, blow, results)
    await _note_deliveries(scene, results, seen_before)
    for result in results.values():
        result.others = others
    return list(results.values())


async def _observe_end(scene: Scene, blow: Blow, results: dict[Alert, Result]) -> None:
    ended = time.monotonic()
    for alert in blow.not_resolved:
        results[alert].resolution_not_awaited = True
    waiting = {alert for alert, result in results.items() if result.fired_s is not None} - set(
        blow.not_resolved
    )
    while waiting and time.monotonic() - ended < blow.resolves_within_s:
        for alert in waiting - await scene.monitoring.firing():
            results[alert].resolved_s = time.monotonic() - ended
            waiting.discard(alert)
        await asyncio.sleep(_POLL_INTERVAL_S)


async def _note_deliveries(scene: Scene, results: dict[Alert, Result], since: int) -> None:
    deadline = time.monotonic() + _NOTIFIED_WITHIN_S
    while time.monotonic() < deadline:
        for alert, result in results.items():
            if alert in scene.monitoring.notifications.since(since):
                result.delivered = "yes"
        if all(result.delivered == "yes" for result in results.values()):
            return
        await asyncio.sleep(_POLL_INTERVAL_S)
    for result in results.values():
        if result.delivered == "no" and result.fired_s is not None:
            result.delivered = "inhibited"
