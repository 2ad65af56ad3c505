"""The edge between a small Twilio and a real bus."""

import asyncio
import base64
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import CallEnded, CallStarted, DtmfPressed, StreamStarted, StreamStopped
from parley.v1.playback_pb2 import BargeIn, PlaybackFinished, PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import HangUpRequested, ReplyCancelled, ReplyResumed, ReplyStarted
from parley.v1.speech_pb2 import SpeechStarted
from tests.call_log import read_bodies, read_until
from tests.integration.edge_process import Edge, Stream, running_edge
from tests.nats_server import NatsServer

A, B = f"CA{10:032x}", f"CA{11:032x}"
FRAME = bytes(range(160))


@pytest.fixture
async def edge(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Edge]:
    """A running one."""
    async with (
        connect(nats_server.url, "t", timeout_s=5) as bus,
        running_edge(nats_server.url, bus, tmp_path) as running,
    ):
        yield running


class Stage:
    """Plays brain, stt and tts for one call."""

    def __init__(self, bus: Bus, log: CallEventLog) -> None:
        self._bus = bus
        self._log = log
        self._sequence = 0

    async def say(self, body: Body) -> None:
        """An event."""
        await self._log.append(body)

    async def sound(self, reply_id: str, offset: int, mulaw: bytes, *, last: bool = False) -> None:
        """Sound of the agent's."""
        self._sequence += 1
        audio = AgentAudio(
            epoch=1,
            sequence=self._sequence,
            reply_id=reply_id,
            offset_samples=offset,
            mulaw=mulaw,
            last=last,
        )
        await self._bus.publish(subjects.agent_audio(self._log.call_sid), audio.SerializeToString())

    async def reply(self, reply_id: str, samples: int) -> None:
        """A whole reply."""
        await self.say(ReplyStarted(reply_id=reply_id))
        await self.sound(reply_id, 0, b"\x10" * samples)
        await self.sound(reply_id, samples, b"", last=True)


@pytest.fixture
async def stage(edge: Edge) -> AsyncIterator[Stage]:
    """Of the call A, which has come in."""
    await edge.voice(A)
    async with open_outbox(edge.bus) as outbox, open_call_log(edge.bus, outbox, A, "brain", 1) as log:
        yield Stage(edge.bus, log)


async def _first_mark(stream: Stream) -> Any:
    """The mark behind the first piece of sound."""
    await stream.receive()
    return (await stream.receive())["mark"]


async def _read_all(stream: Stream) -> None:
    """Until the socket is closed."""
    while True:
        await stream.receive()


async def test_a_call_comes_in_once_however_often_it_is_told(edge: Edge) -> None:
    """The same answer, one call.started, one work message a stage."""
    first, again = await edge.voice(A), await edge.voice(A)

    assert first.status_code == 200
    assert first.text == again.text
    assert "<Stream" in first.text
    assert [type(body) for body in await read_bodies(edge.bus, A)] == [CallStarted]
    for name in subjects.STAGES:
        assert await edge.bus.work_queue.unclaimed(name) == 1


async def test_what_twilio_has_not_signed_is_refused(edge: Edge) -> None:
    """403, a line in the log that names the call, and nothing happens; a stream's at the upgrade."""
    forms = product(("/voice", "/status", "/fallback"), ("", "bm90IHR3aWxpbw=="))
    for n, (path, signature) in enumerate(forms):
        call_sid = f"{A[:-1]}{n}"
        reply = await edge.post(path, {"CallSid": call_sid, "CallStatus": "completed"}, signature)

        assert reply.status_code == 403
        assert await edge.error("not from Twilio", call_sid)
        assert await read_bodies(edge.bus, call_sid) == []
    for signature in ("", "bm90IHR3aWxpbw=="):
        with pytest.raises(InvalidStatus, match="403"):
            async with edge.socket(signature):
                pass


@pytest.mark.usefixtures("stage")
async def test_the_callers_frames_reach_the_bus_at_their_times(edge: Edge) -> None:
    """Any size; the first ended as it came, the others follow by Twilio's timestamps."""
    async with edge.bus.subscribe(subjects.caller_audio(A)) as sound, edge.stream(A) as stream:
        [*_, started] = await read_until(edge.bus, A, StreamStarted)
        for mulaw in (FRAME, FRAME[:157], FRAME * 5):
            await stream.say(mulaw)
        heard: list[CallerAudio] = []
        async for message in sound:
            heard.append(CallerAudio.FromString(message.data))
            if len(heard) == 3:
                break

    assert isinstance(started, StreamStarted)
    assert [audio.mulaw for audio in heard] == [FRAME, FRAME[:157], FRAME * 5]
    assert -20 <= heard[1].at_ms - started.at_ms <= 1000
    assert heard[2].at_ms - heard[1].at_ms == 20
    # The call began no frame's length ago: nothing is before its start.
    assert heard[0].at_ms == max(0, heard[1].at_ms - 20)
    assert [audio.sequence for audio in heard] == [1, 2, 3]


@pytest.mark.usefixtures("stage")
async def test_frames_that_come_while_the_call_is_opened_keep_their_times(edge: Edge) -> None:
    """Opening takes half a second: somebody is asked who does not answer. The caller speaks already."""

    async def mute(_data: bytes) -> None:
        return None

    async with (
        edge.bus.requests.respond(subjects.media_alive(A), mute),
        edge.bus.subscribe(subjects.caller_audio(A)) as sound,
        edge.stream(A) as stream,
    ):
        await stream.say(FRAME)
        [*_, started] = await read_until(edge.bus, A, StreamStarted)
        heard = CallerAudio.FromString((await anext(aiter(sound))).data)

    assert isinstance(started, StreamStarted)
    assert abs(heard.at_ms - started.at_ms) <= 250


async def test_a_reply_is_played_and_its_marks_tell_what_was_heard(edge: Edge, stage: Stage) -> None:
    """Sound, mark, sound, mark; finished when the last comes back."""
    async with edge.stream(A) as stream:
        await stage.reply("r1", 1000)
        messages = [await stream.receive() for _ in range(4)]
        for message in messages:
            if message["event"] == "mark":
                await stream.send(event="mark", streamSid="MZ1", mark=message["mark"])
        bodies = await read_until(edge.bus, A, PlaybackFinished)

    assert [message["event"] for message in messages] == ["media", "mark", "media", "mark"]
    sound = b"".join(base64.b64decode(m["media"]["payload"]) for m in messages if "media" in m)
    assert sound == b"\x10" * 1000
    assert any(isinstance(body, PlaybackStarted) for body in bodies)
    assert bodies[-1].played_samples == 1000  # type: ignore[union-attr]


async def test_the_caller_silences_the_agent_and_a_false_alarm_lets_it_go_on(
    edge: Edge, stage: Stage
) -> None:
    """Clear at once; then the rest from where it stopped."""
    async with edge.stream(A) as stream:
        await stage.reply("r1", 1600)
        marks = [m["mark"] for _ in range(4) if "mark" in (m := await stream.receive())]
        await stream.send(event="mark", streamSid="MZ1", mark=marks[0])
        await stage.say(SpeechStarted(at_ms=1))
        assert (await stream.receive())["event"] == "clear"
        held = (await read_until(edge.bus, A, PlaybackPaused))[-1]
        # Twilio returns what it has not played; that does not count.
        await stream.send(event="mark", streamSid="MZ1", mark=marks[1])
        await stage.say(ReplyResumed(reply_id="r1"))
        again = await stream.receive()
        await stage.say(ReplyCancelled(reply_id="r1", reason="barge_in"))
        barge_in = (await read_until(edge.bus, A, BargeIn))[-1]

    assert isinstance(held, PlaybackPaused)
    assert isinstance(barge_in, BargeIn)
    assert 800 <= held.played_samples < 1600
    assert len(base64.b64decode(again["media"]["payload"])) <= 800
    assert held.played_samples <= barge_in.played_samples < 1600


async def test_the_line_is_closed_when_the_goodbye_was_heard(edge: Edge, stage: Stage) -> None:
    """Not before; by REST, once."""
    async with edge.stream(A) as stream:
        await stage.reply("r1", 400)
        await stage.say(HangUpRequested(reason="agent", after_reply_id="r1"))
        mark = await _first_mark(stream)
        await asyncio.sleep(0.6)
        assert edge.rest.asked == []
        await stream.send(event="mark", streamSid="MZ1", mark=mark)
        ended = (await read_until(edge.bus, A, CallEnded))[-1]
        for _ in range(100):
            if edge.rest.asked:
                break
            await asyncio.sleep(0.02)

    assert isinstance(ended, CallEnded)
    assert ended.reason == "agent"
    [(path, form)] = edge.rest.asked
    assert path.endswith(f"/Calls/{A}.json")
    assert form == {"Status": "completed"}


async def test_the_line_is_closed_though_the_log_takes_nothing(
    edge: Edge, stage: Stage, nats_server: NatsServer
) -> None:
    """As while a cluster has no leader; that the call has ended is told when the log takes it."""
    async with edge.stream(A) as stream:
        await stage.reply("r1", 400)
        await stage.say(HangUpRequested(reason="agent", after_reply_id="r1"))
        mark = await _first_mark(stream)
        nats_server.freeze()
        try:
            await stream.send(event="mark", streamSid="MZ1", mark=mark)
            async with asyncio.timeout(8):
                while not edge.rest.asked:  # noqa: ASYNC110 - another process asks
                    await asyncio.sleep(0.05)
            await stream.send(event="stop", streamSid="MZ1", stop={"callSid": A})
            await asyncio.sleep(1)
        finally:
            nats_server.thaw()
        ended = (await read_until(edge.bus, A, CallEnded))[-1]

    [(_, form)] = edge.rest.asked
    assert form == {"Status": "completed"}
    assert isinstance(ended, CallEnded)


async def test_a_caller_who_speaks_into_the_goodbye_is_not_hung_up_on(edge: Edge, stage: Stage) -> None:
    """The hang-up is off with its reply."""
    async with edge.stream(A):
        await stage.reply("r1", 800)
        await stage.say(HangUpRequested(reason="agent", after_reply_id="r1"))
        await stage.say(ReplyCancelled(reply_id="r1", reason="barge_in"))
        await asyncio.sleep(0.8)

        assert edge.rest.asked == []


async def test_a_hang_up_that_twilio_refuses_closes_the_stream(edge: Edge, stage: Stage) -> None:
    """Then /voice?resume=1 says hang up."""
    edge.rest.status = 403
    async with edge.stream(A) as stream:
        await stage.reply("r1", 0)
        await stage.say(HangUpRequested(reason="agent", after_reply_id="r1"))
        with pytest.raises(ConnectionClosed):
            await _read_all(stream)
    resumed = await edge.voice(A, "/voice?resume=1")

    assert (await edge.error("hang-up by REST failed"))["call_sid"] == A
    assert "<Hangup" in resumed.text


BAD = {
    "no JSON": "this is no JSON",
    "unknown event": '{"event":"of tomorrow"}',
    "payload is no base64": '{"event":"media","media":{"timestamp":"1","payload":"!!"}}',
    "'media' without": '{"event":"media","media":{"payload":"AAAA"}}',
    "binary frame": b"\x00\x01",
    "a payload of": '{"event":"media","media":{"timestamp":"1","payload":"' + "A" * 80_000 + '"}}',
}


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("problem", BAD)
async def test_bad_input_is_told_once_and_costs_nobody_anything(edge: Edge, problem: str) -> None:
    """The line names the call; this stream and another go on."""
    await edge.voice(B)
    async with edge.stream(A) as bad, edge.stream(B, "MZ2") as good:
        async with (
            edge.bus.subscribe(subjects.caller_audio(A)) as of_a,
            edge.bus.subscribe(subjects.caller_audio(B)) as of_b,
        ):
            for _ in range(3):
                await bad.socket.send(BAD[problem])
            await bad.say(FRAME)
            await good.say(FRAME)
            async with asyncio.timeout(5):
                assert CallerAudio.FromString((await anext(aiter(of_a))).data).mulaw == FRAME
                assert CallerAudio.FromString((await anext(aiter(of_b))).data).mulaw == FRAME
    error = await edge.error("bad message")

    assert error["call_sid"] == A
    assert problem in error["problem"]
    assert len([line for line in edge.log() if line["event"] == error["event"]]) == 1


async def test_a_stream_that_never_says_its_call_is_closed(edge: Edge) -> None:
    """After a while, with a line."""
    async with edge.socket() as socket:
        await socket.send('{"event":"connected"}')
        with pytest.raises(ConnectionClosed):
            await socket.recv()

    assert "start message" in (await edge.error("without a start"))["event"]


async def test_a_stream_of_an_unknown_call_is_refused(edge: Edge) -> None:
    """And one whose name is no CallSid, which must not become a subject."""
    for sid in (B, "CA.>", "*"):
        async with edge.stream(sid) as stream:
            with pytest.raises(ConnectionClosed):
                await stream.receive()

    assert (await edge.error("no live call"))["call_sid"] == B


@pytest.mark.usefixtures("stage")
async def test_a_second_stream_of_a_live_call_is_refused(edge: Edge) -> None:
    """The first goes on."""
    async with edge.stream(A) as first:
        await read_until(edge.bus, A, StreamStarted)
        async with edge.stream(A, "MZ2") as second:
            with pytest.raises(ConnectionClosed):
                await second.receive()
        async with edge.bus.subscribe(subjects.caller_audio(A)) as sound:
            await first.say(FRAME)
            async with asyncio.timeout(5):
                assert CallerAudio.FromString((await anext(aiter(sound))).data).mulaw == FRAME

    assert (await edge.error("second media stream"))["call_sid"] == A


async def test_a_lost_stream_may_be_followed_by_another(edge: Edge, stage: Stage) -> None:
    """With the next epoch; what was not heard is played on it."""
    async with edge.stream(A) as stream:
        await stage.reply("r1", 1600)
        mark = await _first_mark(stream)
        await stream.send(event="mark", streamSid="MZ1", mark=mark)
        await read_until(edge.bus, A, PlaybackStarted)
        stream.socket.transport.abort()
    resumed = await edge.voice(A, "/voice?resume=1")
    async with edge.stream(A, "MZ2") as stream:
        again = await stream.receive()
        bodies = await read_bodies(edge.bus, A)

    assert "<Stream" in resumed.text
    assert again["streamSid"] == "MZ2"
    assert len([body for body in bodies if isinstance(body, StreamStarted)]) == 2


@pytest.mark.usefixtures("stage")
async def test_a_stop_ends_the_call_if_nothing_else_comes(edge: Edge) -> None:
    """And a key that was pressed is told."""
    async with edge.stream(A) as stream:
        await stream.send(event="dtmf", dtmf={"digit": "7"}, streamSid="MZ1")
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
        bodies = await read_until(edge.bus, A, CallEnded)

    [key] = [body for body in bodies if isinstance(body, DtmfPressed)]
    [stopped] = [body for body in bodies if isinstance(body, StreamStopped)]
    assert (key.digit, stopped.reason) == ("7", "stop")
    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]


@pytest.mark.usefixtures("stage")
async def test_a_stream_that_does_not_come_back_ends_the_call(edge: Edge) -> None:
    """After PARLEY_STREAM_RESUME_TIMEOUT_S."""
    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        stream.socket.transport.abort()
    bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "stream-lost"  # type: ignore[union-attr]


@pytest.mark.usefixtures("stage")
async def test_twilios_word_ends_a_call_once(edge: Edge) -> None:
    """However often it is said."""
    for _ in range(2):
        reply = await edge.post("/status", {"CallSid": A, "CallStatus": "completed"})
        assert reply.status_code == 204
    bodies = await read_bodies(edge.bus, A)

    assert [body.reason for body in bodies if isinstance(body, CallEnded)] == ["completed"]


async def test_an_unknown_agent_is_apologised_for(edge: Edge) -> None:
    """In the caller's ear, and by name in the log."""
    reply = await edge.voice(A, "/voice?agent=nobody")

    assert "<Say>" in reply.text
    assert "nobody" in (await edge.error("cannot be answered"))["reason"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"to":"+15550100002","from":"+15550100000"}', 201),
        ('{"to":"+15550100002"}', 422),
        ('{"to":"5550100002","from":"+15550100000"}', 422),
        ('{"to":"+15550100002","from":"+15550100000","agent":"nobody"}', 422),
        ('{"to":"+15550100002","who":"x"}', 422),
        ("{", 422),
    ],
)
async def test_a_call_is_placed_or_refused_with_the_reason(edge: Edge, body: str, status: int) -> None:
    """From this machine no key is needed."""
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"{edge.url}/calls", content=body)

    assert reply.status_code == status
    assert reply.json().get("call_sid" if status == 201 else "error")
    assert len(edge.rest.asked) == (status == 201)


async def test_a_refusal_of_twilios_is_told_to_who_placed_the_call(edge: Edge) -> None:
    """502, with Twilio's reason."""
    edge.rest.status = 401
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"{edge.url}/calls", json={"to": "+15550100002", "from": "+15550100000"})

    assert reply.status_code == 502
    assert reply.json()["error"]["code"] == "rejected"


async def test_a_key_is_asked_for_where_one_is_set(nats_server: NatsServer, tmp_path: Path) -> None:
    """Even from this machine."""
    async with (
        connect(nats_server.url, "t", timeout_s=5) as bus,
        running_edge(nats_server.url, bus, tmp_path, PARLEY_API_KEY="k") as edge,
        httpx.AsyncClient() as client,
    ):
        wanted = {"to": "+15550100002", "from": "+15550100000"}
        without = await client.post(f"{edge.url}/calls", json=wanted)
        allowed = await client.post(f"{edge.url}/calls", json=wanted, headers={"Authorization": "Bearer k"})

    assert (without.status_code, allowed.status_code) == (401, 201)


async def test_without_the_bus_calls_get_the_fallback(edge: Edge, nats_server: NatsServer) -> None:
    """503, so that Twilio asks /fallback, which needs nothing but this process."""
    await nats_server.kill()
    reply = await edge.voice(B)
    fallback = await edge.post("/fallback", {"CallSid": B, "ErrorCode": "11200"})

    assert reply.status_code == 503
    assert (await edge.error("cannot be answered"))["call_sid"] == B
    assert "<Say>" in fallback.text


@pytest.mark.usefixtures("stage")
async def test_a_stopping_edge_waits_for_its_calls(edge: Edge) -> None:
    """Then ends with code 0."""
    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        edge.process.terminate()
        await asyncio.sleep(0.5)
        assert edge.process.returncode is None
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
    bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]
    assert await edge.process.wait() == 0
