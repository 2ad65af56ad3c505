"""One system for all whole calls, with fast emulators that have ground-truth transcripts."""

import asyncio
from collections.abc import Iterator

import pytest

from cli.call_log import follow, open_bus
from sandbox.caller.client import open_telephone
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up, running_up

SCRIPT = parse_script(
    {
        "steps": [
            "listen",
            {"say": "what are your opening hours"},
            {"say": {"text": "no wait", "after_agent_starts_ms": 1500}},
            {"listen": {"silence_ms": 1500}},
            {"noise": {"kind": "cough", "ms": 300}},
            {"say": "thank you goodbye"},
            "expect_hang_up",
        ]
    }
)


async def a_call(up: Up) -> str:
    """Make a call and wait for its end; return its CallSid."""
    async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as telephone:
        call_sid = await telephone.call(SCRIPT)
        async for _ in follow(bus, call_sid):
            pass
    return call_sid


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system with ground-truth transcripts and tone-encoded synthesis."""
    home = tmp_path_factory.mktemp("up") / "home"
    with running_up(home, PARLEY_SANDBOX_STT="oracle", PARLEY_SANDBOX_TTS="tone") as running:
        yield running


@pytest.fixture(scope="session")
def finished_call(up: Up) -> str:
    """The CallSid of a finished call with an interruption, a cough and a tool."""
    return asyncio.run(a_call(up))
