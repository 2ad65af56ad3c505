"""Whole calls: webhooks, a media stream, the caller's report."""

import base64

from sandbox import tone
from sandbox.caller.loudness import is_voiced
from sandbox.espeak import speak
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, open_desk
from tests.integration.sandbox_twilio.web_application import Stream, WebApplication


async def greets(stream: Stream) -> None:
    """Say something, wait until it was heard, listen."""
    await stream.until("start")
    await stream.play(speak("hello").mulaw)
    await stream.mark("greeting")
    await stream.until("mark")
    await stream.until_stop()


async def test_call_is_answered_heard_and_hung_up() -> None:
    """Somebody calls, hears the agent, answers, hangs up; all of it is signed and told."""
    application = WebApplication({"/voice": CONNECT}, stream=greets)
    async with open_desk(application) as desk:
        sid = await desk.call([{"listen": {"silence_ms": 200}}, {"say": "yes"}, "hang_up"])
        events = await desk.events(sid)
        report = await desk.report(sid)
        await desk.told("/status", 3)

        kinds = [event["kind"] for event in events]
        assert kinds[0] == "ringing"
        assert kinds[-1] == "ended"
        expected = {
            "twiml",
            "answered",
            "stream_started",
            "agent_speech_started",
            "utterance_started",
            "utterance_finished",
            "stream_stopped",
        }
        assert expected <= set(kinds)
        assert report["outcome"] == "completed"
        assert [line["text"] for line in report["caller_speech"]] == ["yes"]
        assert len(report["agent_speech"]) == 1
        assert all(asked.signed for asked in application.asked)
        assert application.streams[0].signed


async def test_interrupted_agent_is_measured() -> None:
    """How long it went on after the caller began."""

    async def stops_when_interrupted(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(speak("this is a very long sentence that somebody will interrupt").mulaw)
        count, frame = 0, b""
        while not is_voiced(frame):
            count += 1
            frame = base64.b64decode((await stream.until("media", count))["media"]["payload"])
        await stream.clear()
        await stream.until_stop()

    application = WebApplication({"/voice": CONNECT}, stream=stops_when_interrupted)
    async with open_desk(application) as desk:
        steps = [{"say": {"text": "no wait", "after_agent_starts_ms": 400}}, "hang_up"]
        report = await desk.report(await desk.call(steps))

    (barge_in,) = report["barge_ins"]
    assert 0 <= barge_in["agent_silent_after_ms"] < 500


async def test_words_of_a_tone_are_read_back() -> None:
    """Where the agent's voice is a tone."""

    async def speaks_in_tones(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(tone.encode("hello you").mulaw)
        await stream.until_stop()

    application = WebApplication({"/voice": CONNECT}, stream=speaks_in_tones)
    async with open_desk(application) as desk:
        sid = await desk.call([{"listen": {"silence_ms": 500}}, {"say": "yes"}, "hang_up"])
        await desk.events(sid)
        report = (await desk.client.get(f"/sandbox/calls/{sid}?decode=tone")).json()

    assert [line["text"] for line in report["agent_speech"]] == ["hello you"]
