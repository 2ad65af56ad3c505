"""Twilio's requests: what to do with a call, how it goes, how it ended. Signature checked first."""

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
from services.edge.calls.lifecycle import end_call, is_call_sid, load_call_state, start_call
from services.edge.calls.resumption import StreamResumer, on_redirect
from services.edge.twilio import twiml
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

_FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_VOICE_TIMEOUT_S = 10.0
"""Twilio waits 15 s; the fallback must have time to answer."""
_FALLBACK_TIMEOUT_S = 4.0


class Webhooks:
    """The endpoints that Twilio asks."""

    def __init__(self, bus: Bus, gate: TwilioRequestGate, resumption: StreamResumer) -> None:
        self._bus = bus
        self._gate = gate
        self._settings = gate.settings
        self._resumption = resumption

    async def voice(self, request: Request) -> Response:
        """POST /voice: what to do with a call, at its start and after each of its streams."""
        form = await request.form()
        if not self._gate.is_authentic(request, form):
            return Response("not signed by Twilio\n", 403)
        call_sid = str(form.get("CallSid", ""))
        if not is_call_sid(call_sid):
            log.error("refused, no CallSid", call_sid=call_sid[:34])
            return Response("CallSid is missing or is none\n", 400)
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                async with asyncio.timeout(_VOICE_TIMEOUT_S):
                    return _xml(
                        await self._answer(request.query_params, self._gate.public_urls(request), form)
                    )
            except ConfigError as error:
                log.error("call cannot be answered", reason=str(error))
                return _xml(twiml.apology())
            except (BusError, TimeoutError) as error:
                # Twilio asks the fallback address next.
                log.error("call cannot be answered", reason=str(error) or "the bus is late")
                return Response("try the fallback\n", 503)

    async def _answer(self, query: Mapping[str, str], addresses: PublicUrls, form: FormData) -> str:
        call_sid = str(form["CallSid"])
        if "resume" in query:
            known = await load_call_state(self._bus, call_sid)
            if known is not None:
                return await on_redirect(self._bus, call_sid, known, addresses, self._settings.agents_dir)
        agent = query.get("agent") or self._settings.agent
        load_agent_config(self._settings.agents_dir, agent)
        inbound = str(form.get("Direction", "inbound")) == "inbound"
        started = CallStarted(
            direction=DIRECTION_INBOUND if inbound else DIRECTION_OUTBOUND,
            from_number=str(form.get("From", "")),
            to_number=str(form.get("To", "")),
            agent=agent,
            public_url=addresses.base,
        )
        new = await start_call(self._bus, call_sid, started)
        log.info("call started" if new else "call started before", agent=agent, inbound=inbound)
        return twiml.connect(addresses, agent)

    async def fallback(self, request: Request) -> Response:
        """POST /fallback: Twilio got no answer, perhaps of an edge that died; here it gets one if it can.

        With nothing but this process left it is an apology.
        """
        form = await request.form()
        if not self._gate.is_authentic(request, form):
            return Response("not signed by Twilio\n", 403)
        code, call_sid = str(form.get("ErrorCode", ""))[:10], str(form.get("CallSid", ""))[:34]
        log.error("fallback", call_sid=call_sid, twilio_code=code)
        if not is_call_sid(call_sid):
            return _xml(twiml.apology())
        asked = dict(parse_qsl(urlsplit(str(form.get("ErrorUrl", ""))).query))
        try:
            async with asyncio.timeout(_FALLBACK_TIMEOUT_S):
                return _xml(await self._answer(asked, self._gate.public_urls(request), form))
        except (ConfigError, BusError, TimeoutError) as error:
            log.error("apologised", call_sid=call_sid, reason=str(error) or "the bus is late")
            return _xml(twiml.apology())

    async def status(self, request: Request) -> Response:
        """POST /status: how the call, or its stream, goes."""
        form = await request.form()
        if not self._gate.is_authentic(request, form):
            return Response("not signed by Twilio\n", 403)
        call_sid, status = str(form.get("CallSid", "")), str(form.get("CallStatus", ""))
        if not is_call_sid(call_sid):
            return Response("CallSid is missing or is none\n", 400)
        if stream_event := form.get("StreamEvent"):
            error = str(form.get("StreamError", ""))
            tell = log.warning if error else log.info
            tell("stream status", call_sid=call_sid, status=str(stream_event), error=error)
            if stream_event != "stream-started":
                stream_sid = str(form.get("StreamSid", ""))
                self._resumption.on_stream_ended(call_sid, stream_sid)
        elif status in _FINAL:
            try:
                await end_call(self._bus, call_sid, status)
            except (BusError, TimeoutError) as error:
                log.error("call's end not stored", call_sid=call_sid, reason=str(error))
                return Response("try again\n", 503)
        return Response(status_code=204)


def agent_query(agent: str | None) -> str:
    """The part of /voice's address that names the agent."""
    return f"?{urlencode({'agent': agent})}" if agent else ""


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml")
