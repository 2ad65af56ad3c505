"""Tests of the parameters of a call."""

import pytest
from starlette.datastructures import ImmutableMultiDict
from structlog.testing import capture_logs

from services.edge.calls.call_parameters import call_parameters, parameters_problem
from services.edge.twilio.webhook_request import WebhookRequest


def read(query: dict[str, str], form: dict[str, str]) -> dict[str, str]:
    """The parameters of a webhook."""
    return call_parameters(WebhookRequest(query, ImmutableMultiDict(form)), query)


def test_they_come_from_the_address_the_form_and_sip_headers() -> None:
    """Twilio's own fields and the parameters of /voice itself are left out."""
    query = {"agent": "shop", "resume": "1", "after": "2", "customer": "17", "CallSid": "CA1"}
    form = {"From": "+1", "plan": "gold", "SipHeader_X-Ticket-Id": "9", "SipHeader_Via": "x", "x-y": "z"}

    assert read(query, form) == {"customer": "17", "plan": "gold", "x_ticket_id": "9"}


def test_a_caller_cannot_replace_a_parameter_of_the_address() -> None:
    """The form of a Voice SDK and SIP headers are the caller's."""
    assert read({"x_tier": "free"}, {"x_tier": "gold", "SipHeader_X-Tier": "gold"}) == {"x_tier": "free"}


def test_they_are_limited() -> None:
    """The event is bounded, whatever a request contains."""
    with capture_logs() as logs:
        found = read({f"p{n}": "v" * 5000 for n in range(60)}, {})

    assert len(found) == 50
    assert {len(value) for value in found.values()} == {1000}
    assert [entry["event"] for entry in logs] == ["call_parameters_ignored"]


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({"name": "Ana"}, ""),
        ({"Name": "Ana"}, "'Name' is not a name"),
        ({"agent": "x"}, "'agent' is not a name"),
        ({"a": "x" * 1001}, "parameters.a: 1001 characters"),
        ({f"p{n}": "" for n in range(51)}, "at most 50"),
        ({"a": "ü" * 900}, "fit into Twilio's"),
    ],
)
def test_a_request_for_a_call_is_checked(parameters: dict[str, str], part: str) -> None:
    """The error states what is allowed."""
    problem = parameters_problem(parameters)

    assert part in problem if part else problem == ""
