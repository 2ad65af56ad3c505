"""POST /calls: places an outbound call."""

import hmac
import ipaddress
from typing import Annotated

import structlog
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley.agent_store import AgentStore
from parley.errors import ConfigError, ProviderError
from services.edge.calls.call_deadline import max_duration_s
from services.edge.calls.call_parameters import parameters_problem
from services.edge.calls.call_state import CallState
from services.edge.calls.webhooks import agent_query
from services.edge.phone_number import E164_PATTERN
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.rest import TwilioRest

log = structlog.get_logger()

Number = Annotated[str, Field(pattern=E164_PATTERN)]


class CallRequest(BaseModel):
    """The number to call, with the caller id and the agent; numbers in E.164, such as +15550100."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)

    to: Number
    from_: Number | None = Field(default=None, alias="from")
    agent: str | None = None
    parameters: dict[str, str] = Field(default_factory=dict)
    """Data for the agent's texts, such as the contact of a campaign."""


class OutboundCalls:
    """The endpoint for outbound calls."""

    def __init__(self, agents: AgentStore, gate: TwilioRequestGate, twilio: TwilioRest) -> None:
        self._agents = agents
        self._gate = gate
        self._settings = gate.settings
        self._twilio = twilio

    async def create(self, request: Request) -> JSONResponse:
        """Place a call through Twilio; 201 with its CallSid."""
        if not self._is_authorized(request):
            return _error(401, "unauthorized", "send `Authorization: Bearer` with PARLEY_API_KEY")
        try:
            call = CallRequest.model_validate_json(await request.body())
            agent = call.agent or self._settings.agent
            self._agents.current(agent)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
            return _error(422, "bad_request", problems)
        except ConfigError as error:
            return _error(422, "bad_agent", str(error))
        if problem := parameters_problem(call.parameters):
            return _error(422, "bad_request", problem)
        from_ = call.from_ or self._settings.from_number
        if not from_:
            return _error(422, "bad_request", "from: give a number, or set PARLEY_FROM_NUMBER")
        urls = self._gate.public_urls(request)
        try:
            call_sid = await self._twilio.place_call(
                to=call.to,
                from_=from_,
                agent_query=agent_query(call.agent, call.parameters),
                urls=urls,
                # Later than the edge's own limit, in case every edge is down.
                max_s=await max_duration_s(self._agents, self._settings, CallState(0, agent))
                + self._settings.hang_up_grace_s,
            )
        except ProviderError as error:
            log.error("call_not_placed", code=error.code, reason=error.reason)
            return _error(502, error.code, str(error))
        log.info("call_placed", call_sid=call_sid)
        return JSONResponse({"call_sid": call_sid}, status_code=201)

    def _is_authorized(self, request: Request) -> bool:
        key = self._settings.api_key.get_secret_value()
        if key:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(given.encode(), key.encode())
        host = request.client.host if request.client else ""
        # Behind a proxy on this machine every client appears to be local.
        return _is_loopback(host) and "x-forwarded-for" not in request.headers


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
