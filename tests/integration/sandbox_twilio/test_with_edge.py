"""The Twilio emulator and the edge as processes of their own, over a real bus."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.free_port import free_port
from parley.audio.g711 import FRAME_BYTES, FRAME_MS, SILENCE
from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import (
    CallEnded,
    CallStarted,
    Direction,
    DtmfPressed,
    StreamResuming,
    StreamStarted,
    StreamStopped,
)
from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import HangUpRequested, ReplyStarted
from sandbox.caller.voice_bank import load_bank
from tests.call_log import read_until
from tests.eventually import eventually
from tests.integration.edge_process import ROOT, EdgeProcess, running_edge
from tests.integration.sandbox_twilio.control_client import ControlClient
from tests.nats_server import NatsServer

ACCOUNT, TOKEN = "AC" + "5a" * 16, "sandbox"
LOUD = b"\x10\x90" * 4000
"""One second of audio far above the silence threshold."""


@dataclass(frozen=True)
class EmulatorWithEdge(ControlClient):
    """The emulator's control client, and the edge."""

    edge: EdgeProcess

    async def call(self, *steps: Any, **more: Any) -> str:
        """Start a call that the edge answers."""
        urls = {"voice_url": f"{self.edge.url}/voice", "status_callback_url": f"{self.edge.url}/status"}
        return await self.start_call(list(steps), **urls, **more)


@asynccontextmanager
async def running_emulator(port: int, folder: Path) -> AsyncIterator[str]:
    """Run `python -m sandbox.twilio` and stop it with SIGTERM; yields its URL."""
    settings = ("PARLEY_", "TWILIO_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    env["PARLEY_SANDBOX_TWILIO_PORT"] = str(port)
    url, log_path = f"http://127.0.0.1:{port}", folder / "emulator.log"
    with log_path.open("wb") as log:
        command = (sys.executable, "-m", "sandbox.twilio")
        process = await asyncio.create_subprocess_exec(
            *command, env=env, cwd=ROOT, stdout=log, stderr=asyncio.subprocess.STDOUT
        )
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client, asyncio.timeout(30):
            while not await _is_healthy(client):
                assert process.returncode is None, log_path.read_text("utf-8")
                await asyncio.sleep(0.05)
        yield url
        assert process.returncode is None, log_path.read_text("utf-8")
        process.terminate()
        async with asyncio.timeout(30):
            assert await process.wait() == 0, log_path.read_text("utf-8")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert "Traceback" not in log_path.read_text("utf-8")


async def _is_healthy(client: httpx.AsyncClient) -> bool:
    try:
        return bool((await client.get("/sandbox/health")).json() == {"ok": True})
    except httpx.TransportError:
        return False


@pytest.fixture
async def emulator(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[EmulatorWithEdge]:
    """The emulator and the edge, each configured with the other's URL."""
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_emulator(free_port(), tmp_path) as url,
        running_edge(
            nats_server.url,
            bus,
            tmp_path,
            PARLEY_TWILIO_URL=url,
            TWILIO_ACCOUNT_SID=ACCOUNT,
            TWILIO_AUTH_TOKEN=TOKEN,
            PARLEY_STREAM_RESUME_TIMEOUT_S="10",
        ) as edge,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client,
    ):
        yield EmulatorWithEdge(client, edge)


def kinds(bodies: list[Body]) -> list[type[Any]]:
    """The type of each event."""
    return [type(body) for body in bodies]


@asynccontextmanager
async def agent_of(bus: Bus, call_sid: str) -> AsyncIterator["Agent"]:
    """Act as the brain and tts of one call."""
    async with open_outbox(bus) as outbox, open_call_log(bus, outbox, call_sid, "brain", 1) as log:
        yield Agent(bus, call_sid, log.append)


@dataclass(frozen=True)
class Agent:
    """Publishes the events and audio of brain and tts."""

    bus: Bus
    call_sid: str
    append: Any

    async def speak(self, mulaw: bytes) -> None:
        """Publish a complete reply, r1."""
        await self.append(ReplyStarted(reply_id="r1"))
        pieces = ((1, 0, mulaw, False), (2, len(mulaw), b"", True))
        for sequence, offset, piece, last in pieces:
            audio = AgentAudio(
                epoch=1, sequence=sequence, reply_id="r1", offset_samples=offset, mulaw=piece, last=last
            )
            await self.bus.publish(subjects.agent_audio(self.call_sid), audio.SerializeToString())


async def test_caller_audio_is_published_and_the_hang_up_ends_the_call(emulator: EmulatorWithEdge) -> None:
    """Every frame is published once, in order and byte for byte."""
    words = load_bank().utterance("tuesday afternoon would be good").mulaw
    bus = emulator.edge.bus
    async with bus.subscribe("audio.in.>") as caller_audio:
        steps = ({"pause": 300}, {"say": "tuesday afternoon would be good"}, {"pause": 200}, "hang_up")
        call_sid = await emulator.call(*steps)
        bodies = await read_until(bus, call_sid, CallEnded)
        frames: list[CallerAudio] = []
        async for message in caller_audio:
            assert message.subject == subjects.caller_audio(call_sid)
            frames.append(CallerAudio.FromString(message.data))
            if caller_audio.pending == 0:
                break

    assert [kind for kind in kinds(bodies) if kind in (CallStarted, StreamStarted, CallEnded)] == [
        CallStarted,
        StreamStarted,
        CallEnded,
    ]
    assert [body.reason for body in bodies if isinstance(body, CallEnded)] == ["completed"]
    assert [audio.sequence for audio in frames] == list(range(1, len(frames) + 1))
    steps_ms = [later.at_ms - earlier.at_ms for earlier, later in pairwise(frames)]
    # On a busy machine frames are late, and the clock moves in the silence that follows.
    assert set(steps_ms) <= {0, FRAME_MS}
    assert steps_ms.count(0) <= len(steps_ms) // 4
    assert {len(audio.mulaw) for audio in frames} == {FRAME_BYTES}
    assert words.strip(SILENCE) in b"".join(audio.mulaw for audio in frames)


async def test_a_call_has_events_a_report_and_audio(emulator: EmulatorWithEdge) -> None:
    """The events range from ringing to the end."""
    call_sid = await emulator.call({"say": "hello"}, "hang_up")
    events = await emulator.events(call_sid)
    report = await emulator.report(call_sid)
    agent_wav = await emulator.client.get(f"/sandbox/calls/{call_sid}/agent.wav")

    speech = ("utterance_started", "utterance_finished")
    order = ("ringing", "twiml", "answered", "stream_started", *speech, "hung_up", "ended")
    assert [event["kind"] for event in events if event["kind"] in order] == list(order)
    assert events[-1]["outcome"] == report["outcome"] == "completed"
    assert [line["text"] for line in report["caller_speech"]] == ["hello"]
    assert report["warnings"] == []
    assert agent_wav.content.startswith(b"RIFF")


async def test_the_agent_speaks_then_hangs_up(emulator: EmulatorWithEdge) -> None:
    """The mark is returned once the audio was played; the script expects the hang-up."""
    bus = emulator.edge.bus
    call_sid = await emulator.call({"expect_hang_up": {"timeout_s": 15}})
    await read_until(bus, call_sid, StreamStarted)
    async with agent_of(bus, call_sid) as agent:
        await agent.speak(LOUD)
        await agent.append(HangUpRequested(reason="said goodbye", after_reply_id="r1"))
        bodies = await read_until(bus, call_sid, CallEnded)
    events, report = await emulator.events(call_sid), await emulator.report(call_sid)

    assert PlaybackFinished in kinds(bodies)
    assert kinds(bodies).index(PlaybackFinished) < kinds(bodies).index(CallEnded)
    assert next(event["by"] for event in events if event["kind"] == "hung_up") == "rest"
    assert report["outcome"] == "completed"
    assert report["expected_hang_up_ok"] is True
    [speech] = report["agent_speech"]
    assert abs(speech["end_ms"] - speech["start_ms"] - 1000) <= 2 * FRAME_MS


async def test_dtmf_is_published(emulator: EmulatorWithEdge) -> None:
    """The digits keep their order."""
    call_sid = await emulator.call({"pause": 200}, {"press": "12#"}, "hang_up")
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)

    assert [body.digit for body in bodies if isinstance(body, DtmfPressed)] == ["1", "2", "#"]


async def test_a_call_placed_by_the_edge_is_answered_by_the_callee(emulator: EmulatorWithEdge) -> None:
    """The callee follows its script; the edge's call is outbound."""
    number = "+15550100007"
    callee = {"script": {"steps": [{"pause": 200}, {"say": "hello"}, "hang_up"]}, "ring_s": 0.0}
    registered = await emulator.client.put(f"/sandbox/callees/{number}", json=callee)
    assert registered.status_code == 204
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        body = {"to": number, "from": "+15550100000"}
        placed = await client.post(f"{emulator.edge.url}/calls", json=body)
    assert placed.is_success, placed.text
    call_sid = placed.json()["call_sid"]
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)
    report = await emulator.report(call_sid)

    [started] = [body for body in bodies if isinstance(body, CallStarted)]
    assert (started.direction, started.to_number) == (Direction.DIRECTION_OUTBOUND, number)
    assert [line["text"] for line in report["caller_speech"]] == ["hello"]


async def test_twilio_ends_an_outbound_call_at_its_time_limit(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    """Every edge may be down by then: here the only one is frozen."""
    await asyncio.to_thread((tmp_path / "short.yaml").write_text, "prompt: Speak.\nlimits: {max_call_s: 1}\n")
    number, settings = (
        "+15550100007",
        {
            "PARLEY_AGENTS_DIR": str(tmp_path),
            "PARLEY_AGENT": "short",
            "PARLEY_HANG_UP_GRACE_S": "1",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        },
    )
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_emulator(free_port(), tmp_path) as url,
        running_edge(nats_server.url, bus, tmp_path, PARLEY_TWILIO_URL=url, **settings) as edge,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client,
    ):
        callee = {"script": {"steps": [{"pause": 60_000}]}, "ring_s": 0.0}
        (await client.put(f"/sandbox/callees/{number}", json=callee)).raise_for_status()
        async with httpx.AsyncClient(trust_env=False, timeout=10) as caller:
            body = {"to": number, "from": "+15550100000"}
            placed = await caller.post(f"{edge.url}/calls", json=body)
        call_sid = placed.raise_for_status().json()["call_sid"]
        await read_until(bus, call_sid, StreamStarted)
        edge.process.send_signal(signal.SIGSTOP)
        try:
            began_s = asyncio.get_running_loop().time()

            async def outcome() -> bool:
                found = (await client.get(f"/sandbox/calls/{call_sid}")).json()
                return bool(found["outcome"] != "in_progress")

            await eventually(outcome)
            took_s = asyncio.get_running_loop().time() - began_s
        finally:
            edge.process.send_signal(signal.SIGCONT)

    # limits.max_call_s and twice the grace.
    assert 1.5 < took_s < 6


@pytest.mark.parametrize("more", [{}, {"no_fall_through": True}, {"webhook_delay_ms": 400}])
async def test_a_lost_socket_is_replaced(emulator: EmulatorWithEdge, more: dict[str, Any]) -> None:
    """With or without fall-through, a second stream continues the call and the report has a warning."""
    faults = {"drop_sockets_at_ms": [400], **more}
    call_sid = await emulator.call({"pause": 4000}, {"say": "hello"}, "hang_up", faults=faults)
    bodies = await read_until(emulator.edge.bus, call_sid, CallEnded)
    report = await emulator.report(call_sid)

    assert kinds(bodies).count(StreamStarted) == 2
    [resuming] = [body for body in bodies if isinstance(body, StreamResuming)]
    assert resuming.method == ("rest" if "no_fall_through" in more else "redirect")
    assert "lost" in [body.reason for body in bodies if isinstance(body, StreamStopped)]
    assert report["outcome"] == "completed"
    assert report["warnings"]


async def test_a_hang_up_ends_one_call_only(emulator: EmulatorWithEdge) -> None:
    """A concurrent call stays in progress until its own hang-up."""
    stays, leaves = await asyncio.gather(
        emulator.call({"expect_hang_up": {"timeout_s": 15}}), emulator.call({"pause": 200}, "hang_up")
    )
    await read_until(emulator.edge.bus, leaves, CallEnded)
    outcome = (await emulator.client.get(f"/sandbox/calls/{stays}")).json()["outcome"]
    hung_up = await emulator.client.delete(f"/sandbox/calls/{stays}")
    await read_until(emulator.edge.bus, stays, CallEnded)

    assert outcome == "in_progress"
    assert hung_up.status_code == 204
