"""The control API: calls, callees, events, reports, audio, log."""

import asyncio
import io
import json
import wave
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from parley.runtime.health import serve
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.utterances import utterances_route
from tests.eventually import eventually
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import WebApplication


async def test_audio_of_both_sides_can_be_fetched() -> None:
    """Both WAV files have the same length."""
    application = WebApplication({"/voice": CONNECT})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"say": "yes"}, "hang_up"])
        await emulator.events(sid)
        lengths = []
        for side in ("caller", "agent"):
            reply = await emulator.client.get(f"/sandbox/calls/{sid}/{side}.wav")
            with wave.open(io.BytesIO(reply.content)) as file:
                assert (file.getframerate(), file.getnchannels()) == (8000, 1)
                lengths.append(file.getnframes())

    assert lengths[0] == lengths[1] > 1600


async def test_events_are_streamed_during_the_call() -> None:
    """A client can react to an event while the call is live."""
    application = WebApplication({"/voice": CONNECT})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"pause": 60_000}])
        async with emulator.client.stream("GET", f"/sandbox/calls/{sid}/events") as reply:
            async for line in reply.aiter_lines():
                event = json.loads(line)
                if event["kind"] == "stream_started":
                    hung_up = await emulator.client.delete(f"/sandbox/calls/{sid}")
                    assert hung_up.status_code == 204
        assert event["kind"] == "ended"
        report = await emulator.report(sid)
        again = await emulator.client.delete(f"/sandbox/calls/{sid}")

    assert report["outcome"] == "cut_short"
    assert again.status_code == 409


async def test_steps_are_added_during_the_call() -> None:
    """A caller who decides during the call has no script in advance."""
    application = WebApplication({"/voice": CONNECT})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"pause": 0}])
        path = f"/sandbox/calls/{sid}/steps"
        wrong = await emulator.client.post(path, json={"steps": ["sing"]})
        added = await emulator.client.post(path, json={"steps": [{"say": "yes"}, "hang_up"]})
        await emulator.events(sid)
        report = await emulator.report(sid)
        late = await emulator.client.post(path, json={"steps": [{"say": "yes"}]})

    assert (wrong.status_code, added.status_code, late.status_code) == (400, 204, 409)
    assert [speech["text"] for speech in report["caller_speech"]] == ["yes"]


async def test_log_has_every_call() -> None:
    """Entries can be read starting after any number."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"pause": 60_000}])
        await emulator.events(sid)
        entries = (await emulator.client.get("/sandbox/log")).json()["entries"]
        later = (await emulator.client.get(f"/sandbox/log?since={entries[-1]['n']}")).json()["entries"]
        health = await emulator.client.get("/sandbox/health")

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
async def test_invalid_requests_are_rejected(body: dict[str, Any], words: str) -> None:
    """The response has status 400 and contains the reason."""
    async with open_twilio_emulator(WebApplication()) as emulator:
        reply = await emulator.client.post("/sandbox/calls", json=body)
        unknown = await emulator.client.get("/sandbox/calls/CA0")

    assert reply.status_code == 400
    assert words in reply.json()["error"]
    assert unknown.status_code == 404


async def test_the_token_is_masked() -> None:
    """The settings, which are readable without authentication, do not show the auth token."""
    async with open_twilio_emulator(WebApplication()) as emulator:
        settings = (await emulator.client.get("/sandbox/settings")).json()
        changed = await emulator.client.patch("/sandbox/settings", json={"ring_s": 0.5})

    assert set(settings["auth_token"]) == {"*"}
    assert changed.json()["ring_s"] == 0.5


async def test_utterances_are_registered_with_the_oracle() -> None:
    """They are registered in the oracle's format before the call starts."""
    oracle = Oracle()
    async with serve(Starlette(routes=[utterances_route(oracle)]), "127.0.0.1", 0, drain_timeout_s=1) as port:
        application = WebApplication({"/voice": CONNECT})
        async with open_twilio_emulator(application, deepgram_url=f"http://127.0.0.1:{port}") as emulator:
            sid = await emulator.start_call(
                [{"say": "yes please"}, {"say": "nothing recorded says this"}, "hang_up"]
            )
            assert oracle.registered
            await emulator.events(sid)
            caller_audio = bytes(emulator.network.context.legs[sid].line.caller_audio)

    words = await oracle.recognise(caller_audio)
    assert [word.text.strip(".") for word in words] == [
        "yes",
        "please",
        "nothing",
        "recorded",
        "says",
        "this",
    ]


async def test_a_call_runs_without_an_oracle() -> None:
    """Registration is skipped, because the real Deepgram has no endpoint for it."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_twilio_emulator(application, deepgram_url="http://127.0.0.1:1") as emulator:
        sid = await emulator.start_call([{"say": "yes"}])
        events = await emulator.events(sid)
        entries = (await emulator.client.get("/sandbox/log")).json()["entries"]

    assert events[-1]["status"] == "completed"
    assert "oracle_registration_failed" in [entry["kind"] for entry in entries]


async def test_twenty_concurrent_calls_are_separate() -> None:
    """Each stream belongs to its own call."""
    application = WebApplication({"/voice": CONNECT})
    async with open_twilio_emulator(application) as emulator:
        steps = [{"say": "yes"}, "hang_up"]
        sids = await asyncio.gather(*(emulator.start_call(steps) for _ in range(20)))
        reports = await asyncio.gather(*(emulator.report(sid) for sid in sids))
        finished = await emulator.client.get("/sandbox/calls")

    assert {report["outcome"] for report in reports} == {"completed"}
    starts = {stream.messages_of("start")[0]["start"]["callSid"] for stream in application.streams}
    assert starts == set(sids)
    assert isinstance(finished, httpx.Response)
    assert {call["status"] for call in finished.json()["calls"]} == {"completed"}


async def test_old_ended_calls_are_removed() -> None:
    """The newest calls remain; a request for discarded audio is answered with 410."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_twilio_emulator(application, max_calls_kept=2) as emulator:
        sids = []
        for _ in range(4):
            sids.append(await emulator.start_call([{"pause": 100}]))
            await emulator.events(sids[-1])
        stored = [call["call_sid"] for call in (await emulator.client.get("/sandbox/calls")).json()["calls"]]
        emulator.network.context.legs[stored[0]].discard_audio()
        gone = await emulator.client.get(f"/sandbox/calls/{stored[0]}/agent.wav")

    assert stored == sids[2:]
    assert gone.status_code == 410


async def test_closing_ends_all_calls() -> None:
    """Clients that follow a call receive its last event."""
    application = WebApplication({"/voice": CONNECT})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"pause": 60_000}])
        following = asyncio.create_task(emulator.events(sid))
        await eventually(lambda: application.streams and application.streams[0].messages)
        await emulator.network.close()
        events = await following

    assert events[-1]["kind"] == "ended"
    assert application.streams[0].messages[-1]["event"] == "stop"
