"""REST, through the vendor's own client."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.integration.sandbox_twilio.twilio_emulator import ACCOUNT as SID
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, Desk, open_desk
from tests.integration.sandbox_twilio.web_application import TOKEN, WebApplication

# The vendor's client is behind aiohttp's ways.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

THEM, US = "+15550100009", "+15550100000"
SAY_AND_WAIT = "<Response><Say>hello</Say><Pause length='30'/></Response>"


@dataclass
class Account:
    """The desk, and the vendor's client of it."""

    desk: Desk
    client: Client

    async def status(self, call_sid: str, wanted: str) -> None:
        """Wait until a call has a status."""
        async with asyncio.timeout(10):
            while (await self.client.calls(call_sid).fetch_async()).status != wanted:  # noqa: ASYNC110 - as a user would
                await asyncio.sleep(0.02)


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    """Served on free ports."""
    answers = {"/voice": CONNECT, "/say": SAY_AND_WAIT}
    async with open_desk(WebApplication(answers)) as desk:
        http = AsyncTwilioHttpClient()
        client = Client(SID, TOKEN, http_client=http)
        client.api.base_url = desk.url
        try:
            yield Account(desk, client)
        finally:
            await http.close()


async def refusal(account: Account, **fields: object) -> TwilioRestException:
    """What the vendor's client makes of a call that cannot be placed."""
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls.create_async(**fields)
    return caught.value


async def test_call_is_placed_answered_and_ended(account: Account) -> None:
    """All its statuses are told, signed, in order; the ended one is final."""
    application = account.desk.application
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
    told = await account.desk.told("/outbound", 4)
    told.sort(key=lambda params: int(params["SequenceNumber"]))

    assert [params["CallStatus"] for params in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert told[-1]["CallDuration"].isdecimal()
    assert {params["CallbackSource"] for params in told} == {"call-progress-events"}
    assert all(asked.signed for asked in application.asked)
    fetched = await account.client.calls(call.sid).fetch_async()
    assert (fetched.status, fetched.to, fetched.duration) == ("completed", THEM, told[-1]["CallDuration"])
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls(call.sid).update_async(status="completed")
    assert (caught.value.status, caught.value.code) == (400, 21220)


async def test_update_gives_a_live_call_other_twiml(account: Account) -> None:
    """A stream is told `stop`, then the new document is followed."""
    application = account.desk.application
    call = await account.client.calls.create_async(to=THEM, from_=US, url=f"{application.url}/voice")
    async with asyncio.timeout(10):
        while not (application.streams and application.streams[0].of("media")):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)
    await account.client.calls(call.sid).update_async(twiml="<Response><Say>bye</Say></Response>")
    report = await account.desk.report(call.sid)
    events = await account.desk.events(call.sid)

    assert application.streams[0].messages[-1]["event"] == "stop"
    assert "bye" in [event.get("text") for event in events if event["kind"] == "say"]
    assert len(report["agent_speech"]) == 1


async def test_a_call_s_sound_is_forked_by_rest(account: Account) -> None:
    """Beside its own stream, and until the call has ended; a call that is not on has none."""
    application = account.desk.application
    call = await account.client.calls.create_async(to=THEM, from_=US, url=f"{application.url}/voice")
    async with asyncio.timeout(10):
        while not (application.streams and application.streams[0].of("media")):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)
        url = f"wss{application.url.removeprefix('http')}/stream"
        fork = await account.client.calls(call.sid).streams.create_async(url=url, name="ear")
        while not (application.streams[1:] and application.streams[1].of("media")):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    await account.client.calls(call.sid).update_async(status="completed")
    await account.desk.report(call.sid)

    assert (fork.name, fork.status, fork.call_sid) == ("ear", "in-progress", call.sid)
    assert [stream.messages[-1]["event"] for stream in application.streams] == ["stop", "stop"]
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls(call.sid).streams.create_async(url=url)
    assert (caught.value.status, caught.value.code) == (400, 21220)


async def test_calls_are_listed(account: Account) -> None:
    """The newest first, by the vendor's paging."""
    twiml = "<Response><Hangup/></Response>"
    sids = [(await account.client.calls.create_async(to=THEM, from_=US, twiml=twiml)).sid for _ in range(3)]
    listed = await account.client.calls.list_async(page_size=2)

    assert [call.sid for call in listed] == sids[::-1]
    assert await account.client.calls.list_async(to="+15550199999") == []


@pytest.mark.parametrize("answer", ["busy", "no-answer"])
async def test_nobody_takes_the_call(account: Account, answer: str) -> None:
    """A busy line and one that rings until the time-out."""
    await account.desk.client.put(f"/sandbox/callees/{THEM}", json={"answer": answer, "ring_s": 0})
    url = f"{account.desk.application.url}/voice"
    call = await account.client.calls.create_async(to=THEM, from_=US, url=url, timeout=0)
    if answer == "no-answer":
        await account.client.calls(call.sid).update_async(status="canceled")
    await account.status(call.sid, "canceled" if answer == "no-answer" else answer)

    assert account.desk.application.paths() == []


@pytest.mark.parametrize(
    ("answer", "wanted", "found"),
    [("person", "Enable", "human"), ("machine", "DetectMessageEnd", "machine_end_beep")],
)
async def test_answering_machine_is_detected(account: Account, answer: str, wanted: str, found: str) -> None:
    """Before the voice address is asked."""
    await account.desk.client.put(f"/sandbox/callees/{THEM}", json={"answer": answer})
    url = f"{account.desk.application.url}/say"
    await account.client.calls.create_async(to=THEM, from_=US, url=url, machine_detection=wanted)
    told = await account.desk.told("/say", 1)

    assert told[0]["AnsweredBy"] == found


async def test_answering_machine_is_detected_meanwhile(account: Account) -> None:
    """The asynchronous way has a callback of its own."""
    url = account.desk.application.url
    await account.client.calls.create_async(
        to=THEM,
        from_=US,
        url=f"{url}/say",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{url}/amd",
    )
    told = await account.desk.told("/amd", 1)

    assert told[0]["AnsweredBy"] == "human"
    assert told[0]["MachineDetectionDuration"] == "50"


async def test_recording_has_both_sides(account: Account) -> None:
    """Started by REST, ended with the call, fetched as a WAV of two channels."""
    url = account.desk.application.url
    call = await account.client.calls.create_async(to=THEM, from_=US, url=f"{url}/say")
    await account.status(call.sid, "in-progress")
    recording = await account.client.calls(call.sid).recordings.create_async(
        recording_channels="dual", recording_status_callback=f"{url}/recording"
    )
    assert (recording.status, recording.channels) == ("in-progress", 2)
    await asyncio.sleep(0.3)
    await account.client.calls(call.sid).recordings(recording.sid).update_async(status="stopped")
    (told,) = await account.desk.told("/recording", 1)
    sound = await account.desk.client.get(
        f"/2010-04-01/Accounts/{SID}/Recordings/{recording.sid}.wav", auth=(SID, TOKEN)
    )
    await account.client.calls(call.sid).update_async(status="completed")

    assert (told["RecordingStatus"], told["RecordingSid"]) == ("completed", recording.sid)
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getnchannels() == 2
        assert file.getnframes() > 800
    assert (await account.client.recordings(recording.sid).fetch_async()).call_sid == call.sid
    assert len(await account.client.recordings.list_async(call_sid=call.sid)) == 1


async def test_text_message_is_accepted(account: Account) -> None:
    """And kept."""
    message = await account.client.messages.create_async(to=THEM, from_=US, body="hello")

    assert message.status == "queued"
    assert (await account.client.messages(message.sid).fetch_async()).body == "hello"


async def test_what_cannot_be_placed_is_refused(account: Account) -> None:
    """With the vendor's codes."""
    url = "http://127.0.0.1/voice"

    assert (await refusal(account, to="12", from_=US, url=url)).code == 21211
    assert (await refusal(account, to=THEM, from_="x", url=url)).code == 21212
    assert (await refusal(account, to=THEM, from_=US, url="no address")).code == 21205
    assert (await refusal(account, to=THEM, from_=US)).code == 21205
    error = await refusal(
        account, to=THEM, from_=US, url=url, status_callback=url, status_callback_event=["x"]
    )
    assert (error.status, error.code) == (400, 21626)


async def test_unknown_call_is_not_found(account: Account) -> None:
    """404 with the vendor's code."""
    with pytest.raises(TwilioRestException) as caught:
        await account.client.calls("CA" + "0" * 32).fetch_async()

    assert (caught.value.status, caught.value.code) == (404, 20404)


async def test_wrong_password_is_refused(account: Account) -> None:
    """401 in the vendor's JSON."""
    reply = await account.desk.client.get(f"/2010-04-01/Accounts/{SID}/Calls.json", auth=(SID, "wrong"))

    assert reply.status_code == 401
    assert reply.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


async def test_rest_faults(account: Account) -> None:
    """Set while the stand-in runs."""
    await account.desk.client.patch("/sandbox/settings", json={"faults": {"rest_429": 1.0}})

    assert (await refusal(account, to=THEM, from_=US, url="http://127.0.0.1/voice")).status == 429
