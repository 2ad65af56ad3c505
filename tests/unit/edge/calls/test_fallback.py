"""Tests of an agent's fallback."""

from pathlib import Path
from typing import cast

import pytest

from parley.agent_store import AgentStore
from parley.bus import Bus
from parley.errors import ConfigError, ProviderUnavailable
from services.edge.calls import call_agent, fallback
from services.edge.calls.call_state import CallState
from services.edge.calls.fallback import dial_caller_id, fallback_twiml, start_fallback
from services.edge.settings import EdgeSettings
from services.edge.twilio.rest import TwilioRest

SETTINGS = EdgeSettings()
AGENTS = AgentStore(str(Path(__file__).parents[4] / "agents"))


class FakeCall:
    """The call's log and Twilio's REST API; lists what was done, in order."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.rest_fails = False
        self.language = ""

    async def end(self, _bus: object, _call_sid: str, reason: str) -> None:
        """End the log."""
        self.steps.append(reason)

    async def changed_language(self, _bus: object, _call_sid: str) -> str:
        """The language to which the call has changed."""
        return self.language

    async def redirect(self, _call_sid: str, twiml: str) -> bool:
        """Redirect the call, or fail."""
        self.steps.append(twiml)
        if self.rest_fails:
            raise ProviderUnavailable("twilio", "HTTP 503")
        return True

    async def start_fallback(self, agent: str = "clinic") -> bool:
        """Start the fallback of an agent."""
        call = CallState(0, agent)
        twilio = cast("TwilioRest", self)
        return await start_fallback(cast("Bus", self), AGENTS, twilio, "CA1", SETTINGS, call)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> FakeCall:
    """A call of the agent `clinic`."""
    call = FakeCall()
    monkeypatch.setattr(fallback, "try_end_call", call.end)
    monkeypatch.setattr(call_agent, "changed_language", call.changed_language)
    return call


async def test_the_log_is_ended_before_twilio_continues_the_call(call: FakeCall) -> None:
    """Twilio speaks the text of the agent file and opens no stream."""
    assert await call.start_fallback()

    bus = cast("Bus", call)
    expected = await fallback_twiml(bus, AGENTS, "CA1", SETTINGS, CallState(0, "clinic"))
    assert call.steps == ["fallback", expected]
    assert '<Say language="en-US"' in call.steps[1]
    assert "<Connect>" not in call.steps[1]


async def test_a_failed_redirect_is_reported(call: FakeCall) -> None:
    """The calling function then closes the stream."""
    call.rest_fails = True

    assert not await call.start_fallback()
    assert call.steps[0] == "fallback"


async def test_an_unknown_agent_has_no_fallback(call: FakeCall) -> None:
    """The error names the agent, and the call is not ended."""
    with pytest.raises(ConfigError, match="nobody"):
        await call.start_fallback("nobody")

    assert call.steps == []


@pytest.mark.parametrize(
    ("from_number", "own_numbers", "expected"),
    [
        ("+15550100001", ("+15550100000",), ""),
        ("sip:anna@example.com", ("+15550100000",), "+15550100000"),
        ("client:anna", ("+15550100000", "+15550100009"), "+15550100000"),
        ("Anonymous", ("sip:shop@example.com", "+15550100009"), "+15550100009"),
        ("", ("", ""), ""),
    ],
)
def test_a_transfer_has_a_caller_id(from_number: str, own_numbers: tuple[str, ...], expected: str) -> None:
    """A caller with a number keeps it; for others Twilio requires one of the account's."""
    assert dial_caller_id(from_number, *own_numbers) == expected


async def test_the_fallback_is_in_the_present_language_of_the_call(call: FakeCall, tmp_path: Path) -> None:
    """Its text, and what follows; in the version that the call has, of the agent that answered it."""
    agents = AgentStore(str(tmp_path))
    text = "prompt: x\nfallback: {say: Sorry.}\nlanguages: {de: {fallback: {say: Leider nicht.}}}\n"
    (tmp_path / "shop.yaml").write_text(text)
    state = CallState(0, "shop", agent_version=agents.current("shop").version)
    await agents.load("shop", state.agent_version)
    (tmp_path / "shop.yaml").write_text("prompt: x\nfallback: {say: Changed.}\n")
    texts = []
    for call.language in ("", "de", "fr"):
        texts.append(await fallback_twiml(cast("Bus", call), agents, "CA1", SETTINGS, state))

    assert ["Sorry." in text for text in texts] == [True, False, True]
    assert "Leider nicht." in texts[1]
    assert '<Say language="de-DE"' in texts[1]
