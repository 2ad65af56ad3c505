"""Execution of TwiML verbs."""

from typing import Any

import pytest

from sandbox.espeak import speak
from sandbox.twilio.wav import to_wav
from tests.integration.sandbox_twilio.twilio_emulator import ACCOUNT, TwilioEmulator, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import WebApplication

HANG_UP = "<Response><Hangup/></Response>"


async def performed(
    emulator: TwilioEmulator, steps: list[Any], **more: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Events and report of a call with these steps."""
    sid = await emulator.start_call(steps, **more)
    return await emulator.events(sid), await emulator.report(sid)


async def test_the_document_ends_the_call_after_speech_and_pause() -> None:
    """The text is played, and the end of the document ends the call."""
    application = WebApplication({"/voice": "<Response><Say>hello</Say><Pause length='0.2'/></Response>"})
    async with open_twilio_emulator(application) as emulator:
        events, report = await performed(emulator, [{"expect_hang_up": {}}])

    assert len(report["agent_speech"]) == 1
    assert report["expected_hang_up_ok"] is True
    assert [event["by"] for event in events if event["kind"] == "hung_up"] == ["agent"]


async def test_unknown_verb_gives_a_warning() -> None:
    """The remaining verbs are executed."""
    application = WebApplication({"/voice": "<Response><Fax/><Say>hello</Say></Response>"})
    async with open_twilio_emulator(application) as emulator:
        _, report = await performed(emulator, [{"expect_hang_up": {}}])

    assert report["warnings"] == ["12200: unknown verb <Fax>"]
    assert len(report["agent_speech"]) == 1


@pytest.mark.parametrize(
    ("verb", "warning"),
    [
        ("<Say voice='Polly.Nobody'>hello</Say>", "13511: Say: Invalid voice value 'Polly.Nobody'"),
        ("<Say language='pt'>bom dia</Say>", "13512: Say: Invalid language value 'pt'"),
        ("<Say> </Say>", "13520: Say: Invalid text"),
    ],
)
async def test_refused_text_gives_a_warning(verb: str, warning: str) -> None:
    """It is not spoken; the remaining verbs are executed."""
    twiml = f"<Response>{verb}<Say language='de-DE'>hallo</Say></Response>"
    async with open_twilio_emulator(WebApplication({"/voice": twiml})) as emulator:
        events, report = await performed(emulator, [{"expect_hang_up": {}}])

    assert report["warnings"] == [warning]
    assert [event["text"] for event in events if event["kind"] == "say"] == ["hallo"]


async def test_gather_collects_digits() -> None:
    """The first digit ends the prompt; the last one requests the action URL."""
    twiml = (
        "<Response><Gather numDigits='2' action='/keys'><Say>please enter two digits now</Say></Gather>"
        "</Response>"
    )
    application = WebApplication({"/voice": twiml, "/keys": HANG_UP})
    async with open_twilio_emulator(application) as emulator:
        await performed(emulator, [{"pause": 100}, {"press": "12"}, {"expect_hang_up": {}}])

    assert [params["Digits"] for params in application.params_of("/keys")] == ["12"]


async def test_gather_without_digits_continues() -> None:
    """The next verb is executed."""
    twiml = "<Response><Gather timeout='0.1' action='/keys'/><Redirect>/next</Redirect></Response>"
    application = WebApplication({"/voice": twiml, "/next": HANG_UP})
    async with open_twilio_emulator(application) as emulator:
        await performed(emulator, [{"expect_hang_up": {}}])

    assert application.paths().count("/next") == 1
    assert application.params_of("/keys") == []


async def test_record_stores_a_message() -> None:
    """The recording ends when the caller is silent."""
    twiml = "<Response><Record timeout='0.4' playBeep='false' action='/message'/></Response>"
    application = WebApplication({"/voice": twiml, "/message": HANG_UP})
    async with open_twilio_emulator(application) as emulator:
        await performed(emulator, [{"say": "yes please"}, {"expect_hang_up": {}}])
        (params,) = application.params_of("/message")
        reply = await emulator.client.get(
            params["RecordingUrl"].partition(":9001")[2] + ".wav", auth=(ACCOUNT, "sandbox")
        )

    assert reply.status_code == 200
    assert len(reply.content) > 8000


async def test_dial_connects_two_callers() -> None:
    """Each receives the other's audio; the action URL receives the result."""
    twiml = (
        "<Response><Dial action='/dialled' callerId='+15550100000'>"
        "<Number statusCallback='/leg' statusCallbackEvent='ringing completed'>+15550100007</Number>"
        "</Dial></Response>"
    )
    application = WebApplication({"/voice": twiml, "/dialled": HANG_UP})
    async with open_twilio_emulator(application) as emulator:
        script = {"steps": [{"say": "hello"}, {"listen": {"silence_ms": 200}}, "hang_up"]}
        await emulator.client.put("/sandbox/callees/+15550100007", json={"script": script})
        steps = [{"listen": {"silence_ms": 200}}, {"say": "yes"}, {"expect_hang_up": {}}]
        _, report = await performed(emulator, steps)
        (params,) = application.params_of("/dialled")
        other = await emulator.report(params["DialCallSid"])
        legs = await emulator.wait_for_requests("/leg", 2)

    assert params["DialCallStatus"] == "completed"
    assert [line["text"] for line in other["caller_speech"]] == ["hello"]
    assert len(report["agent_speech"]) == len(other["agent_speech"]) == 1
    assert report["outcome"] == other["outcome"] == "completed"
    assert {leg["ParentCallSid"] for leg in legs} == {application.params_of("/voice")[0]["CallSid"]}


async def test_a_recording_is_missing_while_it_is_processed() -> None:
    """Twilio requests the action before."""
    twiml = "<Response><Record timeout='0.4' playBeep='false' action='/message'/></Response>"
    application = WebApplication({"/voice": twiml, "/message": HANG_UP})
    async with open_twilio_emulator(application, recording_processing_ms=60_000) as emulator:
        await performed(emulator, [{"say": "yes please"}, {"expect_hang_up": {}}])
        path = application.params_of("/message")[0]["RecordingUrl"].partition(":9001")[2]
        replies = [
            await emulator.client.get(path + suffix, auth=(ACCOUNT, "sandbox")) for suffix in (".wav", ".mp3")
        ]

    assert [reply.status_code for reply in replies] == [404, 404]


async def test_play_of_a_missing_file_gives_a_warning() -> None:
    """The next verb is executed."""
    application = WebApplication(
        {"/voice": "<Response><Play>http://127.0.0.1:1/a.wav</Play><Say>hello</Say></Response>"}
    )
    async with open_twilio_emulator(application) as emulator:
        _, report = await performed(emulator, [{"expect_hang_up": {}}])

    assert report["warnings"][0].startswith("11200: ")
    assert len(report["agent_speech"]) == 1
    assert to_wav(speak("hello").mulaw).startswith(b"RIFF")


async def test_reject_never_answers() -> None:
    """The caller's outcome is busy."""
    application = WebApplication({"/voice": "<Response><Reject reason='busy'/></Response>"})
    async with open_twilio_emulator(application) as emulator:
        events, report = await performed(emulator, [{"say": "hello"}])
        callbacks = await emulator.wait_for_requests("/status", 1)

    assert report["outcome"] == "busy"
    assert "answered" not in [event["kind"] for event in events]
    assert callbacks[0]["CallStatus"] == "busy"
