"""The control API's client against the emulator."""

import pytest

from sandbox.caller.client import SandboxError, open_telephone
from sandbox.caller.script import default_script
from sandbox.caller.script_parser import parse_script
from tests.integration.sandbox_twilio.twilio_emulator import CONNECT, open_twilio_emulator
from tests.integration.sandbox_twilio.web_application import WebApplication


async def test_a_call_is_started_followed_and_reported() -> None:
    """A call can use its own voice URL; both sides' audio is available afterwards."""
    application = WebApplication({"/other": CONNECT})
    async with open_twilio_emulator(application) as emulator, open_telephone(emulator.url) as telephone:
        script = parse_script({"steps": [{"say": "yes"}, "hang_up"]})
        sid = await telephone.call(script, voice_url=f"{application.url}/other")
        kinds = [event["kind"] async for event in telephone.events(sid)]
        report = await telephone.report(sid)
        caller, agent = await telephone.caller_wav(sid), await telephone.agent_wav(sid)

    assert kinds[-1] == "ended"
    assert report.call_sid == sid
    assert report.outcome == "completed"
    assert report.caller_speech[0].text == "yes"
    assert caller.startswith(b"RIFF")
    assert agent.startswith(b"RIFF")
    assert len(caller) == len(agent)


async def test_rejections_contain_the_reason() -> None:
    """An unknown fault and an unknown call are rejected with HTTP 400 and 404."""
    async with open_twilio_emulator(WebApplication()) as emulator, open_telephone(emulator.url) as telephone:
        with pytest.raises(SandboxError, match=r"HTTP 400: .*rain"):
            await telephone.call(default_script(), faults={"rain": 1})
        for fetch in (telephone.report, telephone.agent_wav, telephone.caller_wav):
            with pytest.raises(SandboxError, match=r"HTTP 404: .*no such call"):
                await fetch("CA0")
        with pytest.raises(SandboxError, match=r"HTTP 404: .*no such call"):
            assert [event async for event in telephone.events("CA0")] == []


async def test_an_unreachable_emulator_is_reported() -> None:
    """The error contains the URL and a hint."""
    async with open_telephone("http://127.0.0.1:1") as telephone:
        with pytest.raises(SandboxError, match=r"cannot connect to http://127.0.0.1:1 .*is the system up"):
            await telephone.call(default_script())
        with pytest.raises(SandboxError, match="cannot connect"):
            assert [event async for event in telephone.events("CA1")] == []
