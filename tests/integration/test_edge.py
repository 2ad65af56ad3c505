"""The edge process between a fake Twilio and a real bus."""

import asyncio
import base64
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.request_validator import RequestValidator
from websockets import State
from websockets.exceptions import ConnectionClosed, InvalidStatus

from parley.agent_store import AgentBucket
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
from tests.eventually import eventually
from tests.integration.edge_process import TOKEN, EdgeProcess, MediaStream, running_edge
from tests.nats_server import NatsServer

A, B = f"CA{10:032x}", f"CA{11:032x}"
FRAME = bytes(range(160))


@pytest.fixture
async def edge(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[EdgeProcess]:
    """A running edge process."""
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_edge(nats_server.url, bus, tmp_path) as running,
    ):
        yield running


class OtherStages:
    """Appends events and publishes audio as stt, brain and tts do for one call."""

    def __init__(self, bus: Bus, log: CallEventLog) -> None:
        self._bus = bus
        self._log = log
        self._sequence = 0

    async def append(self, body: Body) -> None:
        """Append an event to the call's log."""
        await self._log.append(body)

    async def publish_audio(self, reply_id: str, offset: int, mulaw: bytes, *, last: bool = False) -> None:
        """Publish audio of the agent."""
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

    async def publish_reply(self, reply_id: str, samples: int) -> None:
        """Publish a complete reply."""
        await self.append(ReplyStarted(reply_id=reply_id))
        await self.publish_audio(reply_id, 0, b"\x10" * samples)
        await self.publish_audio(reply_id, samples, b"", last=True)


@pytest.fixture
async def stage(edge: EdgeProcess) -> AsyncIterator[OtherStages]:
    """The other stages of call A, which has started."""
    await edge.post_voice(A)
    async with open_outbox(edge.bus) as outbox, open_call_log(edge.bus, outbox, A, "brain", 1) as log:
        yield OtherStages(edge.bus, log)


async def _first_mark(stream: MediaStream) -> Any:
    """The mark after the first piece of audio."""
    await stream.receive()
    return (await stream.receive())["mark"]


async def _read_all(stream: MediaStream) -> None:
    """Read until the socket is closed."""
    while True:
        await stream.receive()


async def test_a_repeated_voice_webhook_starts_one_call(edge: EdgeProcess) -> None:
    """The response is the same; the log has one call.started, and each stage one work message."""
    first, second = await edge.post_voice(A), await edge.post_voice(A)

    assert first.status_code == 200
    assert first.text == second.text
    assert "<Stream" in first.text
    assert [type(body) for body in await read_bodies(edge.bus, A)] == [CallStarted]
    for name in subjects.STAGES:
        assert await edge.bus.work_queue.unclaimed(name) == 1


async def test_a_request_without_a_valid_signature_is_rejected(edge: EdgeProcess) -> None:
    """HTTP 403 and an error that names the call; a stream is rejected at its upgrade."""
    forms = product(("/voice", "/status", "/fallback"), ("", "bm90IHR3aWxpbw=="))
    for n, (path, signature) in enumerate(forms):
        call_sid = f"{A[:-1]}{n}"
        reply = await edge.post(path, {"CallSid": call_sid, "CallStatus": "completed"}, signature)

        assert reply.status_code == 403
        assert await edge.wait_for_error("twilio_signature_invalid", call_sid)
        assert await read_bodies(edge.bus, call_sid) == []
    for signature in ("", "bm90IHR3aWxpbw=="):
        with pytest.raises(InvalidStatus, match="403"):
            async with edge.socket(signature):
                pass
    assert await edge.metric("parley_signatures_refused_total") == 8
    assert await edge.metric('parley_webhook_requests_total{route="/status",status="403"}') == 2


@pytest.mark.usefixtures("stage")
async def test_frames_of_any_size_reach_the_bus_at_their_call_times(edge: EdgeProcess) -> None:
    """The first frame ends when it arrives; Twilio's timestamps date the others."""
    async with edge.bus.subscribe(subjects.caller_audio(A)) as audio, edge.stream(A) as stream:
        [*_, started] = await read_until(edge.bus, A, StreamStarted)
        for mulaw in (FRAME, FRAME[:157], FRAME * 5):
            await stream.send_frame(mulaw)
        published: list[CallerAudio] = []
        async for message in audio:
            published.append(CallerAudio.FromString(message.data))
            if len(published) == 3:
                break

    assert isinstance(started, StreamStarted)
    assert [audio.mulaw for audio in published] == [FRAME, FRAME[:157], FRAME * 5]
    assert -20 <= published[1].at_ms - started.at_ms <= 1000
    assert published[2].at_ms - published[1].at_ms == 20
    # The call may have begun less than a frame ago; no audio is dated before its start.
    assert published[0].at_ms == max(0, published[1].at_ms - 20)
    assert [audio.sequence for audio in published] == [1, 2, 3]


@pytest.mark.usefixtures("stage")
async def test_frames_that_arrive_while_the_call_is_opened_keep_their_times(edge: EdgeProcess) -> None:
    """Opening waits half a second for a liveness request, while the caller already speaks."""

    async def ignore(_data: bytes) -> None:
        return None

    async with (
        edge.bus.requests.respond(subjects.media_alive(A), ignore),
        edge.bus.subscribe(subjects.caller_audio(A)) as audio,
        edge.stream(A) as stream,
    ):
        await stream.send_frame(FRAME)
        [*_, started] = await read_until(edge.bus, A, StreamStarted)
        published = CallerAudio.FromString((await anext(aiter(audio))).data)

    assert isinstance(started, StreamStarted)
    assert abs(published.at_ms - started.at_ms) <= 250


async def test_a_reply_is_played_and_its_marks_measure_playback(
    edge: EdgeProcess, stage: OtherStages
) -> None:
    """Each piece of audio is followed by a mark; playback finishes when the last mark returns."""
    async with edge.stream(A) as stream:
        await stage.publish_reply("r1", 1000)
        messages = [await stream.receive() for _ in range(4)]
        for message in messages:
            if message["event"] == "mark":
                await stream.send(event="mark", streamSid="MZ1", mark=message["mark"])
        bodies = await read_until(edge.bus, A, PlaybackFinished)

    assert [message["event"] for message in messages] == ["media", "mark", "media", "mark"]
    audio = b"".join(base64.b64decode(m["media"]["payload"]) for m in messages if "media" in m)
    assert audio == b"\x10" * 1000
    assert any(isinstance(body, PlaybackStarted) for body in bodies)
    assert bodies[-1].played_samples == 1000  # type: ignore[union-attr]


async def test_speech_pauses_playback_and_a_false_interruption_resumes_it(
    edge: EdgeProcess, stage: OtherStages
) -> None:
    """The edge clears Twilio's buffer at once and later plays the rest of the reply."""
    async with edge.stream(A) as stream:
        await stage.publish_reply("r1", 1600)
        marks = [m["mark"] for _ in range(4) if "mark" in (m := await stream.receive())]
        await stream.send(event="mark", streamSid="MZ1", mark=marks[0])
        await stage.append(SpeechStarted(at_ms=1))
        assert (await stream.receive())["event"] == "clear"
        paused = (await read_until(edge.bus, A, PlaybackPaused))[-1]
        # After a clear Twilio returns the marks of audio that it has not played.
        await stream.send(event="mark", streamSid="MZ1", mark=marks[1])
        await stage.append(ReplyResumed(reply_id="r1"))
        resumed = await stream.receive()
        await stage.append(ReplyCancelled(reply_id="r1", reason="barge_in"))
        barge_in = (await read_until(edge.bus, A, BargeIn))[-1]

    assert isinstance(paused, PlaybackPaused)
    assert isinstance(barge_in, BargeIn)
    assert 800 <= paused.played_samples < 1600
    assert len(base64.b64decode(resumed["media"]["payload"])) <= 800
    assert paused.played_samples <= barge_in.played_samples < 1600


async def test_the_call_is_hung_up_when_the_goodbye_was_played(edge: EdgeProcess, stage: OtherStages) -> None:
    """One REST request ends it, after the mark of the goodbye has returned."""
    async with edge.stream(A) as stream:
        await stage.publish_reply("r1", 400)
        await stage.append(HangUpRequested(reason="agent", after_reply_id="r1"))
        mark = await _first_mark(stream)
        await asyncio.sleep(0.6)
        assert edge.rest.requests == []
        await stream.send(event="mark", streamSid="MZ1", mark=mark)
        ended = (await read_until(edge.bus, A, CallEnded))[-1]
        await eventually(lambda: edge.rest.requests)

    assert isinstance(ended, CallEnded)
    assert ended.reason == "agent"
    [(path, form)] = edge.rest.requests
    assert path.endswith(f"/Calls/{A}.json")
    assert form == {"Status": "completed"}


async def test_the_call_is_hung_up_while_the_log_cannot_be_written(
    edge: EdgeProcess, stage: OtherStages, nats_server: NatsServer
) -> None:
    """The call's end is appended when the bus responds again."""
    async with edge.stream(A) as stream:
        await stage.publish_reply("r1", 400)
        await stage.append(HangUpRequested(reason="agent", after_reply_id="r1"))
        mark = await _first_mark(stream)
        nats_server.freeze()
        try:
            await stream.send(event="mark", streamSid="MZ1", mark=mark)
            await eventually(lambda: edge.rest.requests)
            await stream.send(event="stop", streamSid="MZ1", stop={"callSid": A})
            await asyncio.sleep(1)
        finally:
            nats_server.thaw()
        ended = (await read_until(edge.bus, A, CallEnded))[-1]

    [(_, form)] = edge.rest.requests
    assert form == {"Status": "completed"}
    assert isinstance(ended, CallEnded)


async def test_an_interrupted_goodbye_cancels_the_hang_up(edge: EdgeProcess, stage: OtherStages) -> None:
    """The call continues, because the caller has more to say."""
    async with edge.stream(A):
        await stage.publish_reply("r1", 800)
        await stage.append(HangUpRequested(reason="agent", after_reply_id="r1"))
        await stage.append(ReplyCancelled(reply_id="r1", reason="barge_in"))
        await asyncio.sleep(0.8)

        assert edge.rest.requests == []


async def test_a_hang_up_that_twilio_rejects_closes_the_stream(edge: EdgeProcess, stage: OtherStages) -> None:
    """The next request to /voice?resume=1 is answered with <Hangup>."""
    edge.rest.status = 403
    async with edge.stream(A) as stream:
        await stage.publish_reply("r1", 0)
        await stage.append(HangUpRequested(reason="agent", after_reply_id="r1"))
        with pytest.raises(ConnectionClosed):
            await _read_all(stream)
    resumed = await edge.post_voice(A, "/voice?resume=1")

    assert (await edge.wait_for_error("hangup_by_rest_failed"))["call_sid"] == A
    assert "<Hangup" in resumed.text


INVALID: dict[str, Any] = {
    "not JSON": "this is not JSON",
    "unknown event": '{"event":"future"}',
    "payload is not base64": '{"event":"media","media":{"timestamp":"1","payload":"!!"}}',
    "'media' without": '{"event":"media","media":{"payload":"AAAA"}}',
    "binary frame": b"\x00\x01",
    "a payload of": '{"event":"media","media":{"timestamp":"1","payload":"' + "A" * 80_000 + '"}}',
}


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("problem", INVALID)
async def test_an_invalid_message_is_logged_once_and_skipped(edge: EdgeProcess, problem: str) -> None:
    """The entry names the call; this stream and another one continue."""
    await edge.post_voice(B)
    async with edge.stream(A) as broken, edge.stream(B, "MZ2") as other:
        async with (
            edge.bus.subscribe(subjects.caller_audio(A)) as of_a,
            edge.bus.subscribe(subjects.caller_audio(B)) as of_b,
        ):
            for _ in range(3):
                await broken.socket.send(INVALID[problem])
            await broken.send_frame(FRAME)
            await other.send_frame(FRAME)
            async with asyncio.timeout(30):
                assert CallerAudio.FromString((await anext(aiter(of_a))).data).mulaw == FRAME
                assert CallerAudio.FromString((await anext(aiter(of_b))).data).mulaw == FRAME
    error = await edge.wait_for_error("media_message_invalid")

    assert error["call_sid"] == A
    assert problem in error["problem"]
    assert len([line for line in edge.log_entries() if line["event"] == "media_message_invalid"]) == 1


async def test_a_stream_without_a_start_message_is_closed(edge: EdgeProcess) -> None:
    """The logged error contains the time for which the edge waited."""
    async with edge.socket() as socket:
        await socket.send('{"event":"connected"}')
        with pytest.raises(ConnectionClosed):
            await socket.recv()

    assert (await edge.wait_for_error("start_message_missing"))["waited_s"] == 0.5


async def test_a_stream_of_an_unknown_call_is_rejected(edge: EdgeProcess) -> None:
    """So is a stream without a valid CallSid, which must not become part of a subject."""
    for sid in (B, "CA.>", "*"):
        async with edge.stream(sid) as stream:
            with pytest.raises(ConnectionClosed):
                await stream.receive()

    error = await edge.wait_for_error("media_stream_rejected")
    assert (error["call_sid"], error["reason"]) == (B, "call_unknown")


@pytest.mark.usefixtures("stage")
async def test_a_second_stream_of_a_call_is_rejected_while_the_first_is_alive(edge: EdgeProcess) -> None:
    """The first stream continues."""
    async with edge.stream(A) as first:
        await read_until(edge.bus, A, StreamStarted)
        async with edge.stream(A, "MZ2") as second:
            with pytest.raises(ConnectionClosed):
                await second.receive()
        async with edge.bus.subscribe(subjects.caller_audio(A)) as audio:
            await first.send_frame(FRAME)
            async with asyncio.timeout(30):
                assert CallerAudio.FromString((await anext(aiter(audio))).data).mulaw == FRAME

    error = await edge.wait_for_error("media_stream_rejected")
    assert (error["call_sid"], error["reason"]) == (A, "other_stream_alive")


async def test_a_lost_stream_is_replaced_by_another(edge: EdgeProcess, stage: OtherStages) -> None:
    """The next stream has the next epoch and plays the audio that was not played before."""
    async with edge.stream(A) as stream:
        await stage.publish_reply("r1", 1600)
        mark = await _first_mark(stream)
        await stream.send(event="mark", streamSid="MZ1", mark=mark)
        await read_until(edge.bus, A, PlaybackStarted)
        stream.socket.transport.abort()
    resumed = await edge.post_voice(A, "/voice?resume=1")
    async with edge.stream(A, "MZ2") as stream:
        resumed_audio = await stream.receive()
        bodies = await read_bodies(edge.bus, A)

    assert "<Stream" in resumed.text
    assert resumed_audio["streamSid"] == "MZ2"
    assert await edge.metric('parley_media_streams_opened_total{kind="first"}') == 1
    assert await edge.metric('parley_media_streams_opened_total{kind="resumed"}') == 1
    assert await edge.metric('parley_media_streams_closed_total{reason="lost"}') >= 1
    assert await edge.metric('parley_webhook_requests_total{route="/voice",status="200"}') == 2
    assert len([body for body in bodies if isinstance(body, StreamStarted)]) == 2


@pytest.mark.usefixtures("stage")
async def test_a_stop_ends_the_call_if_no_status_follows(edge: EdgeProcess) -> None:
    """A key that was pressed before the stop is in the log."""
    async with edge.stream(A) as stream:
        await stream.send(event="dtmf", dtmf={"digit": "7"}, streamSid="MZ1")
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
        bodies = await read_until(edge.bus, A, CallEnded)

    [key] = [body for body in bodies if isinstance(body, DtmfPressed)]
    [stopped] = [body for body in bodies if isinstance(body, StreamStopped)]
    assert (key.digit, stopped.reason) == ("7", "stop")
    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]


@pytest.mark.usefixtures("stage")
async def test_a_lost_stream_that_is_not_replaced_ends_the_call(edge: EdgeProcess) -> None:
    """The edge waits for PARLEY_STREAM_RESUME_TIMEOUT_S."""
    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        stream.socket.transport.abort()
    bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "stream-lost"  # type: ignore[union-attr]


@pytest.mark.usefixtures("stage")
async def test_a_repeated_final_status_ends_a_call_once(edge: EdgeProcess) -> None:
    """Its log has one call.ended."""
    for _ in range(2):
        reply = await edge.post("/status", {"CallSid": A, "CallStatus": "completed"})
        assert reply.status_code == 204
    bodies = await read_bodies(edge.bus, A)

    assert [body.reason for body in bodies if isinstance(body, CallEnded)] == ["completed"]


async def test_a_number_with_an_unknown_agent_gets_the_default_one(edge: EdgeProcess) -> None:
    """An error in the log names the agent of the number's webhook."""
    reply = await edge.post_voice(A, "/voice?agent=nobody")

    assert '<Parameter name="agent" value="clinic" />' in reply.text
    [started] = await read_bodies(edge.bus, A)
    assert started.agent == "clinic"
    error = await edge.wait_for_error("agent_not_loaded")
    assert (error["agent"], error["used_instead"]) == ("nobody", "clinic")


async def test_each_number_has_the_agent_of_its_webhook(
    nats_server: NatsServer, tmp_path: Path, edge: EdgeProcess
) -> None:
    """The webhook's URL names it, and so does the fallback's for a call that the webhook did not answer."""
    (tmp_path / "clinic.yaml").write_text("prompt: Answer.\n")
    (tmp_path / "sales.yaml").write_text("prompt: Sell.\n")
    more = {"PARLEY_AGENTS_DIR": str(tmp_path)}
    async with running_edge(nats_server.url, edge.bus, tmp_path, **more) as other:
        voice = await other.post_voice(A, "/voice?agent=sales")
        fallback = await other.post("/fallback?agent=sales", {"CallSid": B, "ErrorUrl": f"{other.url}/voice"})

    for reply in (voice, fallback):
        assert '<Parameter name="agent" value="sales" />' in reply.text


async def test_without_the_default_agent_a_call_gets_an_apology(
    nats_server: NatsServer, tmp_path: Path, edge: EdgeProcess
) -> None:
    """An error in the log names the agent file."""
    async with running_edge(nats_server.url, edge.bus, tmp_path, PARLEY_AGENT="nobody") as other:
        reply = await other.post_voice(A)

        assert "<Say " in reply.text
        assert "nobody" in (await other.wait_for_error("call_not_answered"))["reason"]


async def test_a_rejection_identifies_the_system(
    nats_server: NatsServer, tmp_path: Path, edge: EdgeProcess
) -> None:
    """`parley doctor` recognizes the edge by it, at the webhook and at the media stream."""
    async with running_edge(nats_server.url, edge.bus, tmp_path, PARLEY_SYSTEM_ID="abc") as other:
        reply = await other.post("/voice", {}, "")
        with pytest.raises(InvalidStatus) as caught:
            async with other.socket(""):
                pass

    for headers in (reply.headers, caught.value.response.headers):
        assert headers["x-parley-system"] == "abc"


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
async def test_an_outbound_call_is_placed_or_rejected_with_a_reason(
    edge: EdgeProcess, body: str, status: int
) -> None:
    """A request from this machine needs no key."""
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"{edge.url}/calls", content=body)

    assert reply.status_code == status
    assert reply.json().get("call_sid" if status == 201 else "error")
    assert len(edge.rest.requests) == (status == 201)


async def test_a_call_that_twilio_rejects_is_reported(edge: EdgeProcess) -> None:
    """The response is HTTP 502 with Twilio's reason."""
    edge.rest.status = 401
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"{edge.url}/calls", json={"to": "+15550100002", "from": "+15550100000"})

    assert reply.status_code == 502
    assert reply.json()["error"]["code"] == "rejected"


async def test_an_outbound_call_needs_the_configured_key(nats_server: NatsServer, tmp_path: Path) -> None:
    """A request from this machine needs it as well."""
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_edge(nats_server.url, bus, tmp_path, PARLEY_API_KEY="k") as edge,
        httpx.AsyncClient() as client,
    ):
        call = {"to": "+15550100002", "from": "+15550100000"}
        without = await client.post(f"{edge.url}/calls", json=call)
        allowed = await client.post(f"{edge.url}/calls", json=call, headers={"Authorization": "Bearer k"})

    assert (without.status_code, allowed.status_code) == (401, 201)


async def test_a_call_gets_the_fallback_while_the_bus_is_down(
    edge: EdgeProcess, nats_server: NatsServer
) -> None:
    """HTTP 503 makes Twilio request /fallback, which needs no other process."""
    await nats_server.kill()
    reply = await edge.post_voice(B)
    fallback = await edge.post("/fallback", {"CallSid": B, "ErrorCode": "11200"})

    assert reply.status_code == 503
    assert (await edge.wait_for_error("call_not_answered"))["call_sid"] == B
    assert "<Say " in fallback.text


@pytest.mark.usefixtures("stage")
async def test_a_stopping_edge_waits_for_its_calls(edge: EdgeProcess) -> None:
    """After its last call it exits with code 0."""
    async with edge.stream(A) as stream:
        await read_until(edge.bus, A, StreamStarted)
        edge.process.terminate()
        await asyncio.sleep(0.5)
        assert edge.process.returncode is None
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
    bodies = await read_until(edge.bus, A, CallEnded)

    assert bodies[-1].reason == "hangup"  # type: ignore[union-attr]
    assert await edge.process.wait() == 0


async def test_metrics_have_a_port_of_their_own(edge: EdgeProcess) -> None:
    """The public port has the probes but no metrics; the other port has all three and no webhook."""
    paths = ("/livez", "/readyz", "/metrics", "/voice")
    async with httpx.AsyncClient() as client:
        public = [(await client.get(edge.url + path)).status_code for path in paths]
        own = [(await client.get(edge.metrics_url + path)).status_code for path in paths]

    assert public == [200, 200, 404, 403]
    assert own == [200, 200, 200, 404]


@pytest.mark.usefixtures("stage")
async def test_a_stopping_edge_is_still_observed(edge: EdgeProcess) -> None:
    """While its calls end, it is not ready, and its metrics can be scraped."""
    async with edge.stream(A) as stream, httpx.AsyncClient() as client:
        await read_until(edge.bus, A, StreamStarted)
        edge.process.terminate()

        async def stopping() -> bool:
            return (await client.get(edge.metrics_url + "/readyz")).status_code == 503

        await eventually(stopping)
        assert 'parley_calls{stage="edge"} 1.0' in (await client.get(edge.metrics_url + "/metrics")).text
        await stream.send(event="stop", stop={"callSid": A}, streamSid="MZ1")
    assert await edge.process.wait() == 0


async def test_an_address_with_a_path_reaches_this_edge_through_a_shared_host(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    """Twilio signs the whole public address, and the proxy need not rewrite it."""
    direct = "https://calls.example.com/edge/edge-0"
    stream = "wss://calls.example.com/edge/edge-0/twilio/stream"
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_edge(nats_server.url, bus, tmp_path, PARLEY_EDGE_DIRECT_URL=direct) as edge,
    ):
        twiml = (await edge.post_voice(A)).text
        assert f'url="{stream}"' in twiml
        signature = RequestValidator(TOKEN).compute_signature(stream, {})
        async with edge.socket(signature, "/edge/edge-0/twilio/stream") as socket:
            assert socket.state is State.OPEN
        for refused in ("/edge/edge-1/twilio/stream", "/edge/edge-0"):
            with pytest.raises(InvalidStatus):
                async with edge.socket(signature, refused):
                    pass


async def test_a_call_starts_with_the_current_version(
    nats_server: NatsServer, tmp_path: Path, edge: EdgeProcess
) -> None:
    """It is in the bucket by then, so that every machine has it when the file is edited."""
    (tmp_path / "clinic.yaml").write_text("prompt: one")
    async with running_edge(nats_server.url, edge.bus, tmp_path, PARLEY_AGENTS_DIR=str(tmp_path)) as other:
        await other.post_voice(A)
        (tmp_path / "clinic.yaml").write_text("prompt: two")
        await other.post_voice(B)
        versions = [(await read_bodies(other.bus, sid))[0].agent_version for sid in (A, B)]
        texts = [await AgentBucket(other.bus).text("clinic", version) for version in versions]

    assert texts == ["prompt: one", "prompt: two"]


async def test_a_call_has_the_agent_of_its_number_and_parameters(
    nats_server: NatsServer, tmp_path: Path, edge: EdgeProcess
) -> None:
    """The name of an agent in the address comes before the number."""
    (tmp_path / "clinic.yaml").write_text("prompt: Answer.\n")
    (tmp_path / "sales.yaml").write_text("prompt: Sell.\nnumbers: ['+15550100000']\n")
    more = {"PARLEY_AGENTS_DIR": str(tmp_path)}
    async with running_edge(nats_server.url, edge.bus, tmp_path, **more) as other:
        await other.post_voice(A, "/voice?plan=gold")
        await other.post_voice(B, "/voice?agent=clinic")
        started = [(await read_bodies(other.bus, sid))[0] for sid in (A, B)]

    assert [body.agent for body in started] == ["sales", "clinic"]
    assert [dict(body.parameters) for body in started] == [{"plan": "gold"}, {}]


async def test_an_applied_version_reaches_new_calls_on_every_edge(
    nats_server: NatsServer, tmp_path: Path, edge: EdgeProcess
) -> None:
    """Within a second, without a restart, and whatever file the edge has."""
    (tmp_path / "clinic.yaml").write_text("prompt: file")
    async with running_edge(nats_server.url, edge.bus, tmp_path, PARLEY_AGENTS_DIR=str(tmp_path)) as other:
        bucket = AgentBucket(edge.bus)
        version = await bucket.add("clinic", "prompt: applied", timeout_s=5)
        before = [await started_version(each, "CA" + end * 32) for each, end in ((edge, "1"), (other, "2"))]
        await bucket.set_current("clinic", version, previous=None)
        await asyncio.sleep(1)
        after = [await started_version(each, "CA" + end * 32) for each, end in ((edge, "3"), (other, "4"))]

    assert version not in before
    assert after == [version, version]


async def started_version(edge: EdgeProcess, call_sid: str) -> str:
    """Start a call at an edge; return the version of its agent."""
    await edge.post_voice(call_sid)
    [started] = await read_bodies(edge.bus, call_sid)
    return str(started.agent_version)
