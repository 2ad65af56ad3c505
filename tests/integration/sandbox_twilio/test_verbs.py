"""TwiML verbs, performed."""

from typing import Any

from sandbox.espeak import speak
from sandbox.twilio.wav import wav_of
from tests.integration.sandbox_twilio.twilio_emulator import ACCOUNT, Desk, open_desk
from tests.integration.sandbox_twilio.web_application import WebApplication

HANG_UP = "<Response><Hangup/></Response>"


async def performed(desk: Desk, steps: list[Any], **more: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Events and report of a call with these steps."""
    sid = await desk.call(steps, **more)
    return await desk.events(sid), await desk.report(sid)


async def test_say_and_pause_then_end_of_document() -> None:
    """The caller hears a voice; the document's end ends the call."""
    application = WebApplication({"/voice": "<Response><Say>hello</Say><Pause length='0.2'/></Response>"})
    async with open_desk(application) as desk:
        events, report = await performed(desk, [{"expect_hang_up": {}}])

    assert len(report["agent_speech"]) == 1
    assert report["expected_hang_up_ok"] is True
    assert [event["by"] for event in events if event["kind"] == "hung_up"] == ["agent"]


async def test_unknown_verb_is_a_warning() -> None:
    """The rest is followed."""
    application = WebApplication({"/voice": "<Response><Fax/><Say>hello</Say></Response>"})
    async with open_desk(application) as desk:
        _, report = await performed(desk, [{"expect_hang_up": {}}])

    assert report["warnings"] == ["12200: unknown verb <Fax>"]
    assert len(report["agent_speech"]) == 1


async def test_gather_collects_keys() -> None:
    """The first key ends the prompt; the last one asks the action."""
    twiml = (
        "<Response><Gather numDigits='2' action='/keys'><Say>please enter two digits now</Say></Gather>"
        "</Response>"
    )
    application = WebApplication({"/voice": twiml, "/keys": HANG_UP})
    async with open_desk(application) as desk:
        await performed(desk, [{"pause": 100}, {"press": "12"}, {"expect_hang_up": {}}])

    assert [params["Digits"] for params in application.asked_for("/keys")] == ["12"]


async def test_gather_without_keys_goes_on() -> None:
    """With the next verb."""
    twiml = "<Response><Gather timeout='0.1' action='/keys'/><Redirect>/next</Redirect></Response>"
    application = WebApplication({"/voice": twiml, "/next": HANG_UP})
    async with open_desk(application) as desk:
        await performed(desk, [{"expect_hang_up": {}}])

    assert application.paths().count("/next") == 1
    assert application.asked_for("/keys") == []


async def test_record_takes_a_message() -> None:
    """Until the caller is silent."""
    twiml = "<Response><Record timeout='0.4' playBeep='false' action='/message'/></Response>"
    application = WebApplication({"/voice": twiml, "/message": HANG_UP})
    async with open_desk(application) as desk:
        await performed(desk, [{"say": "yes please"}, {"expect_hang_up": {}}])
        (params,) = application.asked_for("/message")
        reply = await desk.client.get(
            params["RecordingUrl"].partition(":9001")[2] + ".wav", auth=(ACCOUNT, "sandbox")
        )

    assert reply.status_code == 200
    assert len(reply.content) > 8000


async def test_dial_joins_two_telephones() -> None:
    """Each hears the other; the verb's action learns how it went."""
    twiml = (
        "<Response><Dial action='/dialled' callerId='+15550100000'>"
        "<Number statusCallback='/leg' statusCallbackEvent='ringing completed'>+15550100007</Number>"
        "</Dial></Response>"
    )
    application = WebApplication({"/voice": twiml, "/dialled": HANG_UP})
    async with open_desk(application) as desk:
        script = {"steps": [{"say": "hello"}, {"listen": {"silence_ms": 200}}, "hang_up"]}
        await desk.client.put("/sandbox/callees/+15550100007", json={"script": script})
        steps = [{"listen": {"silence_ms": 200}}, {"say": "yes"}, {"expect_hang_up": {}}]
        _, report = await performed(desk, steps)
        (params,) = application.asked_for("/dialled")
        other = await desk.report(params["DialCallSid"])
        legs = await desk.told("/leg", 2)

    assert params["DialCallStatus"] == "completed"
    assert [line["text"] for line in other["caller_speech"]] == ["hello"]
    assert len(report["agent_speech"]) == len(other["agent_speech"]) == 1
    assert report["outcome"] == other["outcome"] == "completed"
    assert {leg["ParentCallSid"] for leg in legs} == {application.asked_for("/voice")[0]["CallSid"]}


async def test_play_fetches_a_sound() -> None:
    """And passes over one that is not there, with a warning."""
    application = WebApplication(
        {"/voice": "<Response><Play>http://127.0.0.1:1/a.wav</Play><Say>hello</Say></Response>"}
    )
    async with open_desk(application) as desk:
        _, report = await performed(desk, [{"expect_hang_up": {}}])

    assert report["warnings"][0].startswith("11200: ")
    assert len(report["agent_speech"]) == 1
    assert wav_of(speak("hello").mulaw).startswith(b"RIFF")


async def test_reject_never_answers() -> None:
    """The caller is told busy."""
    application = WebApplication({"/voice": "<Response><Reject reason='busy'/></Response>"})
    async with open_desk(application) as desk:
        events, report = await performed(desk, [{"say": "hello"}])
        told = await desk.told("/status", 1)

    assert report["outcome"] == "busy"
    assert "answered" not in [event["kind"] for event in events]
    assert told[0]["CallStatus"] == "busy"
