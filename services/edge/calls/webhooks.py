"""Twilio's webhooks: the TwiML of a call, and the status of calls and streams. Signatures are checked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import structlog
from fastapi import Request, Response

from parley.agent_config import CallData
from parley.agent_store import AgentStore, LoadedAgent
from parley.bus import Bus
from parley.clock import now_us
from parley.errors import BusError, ConfigError
from parley.v1.call_pb2 import DIRECTION_INBOUND, DIRECTION_OUTBOUND, CallStarted, VoicemailRecorded
from services.edge.calls.announcements import default_announcement
from services.edge.calls.call_agent import current_agent
from services.edge.calls.call_parameters import call_parameters
from services.edge.calls.clock_policy import FINAL_STATUSES
from services.edge.calls.lifecycle import append_voicemail, end_call, is_call_sid, load_call_state, start_call
from services.edge.calls.resumption import StreamResumer
from services.edge.calls.voicemails import Voicemails
from services.edge.twilio import twiml
from services.edge.twilio.announcement import Announcement, announcement_of
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.stream_failures import error_code
from services.edge.twilio.twiml import Attempt, PublicUrls
from services.edge.twilio.webhook_request import InvalidRequest, WebhookRequest, read_webhook
from services.edge.twilio_account import TwilioAccount

log = structlog.get_logger()

_VOICE_TIMEOUT_S = 10.0
"""Twilio waits 15 s for a response, then requests /fallback."""
_FALLBACK_TIMEOUT_S = 4.0
_MAX_DIGITS = 7
_GOODBYE = "fallback.voicemail_goodbye"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A verified request of Twilio's that concerns a call."""

    content: WebhookRequest
    call_sid: str
    account: TwilioAccount
    """The account that signed it."""
    urls: PublicUrls


class Webhooks:
    """The HTTP endpoints for Twilio's webhooks."""

    def __init__(
        self,
        bus: Bus,
        agents: AgentStore,
        gate: TwilioRequestGate,
        resumer: StreamResumer,
        voicemails: Voicemails,
    ) -> None:
        self._bus = bus
        self._agents = agents
        self._gate = gate
        self._settings = gate.settings
        self._resumer = resumer
        self._voicemails = voicemails

    def routes(self) -> tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...]:
        """Paths and their endpoints; each accepts GET and POST, as a number may be configured."""
        return (
            ("/voice", self.voice),
            ("/fallback", self.fallback),
            ("/status", self.status),
            ("/voicemail", self.voicemail),
        )

    async def voice(self, request: Request) -> Response:
        """/voice: the TwiML of a call, at its start and after each of its streams."""
        return await self.serve(request, self._voice)

    async def fallback(self, request: Request) -> Response:
        """/fallback: answer in place of an edge that did not respond, or apologize."""
        return await self.serve(request, self._fallback)

    async def status(self, request: Request) -> Response:
        """/status: the status of a call or of one of its streams."""
        return await self.serve(request, self._status)

    async def voicemail(self, request: Request) -> Response:
        """/voicemail: the caller's message was recorded, after a fallback that takes one."""
        return await self.serve(request, self._voicemail)

    async def serve(self, request: Request, handle: Callable[[Webhook], Awaitable[Response]]) -> Response:
        """Read and verify a request, and handle it; whatever it contains, the response is not 500."""
        try:
            content = await read_webhook(request)
        except InvalidRequest as error:
            log.error("webhook_rejected", path=request.scope["path"], reason=str(error))
            return Response(f"{error}\n", error.status)
        account = self._gate.account_of(request, content.form)
        if account is None:
            return self._gate.unsigned()
        call_sid = content.value("CallSid")
        if not is_call_sid(call_sid):
            log.error("webhook_rejected", reason="no_call_sid", call_sid=call_sid[:34])
            return Response("CallSid is missing or invalid\n", 400)
        with structlog.contextvars.bound_contextvars(call_sid=call_sid):
            try:
                return await handle(Webhook(content, call_sid, account, self._gate.public_urls(request)))
            except Exception:  # Twilio requests /fallback next, or repeats the callback
                log.exception("webhook_failed")
                return Response("try again\n", 503)

    async def _voice(self, webhook: Webhook) -> Response:
        try:
            async with asyncio.timeout(_VOICE_TIMEOUT_S):
                return _xml(await self._answer(webhook, webhook.content.query))
        except ConfigError as error:
            log.error("call_not_answered", reason=str(error))
            return self._apology(webhook, webhook.content.query)
        except (BusError, TimeoutError) as error:
            # Twilio requests /fallback next.
            log.error("call_not_answered", reason=str(error) or "timeout")
            return Response("try the fallback\n", 503)

    async def _answer(self, webhook: Webhook, query: Mapping[str, str]) -> str:
        call_sid, urls, value = webhook.call_sid, webhook.urls, webhook.content.value
        if "resume" in query:
            call = await load_call_state(self._bus, call_sid)
            if call is not None:
                return await self._resumer.on_redirect(call_sid, call, urls, _answered_attempt(query))
        inbound = _is_inbound(webhook)
        agent = self._agent(query.get("agent", ""), value("To") if inbound else "")
        started = CallStarted(
            direction=DIRECTION_INBOUND if inbound else DIRECTION_OUTBOUND,
            from_number=value("From"),
            to_number=value("To"),
            agent=agent.name,
            agent_version=agent.version,
            public_url=urls.base,
            account_sid=webhook.account.account_sid,
            region=webhook.account.region,
            parameters=call_parameters(webhook.content, query),
        )
        is_new = await start_call(self._bus, call_sid, started, before_work=self._agents.keep(agent))
        log.info(
            "call_started",
            agent=agent.name,
            agent_version=agent.version,
            inbound=inbound,
            repeated=not is_new,
        )
        return twiml.connect(urls, agent.name, Attempt())

    def _agent(self, wanted: str, called_number: str) -> LoadedAgent:
        """The agent that the webhook's URL names, or else that of the called number, or else the default one.

        A name that cannot be loaded counts as none.

        Raises:
            ConfigError: the default agent cannot be loaded.
        """
        default = self._settings.agent
        if wanted and wanted != default:
            try:
                return self._agents.current(wanted)
            except ConfigError as error:
                # Another agent serves the caller better than an apology would.
                log.error("agent_not_loaded", agent=wanted[:64], reason=str(error), used_instead=default)
        of_number = self._agents.of_number(called_number) if called_number and not wanted else None
        return of_number or self._agents.current(default)

    async def _fallback(self, webhook: Webhook) -> Response:
        value = webhook.content.value
        log.error("fallback_webhook_received", twilio_code=value("ErrorCode")[:10])
        failed_query = value("ErrorUrl").partition("?")[2].partition("#")[0]
        query = {**webhook.content.query, **dict(parse_qsl(failed_query))}
        try:
            async with asyncio.timeout(_FALLBACK_TIMEOUT_S):
                return _xml(await self._answer(webhook, query))
        except (ConfigError, BusError, TimeoutError) as error:
            log.error("fallback_apologized", reason=str(error) or "timeout")
            return self._apology(webhook, query)

    def _apology(self, webhook: Webhook, query: Mapping[str, str]) -> Response:
        value = webhook.content.value
        data = CallData(
            webhook.call_sid,
            value("From"),
            value("To"),
            "inbound" if _is_inbound(webhook) else "outbound",
            call_parameters(webhook.content, query),
            now_us(),
        )
        return _xml(twiml.announce(self._announcement(query.get("agent", ""), "unavailable", data)))

    def _announcement(self, agent: str, key: str, data: CallData) -> Announcement:
        settings = self._settings
        return default_announcement(self._agents, agent, settings.agent, settings.language, key, data)

    async def _status(self, webhook: Webhook) -> Response:
        value = webhook.content.value
        try:
            if stream_event := value("StreamEvent"):
                await self._on_stream_status(webhook, stream_event)
            elif (status := value("CallStatus")) in FINAL_STATUSES:
                await end_call(self._bus, webhook.call_sid, status)
        except (BusError, TimeoutError) as error:
            log.error("status_not_stored", reason=str(error))
            return Response("try again\n", 503)
        return Response(status_code=204)

    async def _on_stream_status(self, webhook: Webhook, stream_event: str) -> None:
        call_sid, error = webhook.call_sid, webhook.content.value("StreamError")
        write = log.warning if error else log.info
        write("stream_status", status=stream_event, error=error)
        stream_sid = webhook.content.value("StreamSid")[:34]
        if stream_event == "stream-error":
            await self._resumer.on_stream_error(call_sid, stream_sid, error_code(error))
        elif stream_event != "stream-started":
            self._resumer.on_stream_ended(call_sid, stream_sid)

    async def _voicemail(self, webhook: Webhook) -> Response:
        """Store where the message is, then say goodbye, unless Twilio only reports the recording's status."""
        value = webhook.content.value
        recorded = VoicemailRecorded(
            recording_sid=value("RecordingSid")[:34],
            recording_url=value("RecordingUrl"),
            duration_ms=_number(value("RecordingDuration"), 0) * 1000,
        )
        try:
            if recorded.recording_sid and await append_voicemail(self._bus, webhook.call_sid, recorded):
                log.info("voicemail_recorded", recording_sid=recorded.recording_sid)
        except (BusError, TimeoutError) as error:
            log.error("voicemail_not_stored", recording_sid=recorded.recording_sid, reason=str(error))
        # Without a message, Twilio reports an absent recording.
        if recorded.recording_sid and recorded.duration_ms:
            self._voicemails.copy(webhook.call_sid, webhook.account, recorded.recording_sid)
        if value("RecordingStatus"):
            return Response(status_code=204)
        return _xml(twiml.announce(await self._voicemail_goodbye(webhook.call_sid)))

    async def _voicemail_goodbye(self, call_sid: str) -> Announcement:
        call = None
        with suppress(BusError, TimeoutError):
            call = await load_call_state(self._bus, call_sid)
        if call is None:
            return self._announcement("", _GOODBYE, CallData(call_sid, started_at_us=now_us()))
        try:
            agent = await current_agent(self._bus, self._agents, call_sid, call)
        except ConfigError:
            return self._announcement(call.agent, _GOODBYE, call.data)
        return announcement_of(agent, _GOODBYE)


def _answered_attempt(query: Mapping[str, str]) -> Attempt:
    """The attempt after which Twilio requests TwiML, as named in the URL that its TwiML contains."""
    number, after = query.get("resume", ""), query.get("after", "0")
    return Attempt(_number(number, 1), _number(after, 0))


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) < _MAX_DIGITS else default


def _is_inbound(webhook: Webhook) -> bool:
    return (webhook.content.value("Direction") or "inbound") == "inbound"


def agent_query(agent: str | None, parameters: Mapping[str, str] | None = None) -> str:
    """Query string of /voice with the agent, unless it is the default one, and the parameters of the call."""
    fields = {**(parameters or {}), **({"agent": agent} if agent else {})}
    return f"?{urlencode(fields)}" if fields else ""


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml")
