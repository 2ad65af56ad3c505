"""Calls that nothing ends: the clock does, at the agent's maximum duration."""

import asyncio
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from parley.bus import connect, subjects
from parley.events.envelope import Body
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import AgentAudio
from parley.v1.call_pb2 import CallEnded, StreamStarted
from parley.v1.playback_pb2 import PlaybackStarted
from parley.v1.reply_pb2 import HangUpRequested, ReplyStarted
from parley.v1.speech_pb2 import SpeechStarted, TranscriptUpdated
from tests.call_log import read_until
from tests.eventually import eventually
from tests.field.brain_call import Environment, brain_call
from tests.field.model_server import ModelServer, stream, text
from tests.field.rows import Seen, row
from tests.integration.edge_process import MediaStream, running_edge
from tests.nats_server import NatsServer

SID = f"CA{0x77:032x}"
VOICE = b"\x10\x90" * 80
MAX_CALL_S, GRACE_S = 1.5, 1.0


async def keep_talking(media: MediaStream) -> None:
    """Send frames of a loud voice until the stream is closed; receive everything, return no mark."""
    try:
        while True:
            await media.send_frame(VOICE)
            await asyncio.sleep(0.02)
    except ConnectionClosed:
        pass


@row(
    "P2",
    "continuous voice, no marks come back, no brain",
    "the edge ends the call at max_call_s and the grace",
)
@pytest.mark.parametrize("rest_status", [200, 503], ids=["REST answers", "REST fails"])
async def test_the_edge_ends_a_call_by_the_clock(
    nats_server: NatsServer, tmp_path: Path, rest_status: int, seen: Seen
) -> None:
    """The brain, the marks and the REST API do not matter; the socket is closed at last."""
    agent = f"prompt: Speak.\nlimits: {{max_call_s: {MAX_CALL_S}}}\n"
    await asyncio.to_thread((tmp_path / "clinic.yaml").write_text, agent)
    settings = {"PARLEY_AGENTS_DIR": str(tmp_path), "PARLEY_HANG_UP_GRACE_S": str(GRACE_S)}
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        running_edge(nats_server.url, bus, tmp_path, **settings) as edge,
    ):
        edge.rest.status = rest_status
        began_s = time.monotonic()
        await edge.post_voice(SID)
        async with (
            edge.stream(SID) as media,
            open_call_log(bus, outbox, SID, "brain", 1) as brain,
            asyncio.TaskGroup() as tasks,
        ):
            talking = tasks.create_task(keep_talking(media))
            await read_until(bus, SID, StreamStarted)
            await brain.append(ReplyStarted(reply_id="r1"))
            audio = AgentAudio(epoch=1, sequence=1, reply_id="r1", mulaw=bytes(80_000), last=True)
            await bus.publish(subjects.agent_audio(SID), audio.SerializeToString())
            await read_until(bus, SID, PlaybackStarted)
            bodies = await read_until(bus, SID, CallEnded)
            took_s = time.monotonic() - began_s
            await eventually(lambda: edge.rest.requests)
            talking.cancel()
        counted = await edge.metric('parley_calls_ended_by_clock_total{reason="max-duration"}')
    seen(f"ended after {took_s:.1f} s; {len(edge.rest.requests)} hang-ups by REST")

    assert [body.reason for body in bodies if isinstance(body, CallEnded)] == ["max-duration"]
    assert took_s >= MAX_CALL_S
    assert counted == 1


CALLERS: dict[str, list[Body]] = {
    "hold music": [SpeechStarted(at_ms=100)],
    "a caller who never pauses": [SpeechStarted(at_ms=100), TranscriptUpdated(turn=1, text="and then")],
}


@row("T10", "continuous voice until the maximum duration", "the agent says goodbye and hangs up")
@pytest.mark.parametrize("caller", CALLERS)
async def test_the_brain_hangs_up_by_the_clock(caller: str, environment: Environment, seen: Seen) -> None:
    """The goodbye waits neither for silence nor for an answer."""
    nats_url, folder, env = environment
    server = ModelServer(lambda _body: stream(*text("Hello.")))
    async with brain_call(
        server, nats_url, folder, env, limits={"max_call_s": 2}, greeting="Hello.", idle={"timeout_s": 100}
    ) as call:
        await call.append(StreamStarted(stream_sid="MZ1"))
        for body in CALLERS[caller]:
            await call.append(body)
        turn = await call.begin_turn("hello")
        await call.append(SpeechStarted(at_ms=200))
        hang_up = await call.read_until(turn, HangUpRequested)
    seen(hang_up)

    assert isinstance(hang_up, HangUpRequested)
    assert hang_up.reason == "max_call_s"
