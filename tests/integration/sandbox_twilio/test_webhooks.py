"""Webhooks: parameters, fallback, duplicates, lateness."""

from tests.integration.sandbox_twilio.twilio_emulator import open_desk
from tests.integration.sandbox_twilio.web_application import WebApplication

SAY = "<Response><Say>hello</Say></Response>"
QUIET = [{"pause": 60_000}]


async def test_voice_webhook_says_who_calls() -> None:
    """With the parameters of a first request."""
    application = WebApplication({"/voice": SAY})
    async with open_desk(application) as desk:
        sid = await desk.call(QUIET)
        await desk.events(sid)
        (status,) = await desk.told("/status", 1)

    (voice,) = application.asked_for("/voice")
    assert voice["CallSid"] == sid
    assert voice["AccountSid"].startswith("AC")
    assert (voice["From"], voice["To"]) == ("+15550100001", "+15550100000")
    assert (voice["Direction"], voice["CallStatus"]) == ("inbound", "ringing")
    assert voice["ApiVersion"] == "2010-04-01"
    assert "FromCity" in voice
    assert (status["CallStatus"], status["SequenceNumber"]) == ("completed", "0")


async def test_fallback_answers_when_the_webhook_fails() -> None:
    """It is told what went wrong."""
    application = WebApplication({"/voice": "oops", "/fallback": SAY}, statuses={"/voice": 503})
    async with open_desk(application) as desk:
        await desk.events(await desk.call(QUIET))

    (fallback,) = application.asked_for("/fallback")
    assert fallback["ErrorCode"] == "11217"
    assert fallback["ErrorUrl"] == f"{application.url}/voice"


async def test_without_a_fallback_an_apology_is_heard() -> None:
    """Then the call ends, with the reason among its warnings."""
    application = WebApplication({"/voice": "this is no XML"})
    async with open_desk(application, fallback_url=None) as desk:
        report = await desk.report(await desk.call([{"expect_hang_up": {}}]))

    assert report["warnings"][0].startswith("12100: ")
    assert len(report["agent_speech"]) == 1


async def test_unreachable_application_ends_the_call() -> None:
    """Nobody listens at either address."""
    application = WebApplication()
    async with open_desk(application, fallback_url=None) as desk:
        report = await desk.report(await desk.call(QUIET, voice_url="http://127.0.0.1:1/voice"))

    assert report["warnings"][0].startswith("11205: ")


async def test_duplicates_carry_the_same_token() -> None:
    """As a vendor's retry does."""
    application = WebApplication({"/voice": SAY})
    async with open_desk(application) as desk:
        await desk.events(await desk.call(QUIET, faults={"webhook_duplicates": 2}))
        await desk.told("/status", 3)

    tokens = [asked.idempotency_token for asked in application.asked if asked.path == "/voice"]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1
    assert all(asked.signed for asked in application.asked)


async def test_late_callbacks() -> None:
    """They come after the call has ended."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_desk(application) as desk:
        await desk.events(await desk.call(QUIET, faults={"webhook_delay_ms": 800}))
        assert application.asked_for("/status") == []
        (told,) = await desk.told("/status", 1)

    assert told["CallStatus"] == "completed"
