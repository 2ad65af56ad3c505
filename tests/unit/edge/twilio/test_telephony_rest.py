"""The requests for transfers and messages, and what they find at Twilio."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from parley.errors import ProviderUnavailable
from services.edge.twilio.telephony_rest import FoundCall, LegRequest, MessageRefused, TelephonyRest

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class FakeResource:
    """A list resource of the SDK."""

    found: list[Any] = field(default_factory=list)
    error: Exception | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def create_async(self, **fields: Any) -> Any:
        """Create, or fail."""
        self.requests.append(fields)
        if self.error is not None:
            raise self.error
        return SimpleNamespace(sid="X1")

    async def list_async(self, **fields: Any) -> list[Any]:
        """List, or fail."""
        await self.create_async(**fields)
        return self.found


def rest_of(resource: FakeResource) -> TelephonyRest:
    """A client all of whose resources are this one."""
    client: Any = SimpleNamespace(calls=resource, messages=resource, conferences=resource)
    return TelephonyRest(client)


async def test_machine_detection_is_left_out_for_a_call_with_digits() -> None:
    """Twilio ignores it there."""
    resource = FakeResource()
    for digits in ("", "w1"):
        leg = LegRequest("+1555", "+1556", "https://e/human", "https://e/leg", 20, digits)
        assert await rest_of(resource).dial(leg) == "X1"

    assert [r.get("machine_detection") for r in resource.requests] == ["Enable", None]
    assert [r.get("send_digits") for r in resource.requests] == [None, "w1"]


async def test_only_calls_of_the_api_since_the_attempt_are_found() -> None:
    """Twilio's times are whole seconds."""

    def call(sid: str, direction: str, age_s: float) -> Any:
        created = NOW - timedelta(seconds=age_s)
        return SimpleNamespace(sid=sid, status="ringing", direction=direction, date_created=created)

    calls = [call("CA1", "outbound-api", 1), call("CA2", "outbound-api", 9), call("CA3", "outbound-dial", 0)]

    assert await rest_of(FakeResource(calls)).calls_to("+1555", NOW) == [FoundCall("CA1", "ringing")]
    assert len(await rest_of(FakeResource(calls)).children("CA0")) == 3


async def test_a_message_is_found_by_its_text_and_time() -> None:
    """Another one's, or an old one, is not it."""

    def message(sid: str, body: str, age_s: float) -> Any:
        return SimpleNamespace(sid=sid, body=body, date_created=NOW - timedelta(seconds=age_s))

    rest = rest_of(FakeResource([message("SM1", "hi", 0), message("SM2", "no", 0), message("SM3", "hi", 99)]))

    assert await rest.find_message("+1", "+2", "hi", NOW) == "SM1"
    assert await rest.find_message("+1", "+2", "hi", NOW, {"SM1"}) == ""


async def test_a_refused_message_keeps_the_code_of_twilio() -> None:
    """Numbers in the text are hidden."""
    refused = TwilioRestException(400, "/", "Invalid 'To' +15550100123", 21211)
    with pytest.raises(MessageRefused) as raised:
        await rest_of(FakeResource(error=refused)).send_message("+1", "+2", "hi")
    assert raised.value.twilio_code == 21211
    assert "+15550100123" not in str(raised.value)

    with pytest.raises(ProviderUnavailable):
        await rest_of(FakeResource(error=TwilioRestException(503, "/", "down"))).send_message(
            "+1", "+2", "hi"
        )


async def test_a_conference_that_has_ended_is_not_found() -> None:
    """Twilio filters by status."""
    resource = FakeResource()

    assert await rest_of(resource).conference_sid("room") == ""
    assert resource.requests == [{"friendly_name": "room", "status": "in-progress", "limit": 1}]
