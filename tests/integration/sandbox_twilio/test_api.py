"""The REST API, through Twilio's own SDK."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.eventually import eventually
from tests.integration.sandbox_twilio.twilio_emulator import ACCOUNT as SID
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, TwilioEmulator, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import TOKEN, WebApplication

# The SDK uses a deprecated part of aiohttp.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

THEM, US = "+15550100009", "+15550100000"
GREET_AND_WAIT = "<Response><Say>hello</Say><Pause length='30'/></Response>"


@dataclass
class Account:
    """The emulator, and an SDK client for it."""

    emulator: TwilioEmulator
    client: Client

    async def status(self, call_sid: str, wanted: str) -> None:
        """Wait until a call has a status."""

        async def has_status() -> bool:
            return bool((await self.client.calls(call_sid).fetch_async()).status == wanted)

        await eventually(has_status)


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    """The emulator and a client for it, on free ports."""
    responses = {"/voice": CONNECT, "/say": GREET_AND_WAIT}
    async with open_twilio_emulator(WebApplication(responses)) as emulator:
        http = AsyncTwilioHttpClient()
        client = Client(SID, TOKEN, http_client=http)
        client.api.base_url = emulator.url
        try:
            yield Account(emulator, client)
        finally:
            await http.close()


async def refusal(account: Account, **fields: object) -> TwilioRestException:
    """The SDK's error for a call that cannot be placed."""
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls.create_async(**fields)
    return caught.value


async def test_call_is_placed_answered_and_ended(account: Account) -> None:
    """Signed status callbacks arrive in order, and a completed call cannot be updated."""
    application = account.emulator.application
    call = await account.client.calls.create_async(
        to=THEM,
        from_=US,
        url=f"{application.url}/voice",
        status_callback=f"{application.url}/outbound",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    assert call.status == "queued"
    assert call.direction == "outbound-api"
    await account.status(call.sid, "in-progress")
    ended = await account.client.calls(call.sid).update_async(status="completed")
    assert ended.sid == call.sid
    callbacks = await account.emulator.wait_for_requests("/outbound", 4)
    callbacks.sort(key=lambda params: int(params["SequenceNumber"]))

    statuses = [params["CallStatus"] for params in callbacks]
    assert statuses == ["initiated", "ringing", "in-progress", "completed"]
    assert callbacks[-1]["CallDuration"].isdecimal()
    assert {params["CallbackSource"] for params in callbacks} == {"call-progress-events"}
    assert all(request.signed for request in application.requests)
    fetched = await account.client.calls(call.sid).fetch_async()
    duration = callbacks[-1]["CallDuration"]
    assert (fetched.status, fetched.to, fetched.duration) == ("completed", THEM, duration)
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls(call.sid).update_async(status="completed")
    assert (caught.value.status, caught.value.code) == (400, 21220)


async def test_update_replaces_the_twiml_of_a_live_call(account: Account) -> None:
    """The stream receives `stop`, then the new document is executed."""
    application = account.emulator.application
    call = await account.client.calls.create_async(to=THEM, from_=US, url=f"{application.url}/voice")
    await eventually(lambda: application.streams and application.streams[0].messages_of("media"))
    await account.client.calls(call.sid).update_async(twiml="<Response><Say>bye</Say></Response>")
    report = await account.emulator.report(call.sid)
    events = await account.emulator.events(call.sid)

    assert application.streams[0].messages[-1]["event"] == "stop"
    assert "bye" in [event.get("text") for event in events if event["kind"] == "say"]
    assert len(report["agent_speech"]) == 1


async def test_rest_forks_a_calls_audio(account: Account) -> None:
    """The fork runs beside the call's own stream until the call ends; an ended call cannot be forked."""
    application = account.emulator.application
    call = await account.client.calls.create_async(to=THEM, from_=US, url=f"{application.url}/voice")
    await eventually(lambda: application.streams and application.streams[0].messages_of("media"))
    url = f"wss{application.url.removeprefix('http')}/stream"
    fork = await account.client.calls(call.sid).streams.create_async(url=url, name="fork")
    await eventually(lambda: application.streams[1:] and application.streams[1].messages_of("media"))
    await account.client.calls(call.sid).update_async(status="completed")
    await account.emulator.report(call.sid)

    assert (fork.name, fork.status, fork.call_sid) == ("fork", "in-progress", call.sid)
    assert [stream.messages[-1]["event"] for stream in application.streams] == ["stop", "stop"]
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls(call.sid).streams.create_async(url=url)
    assert (caught.value.status, caught.value.code) == (400, 21220)


async def test_calls_are_listed(account: Account) -> None:
    """Calls are listed newest first, with the SDK's paging."""
    twiml = "<Response><Hangup/></Response>"
    sids = [(await account.client.calls.create_async(to=THEM, from_=US, twiml=twiml)).sid for _ in range(3)]
    listed = await account.client.calls.list_async(page_size=2)

    assert [call.sid for call in listed] == sids[::-1]
    assert await account.client.calls.list_async(to="+15550199999") == []


@pytest.mark.parametrize("answer", ["busy", "no-answer"])
async def test_an_unanswered_call_has_its_final_status(account: Account, answer: str) -> None:
    """A busy line and a call canceled while ringing have their own statuses."""
    await account.emulator.client.put(f"/sandbox/callees/{THEM}", json={"answer": answer, "ring_s": 0})
    url = f"{account.emulator.application.url}/voice"
    call = await account.client.calls.create_async(to=THEM, from_=US, url=url, timeout=0)
    if answer == "no-answer":
        await account.client.calls(call.sid).update_async(status="canceled")
    await account.status(call.sid, "canceled" if answer == "no-answer" else answer)

    assert account.emulator.application.paths() == []


@pytest.mark.parametrize(
    ("answer", "wanted", "found"),
    [("person", "Enable", "human"), ("machine", "DetectMessageEnd", "machine_end_beep")],
)
async def test_answering_machine_is_detected(account: Account, answer: str, wanted: str, found: str) -> None:
    """The result is in the voice webhook's parameters."""
    await account.emulator.client.put(f"/sandbox/callees/{THEM}", json={"answer": answer})
    url = f"{account.emulator.application.url}/say"
    await account.client.calls.create_async(to=THEM, from_=US, url=url, machine_detection=wanted)
    callbacks = await account.emulator.wait_for_requests("/say", 1)

    assert callbacks[0]["AnsweredBy"] == found


async def test_asynchronous_detection_has_its_own_callback(account: Account) -> None:
    """The call does not wait for the result."""
    url = account.emulator.application.url
    await account.client.calls.create_async(
        to=THEM,
        from_=US,
        url=f"{url}/say",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{url}/amd",
    )
    callbacks = await account.emulator.wait_for_requests("/amd", 1)

    assert callbacks[0]["AnsweredBy"] == "human"
    assert callbacks[0]["MachineDetectionDuration"] == "50"


async def test_recording_has_both_sides(account: Account) -> None:
    """A recording started and stopped via REST is fetched as a WAV with two channels."""
    url = account.emulator.application.url
    call = await account.client.calls.create_async(to=THEM, from_=US, url=f"{url}/say")
    await account.status(call.sid, "in-progress")
    recording = await account.client.calls(call.sid).recordings.create_async(
        recording_channels="dual", recording_status_callback=f"{url}/recording"
    )
    assert (recording.status, recording.channels) == ("in-progress", 2)
    await asyncio.sleep(0.3)
    await account.client.calls(call.sid).recordings(recording.sid).update_async(status="stopped")
    (callback,) = await account.emulator.wait_for_requests("/recording", 1)
    wav = await account.emulator.client.get(
        f"/2010-04-01/Accounts/{SID}/Recordings/{recording.sid}.wav", auth=(SID, TOKEN)
    )
    await account.client.calls(call.sid).update_async(status="completed")

    assert (callback["RecordingStatus"], callback["RecordingSid"]) == ("completed", recording.sid)
    with wave.open(io.BytesIO(wav.content)) as file:
        assert file.getnchannels() == 2
        assert file.getnframes() > 800
    assert (await account.client.recordings(recording.sid).fetch_async()).call_sid == call.sid
    assert len(await account.client.recordings.list_async(call_sid=call.sid)) == 1


async def test_text_message_is_accepted(account: Account) -> None:
    """An accepted message can be fetched."""
    message = await account.client.messages.create_async(to=THEM, from_=US, body="hello")

    assert message.status == "queued"
    assert (await account.client.messages(message.sid).fetch_async()).body == "hello"


async def test_invalid_calls_are_rejected(account: Account) -> None:
    """The SDK's error has Twilio's error code."""
    url = "http://127.0.0.1/voice"

    assert (await refusal(account, to="12", from_=US, url=url)).code == 21211
    assert (await refusal(account, to=THEM, from_="x", url=url)).code == 21212
    assert (await refusal(account, to=THEM, from_=US, url="not a url")).code == 21205
    assert (await refusal(account, to=THEM, from_=US)).code == 21205
    error = await refusal(
        account, to=THEM, from_=US, url=url, status_callback=url, status_callback_event=["x"]
    )
    assert (error.status, error.code) == (400, 21626)


async def test_unknown_call_is_not_found(account: Account) -> None:
    """The response is 404 with Twilio's error code."""
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls("CA" + "0" * 32).fetch_async()

    assert (caught.value.status, caught.value.code) == (404, 20404)


async def test_wrong_password_is_rejected(account: Account) -> None:
    """The response is 401 in Twilio's JSON format."""
    reply = await account.emulator.client.get(f"/2010-04-01/Accounts/{SID}/Calls.json", auth=(SID, "wrong"))

    assert reply.status_code == 401
    assert reply.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


async def test_rest_errors_can_be_injected(account: Account) -> None:
    """The fault settings can be changed at run time."""
    await account.emulator.client.patch("/sandbox/settings", json={"faults": {"rest_429": 1.0}})

    assert (await refusal(account, to=THEM, from_=US, url="http://127.0.0.1/voice")).status == 429
