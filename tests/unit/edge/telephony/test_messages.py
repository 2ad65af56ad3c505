"""A text message is sent once, whatever Twilio and the edges do."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderTimeout
from parley.events.envelope import Body
from parley.v1.telephony_pb2 import MessageRequested, MessageSent, TelephonyAttempted
from services.edge.telephony import messages
from services.edge.telephony.messages import send_message
from services.edge.telephony.requests import MessageState, TelephonyState, evolve
from services.edge.twilio.telephony_rest import MessageRefused
from tests.event_factories import event


@dataclass
class FakeLine:
    """A line whose Twilio stores messages, and answers with the given errors first."""

    errors: list[ProviderError] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    lost_answers: int = 0
    """Requests that take effect without an answer."""
    bodies: list[Body] = field(default_factory=list)
    state: TelephonyState = field(default_factory=TelephonyState)
    sent: int = 0

    @property
    def log(self) -> "FakeLine":
        """The log."""
        return self

    twilio = telephony = metrics = log

    async def append(self, body: Body) -> None:
        """Store an event."""
        self.bodies.append(body)
        evolve(self.state, event(body))

    async def ready_for_side_effects(self) -> bool:
        """The bus is reachable."""
        return True

    def message_sent(self, *, failed: bool) -> None:
        """Count nothing."""

    async def send_message(self, *_: str) -> str:
        """Send a message, or fail."""
        self.sent += 1
        if self.errors:
            raise self.errors.pop(0)
        self.stored.append(f"SM{len(self.stored) + 1}")
        if self.lost_answers:
            self.lost_answers -= 1
            raise ProviderTimeout("twilio", "late")
        return self.stored[-1]

    async def find_message(self, *_: str | datetime, others: Collection[str] = ()) -> str:
        """The message, if it is stored."""
        return next((sid for sid in self.stored if sid not in others), "")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_WAIT_S", 0.0)


async def outcome_of(line: FakeLine) -> MessageSent:
    """Send a message on a line; returns what is appended."""
    request = MessageRequested(tool_call_id="m", to="+1555", from_number="+1556", body="hi")
    evolve(line.state, event(request))
    state = line.state.open["m"]
    assert isinstance(state, MessageState)
    fake: Any = line
    await send_message(fake, state)
    [sent] = [body for body in line.bodies if isinstance(body, MessageSent)]
    return sent


async def test_the_attempt_is_logged_before_the_request() -> None:
    """The next edge then looks for the message first."""
    line = FakeLine()

    assert (await outcome_of(line)).message_sid == "SM1"
    assert [type(body) for body in line.bodies] == [TelephonyAttempted, MessageSent]


async def test_a_message_without_an_answer_is_found_and_not_repeated() -> None:
    """The same holds for one of an edge that has died."""
    line = FakeLine(lost_answers=1)
    assert ((await outcome_of(line)).message_sid, line.sent) == ("SM1", 1)

    taken_over = FakeLine(stored=["SM1"])
    request = MessageRequested(tool_call_id="m")
    for body in (request, TelephonyAttempted(tool_call_id="m")):
        evolve(taken_over.state, event(body))
    assert ((await outcome_of(taken_over)).message_sid, taken_over.sent) == ("SM1", 0)


async def test_another_message_of_the_call_is_not_taken_for_it() -> None:
    """Two with the same text may be wanted."""
    line = FakeLine(stored=["SM1"], lost_answers=1)
    evolve(line.state, event(MessageSent(tool_call_id="m0", message_sid="SM1")))

    assert (await outcome_of(line)).message_sid == "SM2"


@pytest.mark.parametrize("code", [21211, 21608, 21610, 21614, 30007, 99999])
async def test_a_refusal_has_a_plain_reason(code: int) -> None:
    """It is not repeated."""
    line = FakeLine([MessageRefused(code, "HTTP 400")])
    sent = await outcome_of(line)

    assert (sent.failed, sent.code, line.sent) == (True, code, 1)
    assert sent.reason


async def test_too_many_requests_are_repeated_and_end() -> None:
    """The reason shows that nothing was sent."""
    line = FakeLine([ProviderRateLimited("twilio", "429")] * 9)

    assert "too many requests" in (await outcome_of(line)).reason
    assert line.sent == 4
    assert (await outcome_of(FakeLine([ProviderRateLimited("twilio", "429")]))).message_sid == "SM1"
