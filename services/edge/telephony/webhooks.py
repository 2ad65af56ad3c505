"""Twilio's webhooks of transfers: the prompts and decisions of a target, and the outcome of a dialled call.

Any edge serves them. Each outcome is appended to the caller's log, where the edge with the caller's
media stream reads it; while there is no such stream, the webhooks decide what follows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog
from fastapi import Request, Response

from parley.bus import Bus
from parley.clock import now_us
from parley.errors import ProviderError
from parley.v1.telephony_pb2 import TransferFinished, TransferLegUpdated
from services.edge.calls.call_state import CallState
from services.edge.calls.fallback import dial_caller_id
from services.edge.calls.lifecycle import TRANSFERRED, end_call, is_call_sid, load_call_state
from services.edge.calls.webhooks import Webhook
from services.edge.metrics import EdgeMetrics
from services.edge.telephony.transfer_log import (
    LoggedTransfer,
    append_finished,
    append_leg,
    append_without_limit,
    load_transfer,
)
from services.edge.twilio import telephony_twiml, twiml
from services.edge.twilio.accounts import TwilioAccounts
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.telephony_twiml import TransferUrls
from services.edge.twilio.twiml import Attempt

log = structlog.get_logger()

Serve = Callable[[Request, Callable[[Webhook], Awaitable[Response]]], Awaitable[Response]]

_JOINED = frozenset({"completed", "answered"})
_UNANSWERED = frozenset({"busy", "no-answer", "failed", "canceled"})
_MAX_DIGITS = 3
_ACCEPT, _DECLINE = "1", "2"
TRANSFER_FAILED = "transfer-failed"
"""Reason of call.ended when no target has answered and the agent file ends the call."""


@dataclass(frozen=True, slots=True)
class _TransferWebhook:
    """A verified request of Twilio's that concerns a transfer."""

    webhook: Webhook
    call_sid: str
    """The caller's call; the request may be about the person's."""
    tool_call_id: str
    target: int
    call: CallState
    transfer: LoggedTransfer

    @property
    def urls(self) -> TransferUrls:
        """The addresses of this target's webhooks."""
        return TransferUrls(self.webhook.urls.base, self.call_sid, self.tool_call_id, self.target)

    @property
    def closed(self) -> bool:
        """Whether the transfer needs no person: it has an outcome, or the caller has hung up."""
        return bool(self.call.end_reason) or self.transfer.finished is not None

    def value(self, name: str) -> str:
        """One of Twilio's parameters; empty if it is missing."""
        return self.webhook.content.value(name)


class TransferWebhooks:
    """The HTTP endpoints of transfers."""

    def __init__(
        self, bus: Bus, gate: TwilioRequestGate, twilio: TwilioAccounts, metrics: EdgeMetrics, serve: Serve
    ) -> None:
        self._bus = bus
        self._gate = gate
        self._twilio = twilio
        self._metrics = metrics
        self._serve = serve

    def routes(self) -> tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...]:
        """Paths and their endpoints."""
        return (
            ("/transfer/done", self.done),
            ("/transfer/leg", self.leg),
            ("/transfer/conference", self.conference),
            ("/transfer/human", self.human),
            ("/transfer/answer", self.answer),
        )

    async def done(self, request: Request) -> Response:
        """/transfer/done: the caller's `<Dial>` has ended; answer with what follows for the caller."""
        return await self._serve(request, partial(self._handle, self._done))

    async def leg(self, request: Request) -> Response:
        """/transfer/leg: the call to a target has another status."""
        return await self._serve(request, partial(self._handle, self._leg))

    async def conference(self, request: Request) -> Response:
        """/transfer/conference: a call has joined the conference."""
        return await self._serve(request, partial(self._handle, self._conference))

    async def human(self, request: Request) -> Response:
        """/transfer/human: a target of a warm transfer has answered."""
        return await self._serve(request, partial(self._handle, self._human))

    async def answer(self, request: Request) -> Response:
        """/transfer/answer: the person has pressed a key, or none."""
        return await self._serve(request, partial(self._handle, self._answer))

    async def _handle(
        self, handle: Callable[[_TransferWebhook], Awaitable[Response]], webhook: Webhook
    ) -> Response:
        query = webhook.content.query
        call_sid, tool_call_id = query.get("call", ""), query.get("id", "")
        call = await load_call_state(self._bus, call_sid) if is_call_sid(call_sid) else None
        transfer = await load_transfer(self._bus, call_sid, tool_call_id) if call is not None else None
        target = _number(query.get("target", ""), 0)
        if call is None or transfer is None or target >= len(transfer.request.targets):
            log.error("transfer_webhook_rejected", reason="transfer_unknown")
            return _xml(twiml.hang_up())
        return await handle(_TransferWebhook(webhook, call_sid, tool_call_id, target, call, transfer))

    async def _human(self, hook: _TransferWebhook) -> Response:
        if hook.closed:
            return _xml(telephony_twiml.caller_gone(hook.transfer.request))
        if hook.value("AnsweredBy").startswith(("machine", "fax")):
            await self._append_leg(hook, "machine")
            return _xml(twiml.hang_up())
        await self._append_leg(hook, "answered")
        return _xml(telephony_twiml.prompt(hook.transfer.request, hook.urls, 1))

    async def _answer(self, hook: _TransferWebhook) -> Response:
        if hook.closed:
            return _xml(telephony_twiml.caller_gone(hook.transfer.request))
        digits, attempt = hook.value("Digits"), _number(hook.webhook.content.query.get("attempt", ""), 1)
        if digits == _ACCEPT:
            await self._append_leg(hook, "accepted")
            name = telephony_twiml.conference_name(hook.call_sid, hook.tool_call_id)
            return _xml(telephony_twiml.join(name, hook.urls, caller=False))
        if digits != _DECLINE and telephony_twiml.may_repeat(attempt):
            return _xml(telephony_twiml.prompt(hook.transfer.request, hook.urls, attempt + 1))
        await self._append_leg(hook, "declined")
        return _xml(twiml.hang_up())

    async def _leg(self, hook: _TransferWebhook) -> Response:
        status, request = hook.value("CallStatus"), hook.transfer.request
        if status == "in-progress" and hook.value("ParentCallSid"):
            await self._on_answered(hook)
        elif status in ("initiated", "ringing", "queued"):
            await self._append_leg(hook, "initiated")
        elif status in _UNANSWERED or status == "completed":
            await self._append_leg(hook, status)
            if hook.transfer.has(hook.target, "accepted"):
                await self._end_conference(hook)
        log.info("transfer_leg", status=status, target=request.targets[hook.target].name)
        return Response(status_code=204)

    async def _on_answered(self, hook: _TransferWebhook) -> None:
        """A dialled target has answered: the agent's part ends, unless the caller returns to it."""
        await self._append_leg(hook, "answered")
        if hook.transfer.request.return_after:
            await append_without_limit(self._bus, hook.call_sid, hook.tool_call_id, hook.call.stream_epoch)
        else:
            await self._finish(hook, TRANSFERRED, joined=True)
            await end_call(self._bus, hook.call_sid, TRANSFERRED)

    async def _conference(self, hook: _TransferWebhook) -> Response:
        """The caller has joined the person: the edge that moved them may have died before it noted that."""
        joined = hook.value("StatusCallbackEvent") == "participant-join"
        if joined and hook.webhook.call_sid == hook.call_sid and not hook.transfer.request.return_after:
            await self._finish(hook, TRANSFERRED, joined=True)
            await end_call(self._bus, hook.call_sid, TRANSFERRED)
        return Response(status_code=204)

    async def _done(self, hook: _TransferWebhook) -> Response:
        """The caller's `<Dial>` has ended: call the next target, return to the agent, or end the call."""
        status, request = hook.value("DialCallStatus"), hook.transfer.request
        hung_up = hook.value("CallStatus") in ("completed", "canceled")
        if status in _JOINED:
            if hung_up or not request.return_after:
                await self._finish(hook, TRANSFERRED, joined=True)
                await end_call(self._bus, hook.call_sid, TRANSFERRED)
                return _xml(twiml.hang_up())
            await self._finish(hook, "returned", joined=True)
            return self._reconnect(hook)
        following = hook.target + 1
        if following < len(request.targets) and not (hung_up or hook.closed):
            urls = TransferUrls(hook.urls.base, hook.call_sid, hook.tool_call_id, following)
            return _xml(telephony_twiml.dial(request.targets[following], self._caller_id(hook), urls))
        outcome = "canceled" if hung_up else status if status in _UNANSWERED else "failed"
        await self._finish(hook, outcome, joined=False)
        if request.goodbye and not hung_up:
            await end_call(self._bus, hook.call_sid, TRANSFER_FAILED)
            return _xml(telephony_twiml.goodbye(request))
        return self._reconnect(hook)

    def _reconnect(self, hook: _TransferWebhook) -> Response:
        """Connect the caller to the agent again."""
        if hook.call.end_reason:
            return _xml(twiml.hang_up())
        return _xml(twiml.connect(hook.webhook.urls, hook.call.agent, Attempt(1, hook.call.stream_epoch)))

    def _caller_id(self, hook: _TransferWebhook) -> str:
        call = hook.call
        return hook.transfer.request.caller_id or dial_caller_id(
            call.from_number, call.to_number, self._gate.settings.from_number
        )

    async def _end_conference(self, hook: _TransferWebhook) -> None:
        """The person has left: the caller must not stay in the conference alone."""
        twilio = self._twilio.of(*hook.call.account).telephony
        name = telephony_twiml.conference_name(hook.call_sid, hook.tool_call_id)
        try:
            if conference_sid := await twilio.conference_sid(name):
                await twilio.end_conference(conference_sid)
        except ProviderError as error:
            log.warning("conference_not_ended", code=error.code, reason=error.reason)

    async def _append_leg(self, hook: _TransferWebhook, status: str) -> None:
        updated = TransferLegUpdated(
            tool_call_id=hook.tool_call_id,
            target=hook.target,
            call_sid=hook.webhook.call_sid,
            status=status,
        )
        await append_leg(self._bus, hook.call_sid, updated)

    async def _finish(self, hook: _TransferWebhook, outcome: str, *, joined: bool) -> None:
        target = hook.transfer.request.targets[hook.target]
        finished = TransferFinished(
            tool_call_id=hook.tool_call_id,
            outcome=outcome,
            target=target.name,
            address=target.address,
            joined_ms=hook.call.clock.ms_at(now_us()) if joined else 0,
        )
        if await append_finished(self._bus, hook.call_sid, finished):
            self._metrics.transfer_finished(hook.transfer.request.kind, outcome)
            log.info("transfer_finished", outcome=outcome, target=target.name)


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) < _MAX_DIGITS else default


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml")
