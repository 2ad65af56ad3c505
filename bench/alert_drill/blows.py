"""The faults of the drill, and the alerts that each makes fire."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import nats

from bench.alert_drill import faults
from bench.alert_drill.drill import Blow, Fault, Scene
from bench.alert_drill.exporter import Exporter
from bench.alert_drill.monitoring import Alert

MAX_CALLS = 5
"""Calls that one process accepts in the drill."""
CALLERS = 4


def _page(name: str) -> Alert:
    return Alert(f"Parley{name}", "page")


def _ticket(name: str) -> Alert:
    return Alert(f"Parley{name}", "ticket")


def _emulator(name: str, fault: dict[str, Any], recovery: dict[str, Any]) -> Fault:
    @asynccontextmanager
    async def inject(scene: Scene) -> AsyncIterator[None]:
        await scene.emulators.configure(name, **fault)
        try:
            yield
        finally:
            await scene.emulators.configure(name, **recovery)

    return inject


def _processes(fault: Callable[[faults.Pids], AbstractAsyncContextManager[None]], *kinds: str) -> Fault:
    return lambda scene: fault(lambda: scene.pids(*kinds))


def _one(fault: Callable[[faults.Pids], AbstractAsyncContextManager[None]], name: str) -> Fault:
    return lambda scene: fault(lambda: [scene.system.pids()[name]])


@asynccontextmanager
async def _many_callers(scene: Scene) -> AsyncIterator[None]:
    scene.load.resize(3 * MAX_CALLS)
    try:
        yield
    finally:
        scene.load.resize(CALLERS)


@asynccontextmanager
async def _postgres_frozen(scene: Scene) -> AsyncIterator[None]:
    scene.load.resize(2 * MAX_CALLS)
    async with faults.frozen(lambda: faults.family(scene.system.postgres_pid())):
        try:
            yield
        finally:
            scene.load.resize(CALLERS)


@asynccontextmanager
async def _recordings_not_writable(scene: Scene) -> AsyncIterator[None]:
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
async def _unsigned_requests(scene: Scene) -> AsyncIterator[None]:
    async def request_repeatedly() -> None:
        while True:
            await scene.client.post(f"{scene.system.edge_url}/voice", data={"CallSid": "CA" + "0" * 32})
            await asyncio.sleep(0.2)

    task = asyncio.create_task(request_repeatedly())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def _failing_tool(scene: Scene) -> AsyncIterator[None]:
    scene.tool.fails = True
    try:
        yield
    finally:
        scene.tool.fails = False


@asynccontextmanager
async def _work_without_a_call(scene: Scene) -> AsyncIterator[None]:
    """Work for calls that have no event log, at which every owner fails."""
    connection = await nats.connect(scene.system.topology.env["PARLEY_NATS_URL"])
    for _ in range(4):
        await connection.jetstream().publish(f"work.brain.CA{os.urandom(16).hex()}", b"")
    await connection.close()
    yield


@asynccontextmanager
async def _small_streams(scene: Scene) -> AsyncIterator[None]:
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
async def _no_targets(scene: Scene) -> AsyncIterator[None]:
    scene.monitoring.scrape({})
    try:
        yield
    finally:
        scene.monitoring.scrape(scene.targets)


@asynccontextmanager
async def _another_version(scene: Scene) -> AsyncIterator[None]:
    async with Exporter('parley_build_info{stage="brain",version="0.0.1"} 1\n').served() as address:
        scene.monitoring.scrape({**scene.targets, "brain-old": address})
        try:
            yield
        finally:
            scene.monitoring.scrape(scene.targets)


@asynccontextmanager
async def _slow_drain(scene: Scene) -> AsyncIterator[None]:
    faults.send([scene.system.pids()["edge-2"]], signal.SIGTERM)
    yield


_LLM_WORKS = {"llm_fault": "", "llm_refuse": 0, "first_token_ms": 30}
_TELEPHONE_WORKS: dict[str, Any] = {"faults": {}}
_LOST_STREAMS = {
    "faults": {"drop_sockets_at_ms": [4000, 4000, 4000, 4000], "no_fall_through": True, "rest_500": 1}
}

BLOWS = (
    Blow(
        "slow-model",
        "the model's first token takes 1.3 s",
        _emulator("openai", {"first_token_ms": 1300}, _LLM_WORKS),
        (
            _page("TurnLatencyBurnFast"),
            _page("TurnLatencyBurnSlow"),
            _ticket("TurnLatencyBurnSteady"),
            _ticket("TurnLatencyMedian"),
            _ticket("TurnLatencyPart"),
        ),
        fires_within_s=420,
        resolves_within_s=240,
    ),
    Blow(
        "silent-model",
        "the model accepts requests and does not answer",
        _emulator("openai", {"llm_fault": "hang"}, _LLM_WORKS),
        (
            _page("ProviderDown"),
            _ticket("ProviderFailures"),
            _ticket("ProviderCircuitOpen"),
            _page("DeadAir"),
            _ticket("DeadAir"),
            _page("CallsFallBack"),
        ),
        fires_within_s=120,
        resolves_within_s=120,
    ),
    Blow(
        "revoked-key",
        "the model's provider answers 401",
        _emulator("openai", {"llm_refuse": 401}, _LLM_WORKS),
        (_page("ProviderRejects"),),
    ),
    Blow(
        "lost-streams",
        "media streams break, and Twilio's REST API fails",
        _emulator("twilio", _LOST_STREAMS, _TELEPHONE_WORKS),
        (_page("CallsLost"), _ticket("CallsLost")),
        fires_within_s=150,
        not_resolved=(_ticket("CallsLost"),),
    ),
    Blow(
        "refused-streams",
        "the handshake of every media stream fails",
        _emulator("twilio", {"faults": {"refused_streams": 9}}, _TELEPHONE_WORKS),
        (_page("MediaStreamsFail"),),
    ),
    Blow(
        "unsigned-requests",
        "five requests a second without a signature",
        _unsigned_requests,
        (_ticket("SignaturesRefused"),),
    ),
    Blow(
        "failing-tool",
        "the service of the agent's tool answers 500",
        _failing_tool,
        (_ticket("ToolsFail"),),
        fires_within_s=180,
    ),
    Blow(
        "stt-crashes",
        "every stt process is killed every 4 s",
        _processes(lambda pids: faults.killed_repeatedly(pids, 4), "stt"),
        (_page("TakeoverStorm"), _page("ProcessRestarts"), _ticket("CallTakenOverRepeatedly")),
    ),
    Blow(
        "no-brain",
        "every brain process is killed as soon as it starts",
        _processes(faults.downed, "brain"),
        (_page("StageMissing"), _page("CallsWaitForWorkers"), _ticket("TargetDown")),
    ),
    Blow(
        "late-brains",
        "the brains are frozen for 0.25 s twice a second",
        _processes(lambda pids: faults.pulsed(pids, 0.25, 0.2), "brain"),
        (_page("EventLoopLate"), _ticket("EventLoopLate"), _ticket("TurnOverhead")),
        fires_within_s=150,
        resolves_within_s=120,
    ),
    Blow(
        "many-calls",
        "more calls than the processes accept",
        _many_callers,
        (_page("CapacityNearLimit"), _ticket("CapacityNearLimit")),
        resolves_within_s=150,
    ),
    Blow(
        "bad-work",
        "work for calls that do not exist",
        _work_without_a_call,
        (_ticket("LeasesFail"), _page("StagesAbandoned"), _ticket("StagesAbandoned")),
    ),
    Blow(
        "stuck-drain",
        "an edge is stopped; its calls do not end",
        _slow_drain,
        (_ticket("DrainStuck"),),
    ),
    Blow(
        "nats-frozen",
        "NATS is frozen",
        _processes(faults.frozen, "nats"),
        (
            _page("BusDown"),
            _ticket("BusDisconnected"),
            _page("EventsUnacked"),
            _ticket("NotReady"),
            _page("WebhookErrors"),
        ),
    ),
    Blow(
        "nats-restarts",
        "NATS is killed every 2 s",
        _processes(lambda pids: faults.killed_repeatedly(pids, 2), "nats"),
        (_ticket("BusReconnects"),),
    ),
    Blow(
        "slow-nats",
        "NATS is frozen for 0.3 s twice a second",
        _processes(lambda pids: faults.pulsed(pids, 0.3, 0.2), "nats"),
        (_ticket("BusSlow"),),
    ),
    Blow(
        "small-streams",
        "the limits of AUDIO and CALLS are lowered to 104 % of their size",
        _small_streams,
        (_page("StreamNearLimit"), _ticket("StreamNearLimit")),
    ),
    Blow(
        "postgres-frozen",
        "Postgres is frozen",
        _postgres_frozen,
        (_ticket("StorageFailures"), _ticket("RecordsPending")),
        fires_within_s=150,
    ),
    Blow(
        "recordings",
        "the folder of the recordings cannot be written",
        _recordings_not_writable,
        (_page("StorageFailures"), _ticket("RecorderBehind"), _page("RecorderBehind")),
        fires_within_s=150,
    ),
    Blow(
        "old-version",
        "a process of another version",
        _another_version,
        (_ticket("MixedVersions"),),
        fires_within_s=180,
    ),
    Blow("no-targets", "Prometheus finds no target", _no_targets, (_page("Absent"),)),
)
