"""Tests of requests for outbound calls."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from parley.agent_store import AgentStore
from parley.errors import ProviderRejected
from services.edge.calls.outbound_calls import OutboundCalls
from services.edge.settings import EdgeSettings
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.rest import TwilioRest

AGENTS = Path(__file__).parents[4] / "agents"
KEY = "k" * 20
CALL = {"to": "+15550100002", "from": "+15550100000"}


@dataclass
class FakeRest:
    """Twilio's REST API: places calls, or refuses them."""

    refuses: bool = False
    placed: list[dict[str, Any]] = field(default_factory=list)

    async def place_call(self, **call: Any) -> str:
        """Place a call."""
        if self.refuses:
            raise ProviderRejected("twilio", "HTTP 400, code 21211: invalid number")
        self.placed.append(call)
        return "CA1"


async def post(
    body: dict[str, Any],
    rest: FakeRest | None = None,
    *,
    client: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
    **settings: Any,
) -> httpx.Response:
    """Post a request for a call to the endpoint, from a client's address."""
    configured = EdgeSettings(agents_dir=str(AGENTS), public_url="https://example.com", **settings)
    gate = TwilioRequestGate(configured, asyncio.Event())
    app = FastAPI()
    calls = OutboundCalls(AgentStore(str(AGENTS)), gate, cast("TwilioRest", rest or FakeRest()))
    app.add_api_route("/calls", calls.create, methods=["POST"])
    transport = httpx.ASGITransport(app, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as http:
        return await http.post("/calls", json=body, headers=headers)


async def test_a_call_is_placed_with_its_agent() -> None:
    """The response contains the CallSid."""
    rest = FakeRest()
    reply = await post({**CALL, "agent": "clinic"}, rest)

    assert (reply.status_code, reply.json()) == (201, {"call_sid": "CA1"})
    [placed] = rest.placed
    assert (placed["to"], placed["from_"]) == (CALL["to"], CALL["from"])
    assert placed["agent_query"] == "?agent=clinic"
    assert placed["urls"].base == "https://example.com"


async def test_parameters_reach_the_webhook() -> None:
    """They are part of its address, as text."""
    rest = FakeRest()
    await post({**CALL, "parameters": {"name": "Ana Gómez", "age": 30}}, rest)

    assert rest.placed[0]["agent_query"] == "?name=Ana+G%C3%B3mez&age=30"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**CALL, "parameters": {"agent": "x"}}, "bad_request"),
        ({**CALL, "parameters": "x"}, "bad_request"),
        ({"to": "555", "from": CALL["from"]}, "bad_request"),
        ({"to": CALL["to"]}, "bad_request"),
        ({**CALL, "extra": "1"}, "bad_request"),
        ({**CALL, "agent": "nobody"}, "bad_agent"),
    ],
)
async def test_an_invalid_request_is_refused(body: dict[str, Any], code: str) -> None:
    """A wrong number, a missing caller id, an unknown field and an unknown agent are refused."""
    reply = await post(body)

    assert (reply.status_code, reply.json()["error"]["code"]) == (422, code)


async def test_the_configured_number_is_the_default_caller_id() -> None:
    """The default is the value of PARLEY_FROM_NUMBER."""
    rest = FakeRest()
    reply = await post({"to": CALL["to"]}, rest, from_number="+15550100009")

    assert reply.status_code == 201
    assert rest.placed[0]["from_"] == "+15550100009"


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 201),
        ("::1", {}, 201),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 401),
        ("203.0.113.7", {}, 401),
        ("unix", {}, 401),
    ],
)
async def test_without_a_key_only_this_machine_may_place_calls(
    client: str, headers: dict[str, str], status: int
) -> None:
    """A request through a proxy is not local."""
    assert (await post(CALL, client=client, headers=headers)).status_code == status


@pytest.mark.parametrize(("given", "status"), [("", 401), ("Bearer wrong", 401), (f"Bearer {KEY}", 201)])
async def test_with_a_key_each_request_needs_it(given: str, status: int) -> None:
    """Local requests need it as well."""
    headers = {"Authorization": given} if given else {}

    assert (await post(CALL, headers=headers, api_key=SecretStr(KEY))).status_code == status


async def test_a_refusal_by_twilio_is_reported() -> None:
    """The response contains Twilio's code and reason."""
    reply = await post(CALL, FakeRest(refuses=True))

    assert reply.status_code == 502
    assert reply.json()["error"]["code"] == "rejected"
    assert "21211" in reply.json()["error"]["message"]
