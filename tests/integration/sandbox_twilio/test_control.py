"""The control API: people, events, reports, sounds, log."""

import asyncio
import io
import json
import wave
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parley.health import serve
from sandbox.caller.client import open_telephone
from sandbox.caller.script import parse_script
from sandbox.deepgram.oracle import Oracle
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, open_desk
from tests.integration.sandbox_twilio.web_application import WebApplication


async def test_sounds_of_both_sides_are_kept() -> None:
    """As WAV files of the same length."""
    application = WebApplication({"/voice": CONNECT})
    async with open_desk(application) as desk:
        sid = await desk.call([{"say": "yes"}, "hang_up"])
        await desk.events(sid)
        lengths = []
        for side in ("caller", "agent"):
            reply = await desk.client.get(f"/sandbox/calls/{sid}/{side}.wav")
            with wave.open(io.BytesIO(reply.content)) as file:
                assert (file.getframerate(), file.getnchannels()) == (8000, 1)
                lengths.append(file.getnframes())

    assert lengths[0] == lengths[1] > 1600


async def test_the_callers_own_client_understands_it() -> None:
    """The telephone of the desk places a call, follows it, reads its report."""
    application = WebApplication({"/voice": CONNECT})
    async with open_desk(application) as desk, open_telephone(desk.url) as telephone:
        sid = await telephone.call(parse_script({"steps": [{"say": "yes"}, "hang_up"]}))
        kinds = [event["kind"] async for event in telephone.events(sid)]
        report = await telephone.report(sid)

    assert kinds[-1] == "ended"
    assert report.outcome == "completed"
    assert report.caller_speech[0].text == "yes"


async def test_events_come_while_the_call_goes_on() -> None:
    """Line by line, not all at its end."""
    application = WebApplication({"/voice": CONNECT})
    async with open_desk(application) as desk:
        sid = await desk.call([{"pause": 60_000}])
        async with desk.client.stream("GET", f"/sandbox/calls/{sid}/events") as reply:
            async for line in reply.aiter_lines():
                event = json.loads(line)
                if event["kind"] == "stream_started":
                    hung_up = await desk.client.delete(f"/sandbox/calls/{sid}")
                    assert hung_up.status_code == 204
        assert event["kind"] == "ended"
        report = await desk.report(sid)
        again = await desk.client.delete(f"/sandbox/calls/{sid}")

    assert report["outcome"] == "cut_short"
    assert again.status_code == 409


async def test_log_has_every_call() -> None:
    """From any number on."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_desk(application) as desk:
        sid = await desk.call([{"pause": 60_000}])
        await desk.events(sid)
        entries = (await desk.client.get("/sandbox/log")).json()["entries"]
        later = (await desk.client.get(f"/sandbox/log?since={entries[-1]['n']}")).json()["entries"]
        health = await desk.client.get("/sandbox/health")

    assert {"ringing", "twiml", "answered", "ended"} <= {e["kind"] for e in entries if e["call_sid"] == sid}
    assert all(entry["at_us"] > 0 for entry in entries)
    assert later == []
    assert health.json() == {"ok": True}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "from"),
        ({"from": "+1", "to": "+2", "script": {"steps": [{"dance": 1}]}}, "unknown action"),
        ({"from": "+1", "to": "+2", "faults": {"lots": 2}}, "lots"),
        ({"from": "+1", "to": "+2", "what": 1}, "what"),
    ],
)
async def test_wrong_wishes_are_refused_in_words(body: dict[str, Any], words: str) -> None:
    """400, and what is wrong."""
    async with open_desk(WebApplication()) as desk:
        reply = await desk.client.post("/sandbox/calls", json=body)
        unknown = await desk.client.get("/sandbox/calls/CA0")

    assert reply.status_code == 400
    assert words in reply.json()["error"]
    assert unknown.status_code == 404


async def test_the_token_is_not_told() -> None:
    """Settings are for all to read."""
    async with open_desk(WebApplication()) as desk:
        told = (await desk.client.get("/sandbox/settings")).json()
        changed = await desk.client.patch("/sandbox/settings", json={"ring_s": 0.5})

    assert set(told["auth_token"]) == {"*"}
    assert changed.json()["ring_s"] == 0.5


async def test_the_oracle_learns_what_will_be_said() -> None:
    """Before the call begins, in the shape that it takes."""
    oracle, taught = Oracle(), asyncio.Event()

    async def utterances(request: Request) -> Response:
        oracle.register((await request.json())["utterances"])
        taught.set()
        return JSONResponse({})

    app = Starlette(routes=[Route("/sandbox/utterances", utterances, methods=["POST"])])
    async with serve(app, "127.0.0.1", 0, drain_timeout_s=1) as port:
        application = WebApplication({"/voice": CONNECT})
        async with open_desk(application, deepgram_url=f"http://127.0.0.1:{port}") as desk:
            sid = await desk.call([{"say": "yes please"}, {"say": "nothing recorded says this"}, "hang_up"])
            assert taught.is_set()
            await desk.events(sid)
            said = bytes(desk.network.exchange.legs[sid].line.said)

    heard = await oracle.recognise(said)
    assert [word.text.strip(".") for word in heard] == [
        "yes",
        "please",
        "nothing",
        "recorded",
        "says",
        "this",
    ]


async def test_without_an_oracle_the_call_goes_on() -> None:
    """The real vendor needs no teaching."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_desk(application, deepgram_url="http://127.0.0.1:1") as desk:
        sid = await desk.call([{"say": "yes"}])
        events = await desk.events(sid)
        entries = (await desk.client.get("/sandbox/log")).json()["entries"]

    assert events[-1]["status"] == "completed"
    assert "oracle_registration_failed" in [entry["kind"] for entry in entries]


async def test_twenty_calls_at_once_are_kept_apart() -> None:
    """Each stream is its own call's."""
    application = WebApplication({"/voice": CONNECT})
    async with open_desk(application) as desk:
        steps = [{"say": "yes"}, "hang_up"]
        sids = await asyncio.gather(*(desk.call(steps) for _ in range(20)))
        reports = await asyncio.gather(*(desk.report(sid) for sid in sids))
        finished = await desk.client.get("/sandbox/calls")

    assert {report["outcome"] for report in reports} == {"completed"}
    starts = {stream.of("start")[0]["start"]["callSid"] for stream in application.streams}
    assert starts == set(sids)
    assert isinstance(finished, httpx.Response)
    assert {call["status"] for call in finished.json()["calls"]} == {"completed"}


async def test_old_calls_make_room() -> None:
    """Those that go on are kept."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_desk(application, max_calls_kept=2) as desk:
        sids = []
        for _ in range(4):
            sids.append(await desk.call([{"pause": 100}]))
            await desk.events(sids[-1])
        known = [call["call_sid"] for call in (await desk.client.get("/sandbox/calls")).json()["calls"]]
        desk.network.exchange.legs[known[0]].forget_sound()
        gone = await desk.client.get(f"/sandbox/calls/{known[0]}/agent.wav")

    assert known == sids[2:]
    assert gone.status_code == 410


async def test_closing_ends_all_calls() -> None:
    """Those who follow a call see its end."""
    application = WebApplication({"/voice": CONNECT})
    async with open_desk(application) as desk:
        sid = await desk.call([{"pause": 60_000}])
        following = asyncio.create_task(desk.events(sid))
        async with asyncio.timeout(10):
            while not (application.streams and application.streams[0].messages):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
        await desk.network.close()
        events = await following

    assert events[-1]["kind"] == "ended"
    assert application.streams[0].messages[-1]["event"] == "stop"
