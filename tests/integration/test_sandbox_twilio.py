"""The Twilio emulator and the edge as processes of their own, over a real bus."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.call_log import follow
from parley.audio.g711 import FRAME_BYTES, FRAME_MS, SILENCE
from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body, event_body
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
from tests.integration.edge_process import ROOT, Edge, running_edge
from tests.nats_server import NatsServer, free_port

ACCOUNT, TOKEN = "AC" + "5a" * 16, "sandbox"
LOUD = b"\x10\x90" * 4000
"""Half a second of tone, which nobody takes for silence."""


@dataclass(frozen=True)
class Desk:
    """The edge, the stand-in, and a client of the stand-in's."""

    edge: Edge
    client: httpx.AsyncClient

    async def call(self, *steps: Any, **more: Any) -> str:
        """Somebody with these steps calls."""
        body = {
            "from": "+15550100001",
            "to": "+15550100000",
            "voice_url": f"{self.edge.url}/voice",
            "status_callback_url": f"{self.edge.url}/status",
            "script": {"steps": steps},
            **more,
        }
        reply = await self.client.post("/sandbox/calls", json=body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["call_sid"])

    async def events(self, call_sid: str) -> list[dict[str, Any]]:
        """What happened at the caller's side, once the call has ended."""
        async with asyncio.timeout(20):
            reply = await self.client.get(f"/sandbox/calls/{call_sid}/events", timeout=20)
        return [json.loads(line) for line in reply.text.splitlines()]

    async def report(self, call_sid: str) -> dict[str, Any]:
        """What the caller tells, once the call has ended."""
        await self.events(call_sid)
        return dict((await self.client.get(f"/sandbox/calls/{call_sid}")).json())


@asynccontextmanager
async def running_stand_in(port: int, folder: Path) -> AsyncIterator[str]:
    """`python -m sandbox.twilio`, stopped as it would be by `kill`; gives its address."""
    providers = ("PARLEY_", "TWILIO_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(providers)}
    env["PARLEY_SANDBOX_TWILIO_PORT"] = str(port)
    url, log_path = f"http://127.0.0.1:{port}", folder / "stand_in.log"
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
        process.terminate()
        async with asyncio.timeout(10):
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
async def desk(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Desk]:
    """Both running, each knowing the other's address."""
    async with (
        connect(nats_server.url, "t", timeout_s=5) as bus,
        running_stand_in(free_port(), tmp_path) as url,
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
        yield Desk(edge, client)


async def said(bus: Bus, call_sid: str, last: type[Any]) -> list[Body]:
    """What the edge said of a call, up to the first of a kind."""
    found: list[Body] = []
    async with asyncio.timeout(15):
        async for event in follow(bus, call_sid):
            body = event_body(event)
            assert body is not None
            found.append(body)
            if isinstance(body, last):
                break
    return found


def kinds(bodies: list[Body]) -> list[type[Any]]:
    """What each is."""
    return [type(body) for body in bodies]


@asynccontextmanager
async def agent_of(bus: Bus, call_sid: str) -> AsyncIterator["Agent"]:
    """Plays the brain and the voice of one call."""
    async with open_outbox(bus) as outbox, open_call_log(bus, outbox, call_sid, "brain", 1) as log:
        yield Agent(bus, call_sid, log.append)


@dataclass(frozen=True)
class Agent:
    """What the other services would say."""

    bus: Bus
    call_sid: str
    say: Any

    async def speak(self, mulaw: bytes) -> None:
        """A whole reply, r1."""
        await self.say(ReplyStarted(reply_id="r1"))
        pieces = ((1, 0, mulaw, False), (2, len(mulaw), b"", True))
        for sequence, offset, piece, last in pieces:
            audio = AgentAudio(
                epoch=1, sequence=sequence, reply_id="r1", offset_samples=offset, mulaw=piece, last=last
            )
            await self.bus.publish(subjects.agent_audio(self.call_sid), audio.SerializeToString())


async def test_what_the_caller_says_is_on_the_bus_and_their_hang_up_ends_the_call(desk: Desk) -> None:
    """Every frame once, in order, byte for byte; call.ended says who ended it."""
    words = load_bank().utterance("tuesday afternoon would be good").mulaw
    bus = desk.edge.bus
    async with bus.subscribe("audio.in.>") as sound:
        steps = ({"pause": 300}, {"say": "tuesday afternoon would be good"}, {"pause": 200}, "hang_up")
        call_sid = await desk.call(*steps)
        bodies = await said(bus, call_sid, CallEnded)
        frames: list[CallerAudio] = []
        async for message in sound:
            assert message.subject == subjects.caller_audio(call_sid)
            frames.append(CallerAudio.FromString(message.data))
            if sound.pending == 0:
                break

    assert [kind for kind in kinds(bodies) if kind in (CallStarted, StreamStarted, CallEnded)] == [
        CallStarted,
        StreamStarted,
        CallEnded,
    ]
    assert [body.reason for body in bodies if isinstance(body, CallEnded)] == ["completed"]
    assert [audio.sequence for audio in frames] == list(range(1, len(frames) + 1))
    assert {later.at_ms - earlier.at_ms for earlier, later in pairwise(frames)} == {FRAME_MS}
    assert {len(audio.mulaw) for audio in frames} == {FRAME_BYTES}
    assert words.strip(SILENCE) in b"".join(audio.mulaw for audio in frames)


async def test_the_caller_tells_how_it_went(desk: Desk) -> None:
    """From the ringing to the hang-up, then a report and the sound of both sides."""
    call_sid = await desk.call({"say": "hello"}, "hang_up")
    told = await desk.events(call_sid)
    report = await desk.report(call_sid)
    heard = await desk.client.get(f"/sandbox/calls/{call_sid}/agent.wav")

    speech = ("utterance_started", "utterance_finished")
    order = ("ringing", "twiml", "answered", "stream_started", *speech, "hung_up", "ended")
    assert [event["kind"] for event in told if event["kind"] in order] == list(order)
    assert told[-1]["outcome"] == report["outcome"] == "completed"
    assert [line["text"] for line in report["caller_speech"]] == ["hello"]
    assert report["warnings"] == []
    assert heard.content.startswith(b"RIFF")


async def test_the_agent_is_heard_then_hangs_up(desk: Desk) -> None:
    """The marks come back when it was played; the caller, who waited for the hang-up, is content."""
    bus = desk.edge.bus
    call_sid = await desk.call({"expect_hang_up": {"timeout_s": 15}})
    await said(bus, call_sid, StreamStarted)
    async with agent_of(bus, call_sid) as agent:
        await agent.speak(LOUD)
        await agent.say(HangUpRequested(reason="said goodbye", after_reply_id="r1"))
        bodies = await said(bus, call_sid, CallEnded)
    told, report = await desk.events(call_sid), await desk.report(call_sid)

    assert PlaybackFinished in kinds(bodies)
    assert kinds(bodies).index(PlaybackFinished) < kinds(bodies).index(CallEnded)
    assert next(event["by"] for event in told if event["kind"] == "hung_up") == "rest"
    assert report["outcome"] == "completed"
    assert report["expected_hang_up_ok"] is True
    [heard] = report["agent_speech"]
    assert abs(heard["end_ms"] - heard["start_ms"] - 1000) <= 2 * FRAME_MS


async def test_keys_reach_the_bus(desk: Desk) -> None:
    """In their order."""
    call_sid = await desk.call({"pause": 200}, {"press": "12#"}, "hang_up")
    bodies = await said(desk.edge.bus, call_sid, CallEnded)

    assert [body.digit for body in bodies if isinstance(body, DtmfPressed)] == ["1", "2", "#"]


async def test_a_call_that_the_edge_places_is_answered_by_who_lives_there(desk: Desk) -> None:
    """The person says what their script says; the edge knows that it was the one who called."""
    number = "+15550100007"
    person = {"script": {"steps": [{"pause": 200}, {"say": "hello"}, "hang_up"]}, "ring_s": 0.0}
    moved_in = await desk.client.put(f"/sandbox/callees/{number}", json=person)
    assert moved_in.status_code == 204
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        wish = {"to": number, "from": "+15550100000"}
        placed = await client.post(f"{desk.edge.url}/calls", json=wish)
    assert placed.is_success, placed.text
    call_sid = placed.json()["call_sid"]
    bodies = await said(desk.edge.bus, call_sid, CallEnded)
    report = await desk.report(call_sid)

    [started] = [body for body in bodies if isinstance(body, CallStarted)]
    assert (started.direction, started.to_number) == (Direction.DIRECTION_OUTBOUND, number)
    assert [line["text"] for line in report["caller_speech"]] == ["hello"]


@pytest.mark.parametrize("more", [{}, {"no_fall_through": True}, {"webhook_delay_ms": 400}])
async def test_a_lost_socket_is_answered_by_another_stream(desk: Desk, more: dict[str, Any]) -> None:
    """By either kind of Twilio; the call goes on with one more stream, and what broke is in the report."""
    faults = {"drop_sockets_at_ms": [400], **more}
    call_sid = await desk.call({"pause": 4000}, {"say": "hello"}, "hang_up", faults=faults)
    bodies = await said(desk.edge.bus, call_sid, CallEnded)
    report = await desk.report(call_sid)

    assert kinds(bodies).count(StreamStarted) == 2
    [resuming] = [body for body in bodies if isinstance(body, StreamResuming)]
    assert resuming.method == ("rest" if "no_fall_through" in more else "redirect")
    assert "lost" in [body.reason for body in bodies if isinstance(body, StreamStopped)]
    assert report["outcome"] == "completed"
    assert report["warnings"]


async def test_one_callers_hang_up_leaves_the_other_on_the_line(desk: Desk) -> None:
    """Each call ends for itself."""
    stays, leaves = await asyncio.gather(
        desk.call({"expect_hang_up": {"timeout_s": 15}}), desk.call({"pause": 200}, "hang_up")
    )
    await said(desk.edge.bus, leaves, CallEnded)
    still = (await desk.client.get(f"/sandbox/calls/{stays}")).json()["outcome"]
    hung_up = await desk.client.delete(f"/sandbox/calls/{stays}")
    await said(desk.edge.bus, stays, CallEnded)

    assert still == "in_progress"
    assert hung_up.status_code == 204
