"""Restart the processes of a stage one after another, as Kubernetes does with its pods."""

import asyncio
import dataclasses
import time
from collections.abc import Sequence

import httpx

from bench.chaos.fault_injection import Fault, owned_calls
from bench.chaos.targets import kind_of
from bench.rolling.chart import Rollout, rollout
from bench.rolling.result import Restart
from cli.free_port import free_port
from cli.process import ChildProcess, OnLine
from cli.system import System
from cli.topology import ProcessSpec

_READY_TIMEOUT_S = 60.0


class Fleet:
    """The running processes of the services, and the means to replace them."""

    def __init__(
        self, system: System, tasks: asyncio.TaskGroup, client: httpx.AsyncClient, on_line: OnLine
    ) -> None:
        self._running = dict(system.processes)
        self._logs = system.home / "logs"
        self._tasks, self._client, self._on_line = tasks, client, on_line
        self._started: list[ChildProcess] = []

    def names(self, stage: str) -> list[str]:
        """Names of the stage's processes, the last one first, as a StatefulSet updates its pods."""
        return [name for name in reversed(self._running) if kind_of(name) == stage]

    async def calls(self) -> float:
        """Number of media streams that the edges have."""
        urls = [self._running[name].spec.ready_url for name in self.names("edge")]
        return sum([await owned_calls(self._client, url) for url in urls])

    async def restart_stage(self, stage: str, drain_timeout_s: float, done: list[Restart]) -> None:
        """Replace each process of the stage; `done` gets an entry for each.

        Raises:
            ProcessFailed: a new process did not start.
        """
        plan = rollout(stage, drain_timeout_s)
        names = self.names(stage)
        if not plan.surge:
            for name in names:
                done.append(await self._stop(name, plan))
                await self._start(self._running[name].spec)
            return
        # A terminating pod does not count as one of the Deployment: the next one starts while it drains.
        async with asyncio.TaskGroup() as stopping:
            for name in names:
                await self._start(self._another(stage, self._running[name].spec))
                stopping.create_task(self._stop_surplus(name, plan, done))
                await asyncio.sleep(0)

    async def stop(self) -> None:
        """Stop what this class has started."""
        await asyncio.gather(*(child.stop() for child in self._started))

    async def _start(self, spec: ProcessSpec) -> None:
        child = ChildProcess(spec, self._logs, self._on_line)
        self._started.append(child)
        self._tasks.create_task(child.run(), name=spec.name)
        await child.ready(self._client, _READY_TIMEOUT_S)
        self._running[spec.name] = child

    def _another(self, stage: str, spec: ProcessSpec) -> ProcessSpec:
        """A further process of the stage, with a name and a port of its own."""
        numbers = [int(name.rpartition("-")[2]) for name in self.names(stage) if "-" in name]
        port = free_port()
        return dataclasses.replace(
            spec,
            name=f"{stage}-{max(numbers, default=1) + 1}",
            env={**spec.env, f"PARLEY_{stage.upper()}_PORT": str(port)},
            ready_url=f"http://127.0.0.1:{port}/readyz",
        )

    async def _stop_surplus(self, name: str, plan: Rollout, done: list[Restart]) -> None:
        done.append(await self._stop(name, plan))
        del self._running[name]

    async def _stop(self, name: str, plan: Rollout) -> Restart:
        child = self._running[name]
        await asyncio.sleep(plan.pre_stop_s)
        fault, started_s = Fault(name, child.pid, time.time_ns() // 1000), time.monotonic()
        killed = await child.stop(plan.grace_period_s - plan.pre_stop_s)
        return Restart(fault, time.monotonic() - started_s, killed, child.exit_code)


async def restart(fleet: Fleet, stages: Sequence[str], drain_timeout_s: float, done: list[Restart]) -> None:
    """Restart the stages at the same time, as `helm upgrade` does; without a stage, none."""
    async with asyncio.TaskGroup() as tasks:
        for stage in stages:
            tasks.create_task(fleet.restart_stage(stage, drain_timeout_s, done))
