"""Webhooks: parameters, fallback, duplicates, delays."""

from tests.integration.sandbox_twilio.twilio_emulator import open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import WebApplication

GREETING = "<Response><Say>hello</Say></Response>"
QUIET = [{"pause": 60_000}]


async def test_voice_webhook_has_the_call_parameters() -> None:
    """The request has the parameters of a call's first request."""
    application = WebApplication({"/voice": GREETING})
    async with open_twilio_emulator(application) as emulator:
        sid = await emulator.start_call(QUIET)
        await emulator.events(sid)
        (status,) = await emulator.wait_for_requests("/status", 1)

    (voice,) = application.params_of("/voice")
    assert voice["CallSid"] == sid
    assert voice["AccountSid"].startswith("AC")
    assert (voice["From"], voice["To"]) == ("+15550100001", "+15550100000")
    assert (voice["Direction"], voice["CallStatus"]) == ("inbound", "ringing")
    assert voice["ApiVersion"] == "2010-04-01"
    assert "FromCity" in voice
    assert (status["CallStatus"], status["SequenceNumber"]) == ("completed", "0")


async def test_fallback_is_requested_when_the_webhook_fails() -> None:
    """The request has the error code and the failed URL."""
    application = WebApplication({"/voice": "oops", "/fallback": GREETING}, statuses={"/voice": 503})
    async with open_twilio_emulator(application) as emulator:
        await emulator.events(await emulator.start_call(QUIET))

    (fallback,) = application.params_of("/fallback")
    assert fallback["ErrorCode"] == "11217"
    assert fallback["ErrorUrl"] == f"{application.url}/voice"


async def test_without_a_fallback_an_apology_is_played() -> None:
    """The call then ends, and its warnings contain the reason."""
    application = WebApplication({"/voice": "this is no XML"})
    async with open_twilio_emulator(application, fallback_url=None) as emulator:
        report = await emulator.report(await emulator.start_call([{"expect_hang_up": {}}]))

    assert report["warnings"][0].startswith("12100: ")
    assert len(report["agent_speech"]) == 1


async def test_unreachable_application_ends_the_call() -> None:
    """The call ends with a warning if neither URL accepts connections."""
    application = WebApplication()
    async with open_twilio_emulator(application, fallback_url=None) as emulator:
        report = await emulator.report(await emulator.start_call(QUIET, voice_url="http://127.0.0.1:1/voice"))

    assert report["warnings"][0].startswith("11205: ")


async def test_duplicates_carry_the_same_token() -> None:
    """Twilio's retries carry the token of the first request."""
    application = WebApplication({"/voice": GREETING})
    async with open_twilio_emulator(application) as emulator:
        await emulator.events(await emulator.start_call(QUIET, faults={"webhook_duplicates": 2}))
        await emulator.wait_for_requests("/status", 3)

    tokens = [request.idempotency_token for request in application.requests if request.path == "/voice"]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1
    assert all(request.signed for request in application.requests)


async def test_callbacks_can_be_delayed() -> None:
    """Delayed callbacks are still sent after the call has ended."""
    application = WebApplication({"/voice": "<Response><Hangup/></Response>"})
    async with open_twilio_emulator(application) as emulator:
        await emulator.events(await emulator.start_call(QUIET, faults={"webhook_delay_ms": 800}))
        assert application.params_of("/status") == []
        (callbacks,) = await emulator.wait_for_requests("/status", 1)

    assert callbacks["CallStatus"] == "completed"
