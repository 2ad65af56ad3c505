"""The faults that the drill injects; each is removed on exit."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import nats

from bench.alert_drill import faults
from bench.alert_drill.drill import Fault, Scene
from bench.alert_drill.exporter import Exporter
from bench.chaos.dialogue import wants_tool
from bench.turns.scripts import QUESTIONS

MAX_CALLS = 5
"""Calls that one process accepts in the drill."""
CALLERS = 4
TOOLS_AGENT = "drill-tools"
_QUESTIONS_FOR_THE_TOOL = tuple(question for question in QUESTIONS if wants_tool(question))
_LONG_CALL_S = 60.0
_STARTED_AFTER_S = 4.0


def emulator(name: str, fault: dict[str, Any], recovery: dict[str, Any]) -> Fault:
    """Change settings of an emulator."""

    @asynccontextmanager
    async def inject(scene: Scene) -> AsyncIterator[None]:
        await scene.emulators.configure(name, **fault)
        try:
            yield
        finally:
            await scene.emulators.configure(name, **recovery)

    return inject


def repeated_question(question: str, name: str = "", fault: dict[str, Any] | None = None) -> Fault:
    """Callers repeat a question whose answer calls a tool, while an emulator has these settings."""

    @asynccontextmanager
    async def inject(scene: Scene) -> AsyncIterator[None]:
        async with scene.load.repeating(TOOLS_AGENT, question):
            if fault is None:
                yield
                return
            async with emulator(name, fault, {key: type(value)() for key, value in fault.items()})(scene):
                yield

    return inject


@asynccontextmanager
async def unreported_ends(scene: Scene) -> AsyncIterator[None]:
    """Callers who hang up before a media stream has opened, while no status callback arrives."""
    line = {"refused_streams": 9, "no_fall_through": True, "lost_callbacks": True}
    async with faults.repeated(lambda: scene.load.short_call(1, line), 2):
        yield


def processes(fault: Callable[[faults.Pids], AbstractAsyncContextManager[None]], *kinds: str) -> Fault:
    """A fault of all processes of some kinds."""
    return lambda scene: fault(lambda: scene.pids(*kinds))


@asynccontextmanager
async def many_callers(scene: Scene) -> AsyncIterator[None]:
    """More calls than the processes accept."""
    scene.load.resize(3 * MAX_CALLS)
    try:
        yield
    finally:
        scene.load.resize(CALLERS)


@asynccontextmanager
async def postgres_frozen(scene: Scene) -> AsyncIterator[None]:
    """Freeze Postgres, while more calls end than usual."""
    scene.load.resize(2 * MAX_CALLS)
    async with faults.frozen(lambda: faults.family(scene.system.postgres_pid())):
        try:
            yield
        finally:
            scene.load.resize(CALLERS)


@asynccontextmanager
async def recordings_not_writable(scene: Scene) -> AsyncIterator[None]:
    """Replace the folder of the recordings by a file."""
    folder = scene.system.home / "recordings"
    renamed = folder.with_name("recordings-renamed")
    folder.rename(renamed)
    folder.write_text("a file in place of the folder", encoding="utf-8")
    try:
        yield
    finally:
        folder.unlink()
        renamed.rename(folder)


@asynccontextmanager
async def unsigned_requests(scene: Scene) -> AsyncIterator[None]:
    """Request the voice webhook without a signature, five times a second."""
    url, form = f"{scene.system.edge_url}/voice", {"CallSid": "CA" + "0" * 32}
    async with faults.repeated(lambda: scene.client.post(url, data=form), 0.2):
        yield


@asynccontextmanager
async def failing_tool(scene: Scene) -> AsyncIterator[None]:
    """Make the agent's tool fail."""
    scene.load.questions = _QUESTIONS_FOR_THE_TOOL
    scene.tool.fails = True
    try:
        yield
    finally:
        scene.load.questions = QUESTIONS
        scene.tool.fails = False


@asynccontextmanager
async def work_without_a_call(scene: Scene) -> AsyncIterator[None]:
    """Work for calls that have no event log, at which every owner fails."""
    connection = await nats.connect(scene.system.topology.env["PARLEY_NATS_URL"])
    for _ in range(4):
        await connection.jetstream().publish(f"work.brain.CA{os.urandom(16).hex()}", b"")
    await connection.close()
    yield


@asynccontextmanager
async def small_streams(scene: Scene) -> AsyncIterator[None]:
    """Lower the byte limits of AUDIO and CALLS."""
    connection = await nats.connect(scene.system.topology.env["PARLEY_NATS_URL"])
    stream = connection.jetstream()
    usual = {}
    try:
        for name in ("AUDIO", "CALLS"):
            info = await stream.stream_info(name)
            usual[name] = info.config.max_bytes
            await stream.update_stream(info.config.evolve(max_bytes=int(info.state.bytes * 1.04)))
        yield
    finally:
        for name, max_bytes in usual.items():
            info = await stream.stream_info(name)
            await stream.update_stream(info.config.evolve(max_bytes=max_bytes))
        await connection.close()


@asynccontextmanager
async def no_targets(scene: Scene) -> AsyncIterator[None]:
    """Hide all targets from Prometheus."""
    scene.monitoring.scrape({})
    try:
        yield
    finally:
        scene.monitoring.scrape(scene.targets)


@asynccontextmanager
async def another_version(scene: Scene) -> AsyncIterator[None]:
    """Add a process of another version to the targets."""
    async with Exporter('parley_build_info{stage="brain",version="0.0.1"} 1\n').served() as address:
        scene.monitoring.scrape({**scene.targets, "brain-old": address})
        try:
            yield
        finally:
            scene.monitoring.scrape(scene.targets)


@asynccontextmanager
async def slow_drain(scene: Scene) -> AsyncIterator[None]:
    """Stop an edge that has calls which do not end."""
    async with scene.load.long_calls(MAX_CALLS, _LONG_CALL_S):
        await asyncio.sleep(_STARTED_AFTER_S)
        faults.send([scene.system.pids()["edge-2"]], signal.SIGTERM)
        yield
