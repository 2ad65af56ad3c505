"""Media streams against a small server: marks, clear, validation, endings."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from parley.audio.g711 import make_silence
from sandbox.espeak import speak
from tests.eventually import eventually
from tests.integration.sandbox_twilio.twilio_emulator import ACCOUNT, CONNECT, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import Stream, WebApplication

THEN_REDIRECT = CONNECT.replace("</Response>", "<Redirect>/again</Redirect></Response>")
QUIET = [{"pause": 60_000}]


async def streamed(
    serve: Callable[[Stream], Awaitable[None]], steps: list[Any] | None = None, **more: Any
) -> tuple[WebApplication, list[dict[str, Any]], dict[str, Any]]:
    """The application, events and report of a call whose stream is served by `serve`."""
    application = WebApplication({"/voice": CONNECT}, stream=serve)
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call(steps or QUIET, **more)
        events = await emulator.events(sid)
        return application, events, await emulator.report(sid)


def warnings(events: list[dict[str, Any]]) -> list[int]:
    """The codes of a call's warnings."""
    return [event["code"] for event in events if event["kind"] == "warning"]


async def test_stream_starts_like_twilios() -> None:
    """`connected` and `start` are followed by media whose increasing numbers are strings."""

    async def serve(stream: Stream) -> None:
        await stream.until("media", 5)

    application, events, _ = await streamed(serve)
    connected, start, *media = application.streams[0].messages

    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["start"]["customParameters"] == {"agent": "clinic"}
    assert start["start"]["callSid"] == application.params_of("/voice")[0]["CallSid"]
    assert [message["sequenceNumber"] for message in media] == ["2", "3", "4", "5", "6"]
    assert [message["media"]["chunk"] for message in media] == ["1", "2", "3", "4", "5"]
    assert [message["media"]["timestamp"] for message in media] == ["70", "90", "110", "130", "150"]
    assert events[-1]["status"] == "completed"


async def test_marks_are_returned_when_their_audio_was_played() -> None:
    """Marks return in order, separated by the duration of the audio between them."""
    times: list[float] = []

    async def serve(stream: Stream) -> None:
        await stream.until("start")
        for name in ("a", "b"):
            await stream.play(make_silence(200))
            await stream.mark(name)
        for count in (1, 2):
            await stream.until("mark", count)
            times.append(asyncio.get_running_loop().time())

    application, _, _ = await streamed(serve)

    assert [mark["mark"]["name"] for mark in application.streams[0].messages_of("mark")] == ["a", "b"]
    assert times[1] - times[0] > 0.1


async def test_clear_returns_marks_and_discards_audio() -> None:
    """All pending marks are returned, and cleared audio is not played."""

    async def serve(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(speak("this is a very long sentence that nobody will hear to its end").mulaw)
        await stream.mark("end")
        await stream.until("media", 25)
        await stream.clear()
        await stream.until("mark")
        count = len(stream.messages_of("media"))
        await stream.until("media", count + 30)

    _, events, report = await streamed(serve)

    assert "cleared" in [event["kind"] for event in events]
    assert report["agent_speech"][0]["end_ms"] < 1200


async def test_pressed_keys_arrive_as_dtmf() -> None:
    """Each key is a `dtmf` message and an event, in order."""

    async def serve(stream: Stream) -> None:
        await stream.until("dtmf", 2)

    application, events, _ = await streamed(serve, [{"press": "4#"}, {"pause": 60_000}])
    keys = application.streams[0].messages_of("dtmf")

    assert [key["dtmf"] for key in keys] == [
        {"track": "inbound_track", "digit": "4"},
        {"track": "inbound_track", "digit": "#"},
    ]
    assert [event["digit"] for event in events if event["kind"] == "dtmf_pressed"] == ["4", "#"]


async def test_invalid_messages_give_one_warning_per_code() -> None:
    """The stream continues after the invalid messages."""

    async def serve(stream: Stream) -> None:
        await stream.until("start")
        for _ in range(2):
            await stream.socket.send_bytes(b"\x00")
            await stream.socket.send_text("no JSON")
            await stream.send({"event": "mark", "streamSid": "MZother", "mark": {"name": "x"}})
        await stream.mark("still there")
        await stream.until("mark")

    application, events, report = await streamed(serve)

    assert warnings(events) == [31950, 31951]
    assert application.streams[0].messages_of("mark")[0]["mark"] == {"name": "still there"}
    assert len(report["warnings"]) == 2


async def test_closed_stream_falls_through() -> None:
    """The verb after <Connect> is executed, and the stream's callbacks are sent."""

    async def serve(stream: Stream) -> None:
        await stream.until("start")

    application = WebApplication(
        {"/voice": THEN_REDIRECT, "/again": "<Response><Hangup/></Response>"}, stream=serve
    )
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call(QUIET)
        await emulator.events(sid)
        callbacks = await emulator.wait_for_requests("/status", 3)

    assert application.paths().count("/again") == 1
    assert sorted(params["StreamEvent"] for params in callbacks if "StreamEvent" in params) == [
        "stream-started",
        "stream-stopped",
    ]
    assert all(request.signed for request in application.requests)


async def test_lost_socket_falls_through_with_an_error() -> None:
    """After a fault drops the socket, a new stream of the same call follows."""
    application = WebApplication({"/voice": THEN_REDIRECT, "/again": CONNECT})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call(
            [{"pause": 800}, "hang_up"], faults={"drop_sockets_at_ms": [200], "seed": 2}
        )
        events = await emulator.events(sid)
        callbacks = await emulator.wait_for_requests("/status", 5)

    errors = [params["StreamError"] for params in callbacks if params.get("StreamEvent") == "stream-error"]
    assert errors == ["Stream signal error, code: 31903"]
    assert warnings(events) == [31903]
    assert application.streams[0].lost
    assert application.streams[1].messages[-1]["event"] == "stop"
    first, second = (stream.messages_of("start")[0]["start"] for stream in application.streams)
    assert first["callSid"] == second["callSid"]
    assert first["streamSid"] != second["streamSid"]


async def test_lost_socket_without_fall_through_waits_for_an_update() -> None:
    """With `no_fall_through` the call is silent until a REST update replaces the TwiML."""
    application = WebApplication({"/voice": THEN_REDIRECT, "/rescued": "<Response><Hangup/></Response>"})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call(QUIET, faults={"drop_sockets_at_ms": [100], "no_fall_through": True})
        await eventually(
            lambda: "stream-error" in [p.get("StreamEvent") for p in application.params_of("/status")]
        )
        reply = await emulator.client.post(
            f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json",
            data={"Url": f"{application.url}/rescued"},
            auth=(ACCOUNT, "sandbox"),
        )
        events = await emulator.events(sid)

    assert reply.status_code == 200
    assert "stranded" in [event["kind"] for event in events]
    assert "/again" not in application.paths()
    assert "/rescued" in application.paths()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://{host}/stream", 31922),
        ("wss://127.0.0.1:1/stream", 31902),
        ("wss://{host}/nowhere", 31920),
    ],
)
async def test_stream_that_cannot_open_gives_a_warning(url: str, code: int) -> None:
    """The next verb is executed."""
    twiml = CONNECT.replace("wss://{host}/stream", url)
    application = WebApplication({"/voice": twiml})
    async with open_twilio_emulator(application) as emulator:
        events = await emulator.events(await emulator.start_call(QUIET))

    assert warnings(events) == [code]
    assert events[-1]["status"] == "completed"


async def test_jitter_keeps_frames_in_order() -> None:
    """Delayed frames keep their order; lost ones leave gaps in the timestamps."""

    async def serve(stream: Stream) -> None:
        await stream.until("media", 40)

    application, _, _ = await streamed(serve, faults={"jitter_ms": 60, "lost": 0.2})
    media = application.streams[0].messages_of("media")
    numbers = [int(message["sequenceNumber"]) for message in media]

    assert numbers == list(range(2, 42))
    assert int(media[-1]["media"]["timestamp"]) > 70 + 39 * 20


async def test_forked_stream_receives_both_tracks() -> None:
    """<Start> does not wait; chunks are numbered per track."""
    twiml = (
        '<Response><Start><Stream url="wss://{host}/stream" name="fork" track="both_tracks"/></Start>'
        "<Say>hello</Say><Stop><Stream name='fork'/></Stop><Pause length='1'/></Response>"
    )
    application = WebApplication({"/voice": twiml})
    async with open_twilio_emulator(application) as emulator:
        await emulator.events(await emulator.start_call(QUIET))

    stream = application.streams[0]
    tracks = [message["media"]["track"] for message in stream.messages_of("media")]
    assert tracks[:4] == ["inbound", "outbound", "inbound", "outbound"]
    assert stream.messages[-1]["event"] == "stop"
    assert stream.messages_of("media")[3]["media"]["chunk"] == "2"
    assert json.dumps(stream.messages_of("start")[0]["start"]["tracks"]) == '["inbound", "outbound"]'
