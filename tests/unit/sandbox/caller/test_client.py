"""The telephone against a stand-in, there or not."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from sandbox.caller.client import SandboxError, Telephone, open_telephone
from sandbox.caller.script import default_script, parse_script
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, open_desk
from tests.integration.sandbox_twilio.web_application import WebApplication


@asynccontextmanager
async def telephone_to(answer: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[Telephone]:
    """A telephone whose wire ends at a function."""
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(base_url="http://desk", transport=transport) as client:
        yield Telephone(client, "http://desk")


async def test_a_call_is_placed_followed_and_told_of() -> None:
    """With a voice URL of its own, and both sides' sound afterwards."""
    application = WebApplication({"/other": CONNECT})
    async with open_desk(application) as desk, open_telephone(desk.url) as telephone:
        script = parse_script({"steps": [{"say": "yes"}, "hang_up"]})
        sid = await telephone.call(script, voice_url=f"{application.url}/other")
        kinds = [event["kind"] async for event in telephone.events(sid)]
        report = await telephone.report(sid)
        sounds = [await telephone.caller_wav(sid), await telephone.agent_wav(sid)]

    assert kinds[-1] == "ended"
    assert report.call_sid == sid
    assert report.outcome == "completed"
    assert all(sound.startswith(b"RIFF") for sound in sounds)
    assert len(sounds[0]) == len(sounds[1])


async def test_what_is_refused_is_refused_in_words() -> None:
    """A fault that does not exist, a call that nobody knows."""
    async with open_desk(WebApplication()) as desk, open_telephone(desk.url) as telephone:
        with pytest.raises(SandboxError, match=r"HTTP 400: .*rain"):
            await telephone.call(default_script(), faults={"rain": 1})
        for ask in (telephone.report, telephone.agent_wav, telephone.caller_wav):
            with pytest.raises(SandboxError, match=r"HTTP 404: .*no such call"):
                await ask("CA0")
        with pytest.raises(SandboxError, match=r"HTTP 404: .*no such call"):
            assert [event async for event in telephone.events("CA0")] == []


async def test_nobody_at_the_other_end_is_said_in_words() -> None:
    """With the address, and what to look at."""
    async with open_telephone("http://127.0.0.1:1") as telephone:
        with pytest.raises(SandboxError, match=r"nobody answers at http://127.0.0.1:1 .*is the system up"):
            await telephone.call(default_script())
        with pytest.raises(SandboxError, match="nobody answers"):
            assert [event async for event in telephone.events("CA1")] == []


@pytest.mark.parametrize(
    ("error", "words"),
    [(httpx.ReadTimeout("late"), "is silent"), (httpx.RemoteProtocolError("cut"), "broke off")],
)
async def test_a_stand_in_that_hangs_or_stops_is_told_apart(error: Exception, words: str) -> None:
    """Neither looks like a call that ended."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    async with telephone_to(fail) as telephone:
        with pytest.raises(SandboxError, match=words):
            await telephone.report("CA1")
        with pytest.raises(SandboxError, match=words):
            assert [event async for event in telephone.events("CA1")] == []


async def test_whoever_looks_away_leaves_cleanly() -> None:
    """The rest of the events is not read."""
    lines = b'{"kind":"ringing"}\n\n{"kind":"ended"}\n'
    async with telephone_to(lambda _: httpx.Response(200, content=lines)) as telephone:
        events = telephone.events("CA1")
        first = await anext(events)
        await events.aclose()
        every = [event["kind"] async for event in telephone.events("CA1")]

    assert first == {"kind": "ringing"}
    assert every == ["ringing", "ended"]
