"""Twilio's webhooks: the TwiML of a call, and the status of calls and streams. Signatures are checked."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from fastapi import Request, Response
from starlette.datastructures import FormData

from parley.agent_config import load_agent_config
from parley.bus import Bus
from parley.errors import BusError, ConfigError
from parley.v1.call_pb2 import DIRECTION_INBOUND, DIRECTION_OUTBOUND, CallStarted
from services.edge.calls.announcements import unavailable_announcement
from services.edge.calls.lifecycle import end_call, is_call_sid, load_call_state, start_call
from services.edge.calls.resumption import StreamResumer
from services.edge.twilio import twiml
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.stream_failures import error_code
from services.edge.twilio.twiml import Attempt, PublicUrls

log = structlog.get_logger()

_FINAL_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_VOICE_TIMEOUT_S = 10.0
"""Twilio waits 15 s for a response, then requests /fallback."""
_FALLBACK_TIMEOUT_S = 4.0


class Webhooks:
    """The HTTP endpoints for Twilio's webhooks."""

    def __init__(self, bus: Bus, gate: TwilioRequestGate, resumer: StreamResumer) -> None:
        self._bus = bus
        self._gate = gate
        self._settings = gate.settings
        self._resumer = resumer

    async def voice(self, request: Request) -> Response:
        """POST /voice: the TwiML of a call, at its start and after each of its streams."""
        form = await request.form()
        if not self._gate.is_authentic(request, form):
            return self._gate.unsigned()
        call_sid = str(form.get("CallSid", ""))
        if not is_call_sid(call_sid):
            log.error("webhook_rejected", reason="no_call_sid", call_sid=call_sid[:34])
            return _no_call_sid()
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                async with asyncio.timeout(_VOICE_TIMEOUT_S):
                    urls = self._gate.public_urls(request)
                    return _xml(await self._answer(request.query_params, urls, form))
            except ConfigError as error:
                log.error("call_not_answered", reason=str(error))
                return self._apology(request.query_params)
            except (BusError, TimeoutError) as error:
                # Twilio requests /fallback next.
                log.error("call_not_answered", reason=str(error) or "timeout")
                return Response("try the fallback\n", 503)

    async def _answer(self, query: Mapping[str, str], urls: PublicUrls, form: FormData) -> str:
        call_sid = str(form["CallSid"])
        if "resume" in query:
            call = await load_call_state(self._bus, call_sid)
            if call is not None:
                return await self._resumer.on_redirect(call_sid, call, urls, _answered_attempt(query))
        agent = self._agent(query.get("agent", ""))
        inbound = str(form.get("Direction", "inbound")) == "inbound"
        started = CallStarted(
            direction=DIRECTION_INBOUND if inbound else DIRECTION_OUTBOUND,
            from_number=str(form.get("From", "")),
            to_number=str(form.get("To", "")),
            agent=agent,
            public_url=urls.base,
        )
        is_new = await start_call(self._bus, call_sid, started)
        log.info("call_started", agent=agent, inbound=inbound, repeated=not is_new)
        return twiml.connect(urls, agent, Attempt())

    def _agent(self, wanted: str) -> str:
        """The agent that the webhook's URL names; the default one if there is none of that name.

        Raises:
            ConfigError: the default agent's file cannot be read.
        """
        folder, default = self._settings.agents_dir, self._settings.agent
        if wanted and wanted != default:
            try:
                load_agent_config(folder, wanted)
            except ConfigError as error:
                # Another agent serves the caller better than an apology would.
                log.error("agent_not_loaded", agent=wanted[:64], reason=str(error), used_instead=default)
            else:
                return wanted
        load_agent_config(folder, default)
        return default

    async def fallback(self, request: Request) -> Response:
        """POST /fallback: answer in place of an edge that did not respond, or apologize."""
        form = await request.form()
        if not self._gate.is_authentic(request, form):
            return self._gate.unsigned()
        code, call_sid = str(form.get("ErrorCode", ""))[:10], str(form.get("CallSid", ""))[:34]
        log.error("fallback_webhook_received", call_sid=call_sid, twilio_code=code)
        if not is_call_sid(call_sid):
            return self._apology(request.query_params)
        failed_query = dict(parse_qsl(urlsplit(str(form.get("ErrorUrl", ""))).query))
        query = {**request.query_params, **failed_query}
        try:
            async with asyncio.timeout(_FALLBACK_TIMEOUT_S):
                return _xml(await self._answer(query, self._gate.public_urls(request), form))
        except (ConfigError, BusError, TimeoutError) as error:
            log.error("fallback_apologized", call_sid=call_sid, reason=str(error) or "timeout")
            return self._apology(query)

    def _apology(self, query: Mapping[str, str]) -> Response:
        agents = (query.get("agent", ""), self._settings.agent)
        announcement = unavailable_announcement(self._settings.agents_dir, agents, self._settings.language)
        return _xml(twiml.apology(announcement))

    async def status(self, request: Request) -> Response:
        """POST /status: the status of a call or of one of its streams."""
        form = await request.form()
        if not self._gate.is_authentic(request, form):
            return self._gate.unsigned()
        call_sid, status = str(form.get("CallSid", "")), str(form.get("CallStatus", ""))
        if not is_call_sid(call_sid):
            return _no_call_sid()
        try:
            if stream_event := str(form.get("StreamEvent", "")):
                await self._on_stream_status(call_sid, stream_event, form)
            elif status in _FINAL_STATUSES:
                await end_call(self._bus, call_sid, status)
        except (BusError, TimeoutError) as error:
            log.error("status_not_stored", call_sid=call_sid, reason=str(error))
            return Response("try again\n", 503)
        return Response(status_code=204)

    async def _on_stream_status(self, call_sid: str, stream_event: str, form: FormData) -> None:
        error = str(form.get("StreamError", ""))
        write = log.warning if error else log.info
        write("stream_status", call_sid=call_sid, status=stream_event, error=error)
        stream_sid = str(form.get("StreamSid", ""))[:34]
        if stream_event == "stream-error":
            await self._resumer.on_stream_error(call_sid, stream_sid, error_code(error))
        elif stream_event != "stream-started":
            self._resumer.on_stream_ended(call_sid, stream_sid)


def _answered_attempt(query: Mapping[str, str]) -> Attempt:
    """The attempt after which Twilio requests TwiML, as named in the URL that its TwiML contains."""
    number, after = query.get("resume", ""), query.get("after", "0")
    return Attempt(int(number) if number.isdecimal() else 1, int(after) if after.isdecimal() else 0)


def agent_query(agent: str | None) -> str:
    """Query string of /voice that selects the agent; empty for the default agent."""
    return f"?{urlencode({'agent': agent})}" if agent else ""


def _no_call_sid() -> Response:
    return Response("CallSid is missing or invalid\n", 400)


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml")
