"""The agent prompts a silent caller, then hangs up."""

from pathlib import Path

import pytest

from cli.call_log import follow, open_bus
from cli.live_view import LiveView
from sandbox.caller.client import open_telephone
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import running_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_a_silent_caller_is_prompted_then_the_agent_hangs_up(tmp_path: Path) -> None:
    """The goodbye is played before the call ends."""
    (tmp_path / "quiet.yaml").write_text(
        'prompt: x\ngreeting: Hello.\nidle: {timeout_s: 1.5, prompts: ["Hello?"], goodbye: Goodbye then.}\n'
    )
    settings = {
        "PARLEY_AGENTS_DIR": str(tmp_path),
        "PARLEY_AGENT": "quiet",
        "PARLEY_SANDBOX_STT": "oracle",
        "PARLEY_SANDBOX_TTS": "tone",
    }
    live = LiveView()
    lines: list[str] = []
    with running_up(tmp_path / "home", **settings) as up:
        async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as telephone:
            script = parse_script({"steps": [{"expect_hang_up": {"timeout_s": 30}}]})
            call_sid = await telephone.call(script)
            async for event in follow(bus, call_sid):
                lines += [line.plain for line in live.lines(event)]
            report = await telephone.report(call_sid)

    spoken = [line.split("agent")[1].strip() for line in lines if "agent  " in line]
    assert spoken == ["Hello.", "Hello?", "Goodbye then."]
    assert report.outcome == "completed"
    assert len(report.agent_speech) == 3
