"""Whole calls: webhooks, a media stream, the caller's report."""

import base64

from sandbox import tone
from sandbox.caller.loudness import is_audible
from sandbox.espeak import speak
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import Stream, WebApplication


async def greets(stream: Stream) -> None:
    """Play a greeting, wait until it has been played, then receive."""
    await stream.until("start")
    await stream.play(speak("hello").mulaw)
    await stream.mark("greeting")
    await stream.until("mark")
    await stream.until_stop()


async def test_a_call_is_complete_from_ring_to_hang_up() -> None:
    """The caller listens, responds and hangs up; all requests are signed, all steps are events."""
    application = WebApplication({"/voice": CONNECT}, stream=greets)
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"listen": {"silence_ms": 200}}, {"say": "yes"}, "hang_up"])
        events = await emulator.events(sid)
        report = await emulator.report(sid)
        await emulator.wait_for_requests("/status", 3)

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
        assert all(request.signed for request in application.requests)
        assert application.streams[0].signed


async def test_the_time_to_silence_after_a_barge_in_is_measured() -> None:
    """It is the time from the start of the caller's speech to the end of the agent's."""

    async def stops_when_interrupted(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(speak("this is a very long sentence that somebody will interrupt").mulaw)
        count, frame = 0, b""
        while not is_audible(frame):
            count += 1
            frame = base64.b64decode((await stream.until("media", count))["media"]["payload"])
        await stream.clear()
        await stream.until_stop()

    application = WebApplication({"/voice": CONNECT}, stream=stops_when_interrupted)
    async with open_twilio_emulator(application) as emulator:
        steps = [{"say": {"text": "no wait", "after_agent_starts_ms": 400}}, "hang_up"]
        report = await emulator.report(await emulator.start_call(steps))

    (barge_in,) = report["barge_ins"]
    assert 0 <= barge_in["agent_silent_after_ms"] < 500


async def test_words_encoded_as_tones_are_decoded() -> None:
    """The report contains the agent's text."""

    async def speaks_in_tones(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(tone.encode("hello you").mulaw)
        await stream.until_stop()

    application = WebApplication({"/voice": CONNECT}, stream=speaks_in_tones)
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call([{"listen": {"silence_ms": 500}}, {"say": "yes"}, "hang_up"])
        await emulator.events(sid)
        report = (await emulator.client.get(f"/sandbox/calls/{sid}?decode=tone")).json()

    assert [line["text"] for line in report["agent_speech"]] == ["hello you"]
