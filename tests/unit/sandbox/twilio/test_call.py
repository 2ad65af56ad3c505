"""Whole calls: webhooks, a media stream, the caller's report."""

from sandbox.voice import speak
from tests.unit.sandbox.twilio.desk import CONNECT, open_desk
from tests.unit.sandbox.twilio.web_application import Stream, WebApplication


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
        for kind in ("twiml", "answered", "stream_started", "agent_began", "spoke", "said", "stream_stopped"):
            assert kind in kinds
        assert report["outcome"] == "completed"
        assert [line["text"] for line in report["said"]] == ["yes"]
        assert len(report["heard"]) == 1
        assert all(asked.signed for asked in application.asked)
        assert application.streams[0].signed
