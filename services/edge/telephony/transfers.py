"""Carries out a transfer while this edge has the caller's media stream.

A cold transfer gives the caller's call `<Dial>`; the webhooks do the rest. For a warm one, each target is
called in turn while the caller stays with the agent; the one that accepts is joined with the caller in a
conference.
"""

import asyncio
from contextlib import suppress

import structlog

from parley.errors import ProviderError
from parley.v1.telephony_pb2 import (
    TRANSFER_KIND_COLD,
    TelephonyAttempted,
    TransferFinished,
    TransferLegUpdated,
    TransferTarget,
)
from services.edge.calls.fallback import dial_caller_id
from services.edge.calls.lifecycle import TRANSFERRED, try_end_call
from services.edge.telephony import legs
from services.edge.telephony.hold_music import PIECE_S, pieces
from services.edge.telephony.legs import FINAL_DIAL_STATUSES
from services.edge.telephony.line import NOT_POSSIBLE, CallLine, Closing
from services.edge.telephony.requests import TransferState
from services.edge.twilio import telephony_twiml
from services.edge.twilio.telephony_rest import LegRequest
from services.edge.twilio.telephony_twiml import TransferUrls

log = structlog.get_logger()

_DIAL_SLACK_MS = 30_000
"""Time besides ringing that a cold transfer may take until Twilio reports its outcome."""
_JOIN_TIMEOUT_MS = 20_000
_CALLBACK_SLACK_S = 5.0
"""After ringing, Twilio's callback about an unanswered call arrives within this time."""
_DECIDE_TIMEOUT_S = 90.0
"""Time besides ringing in which a person must decide: machine detection, the summary twice, the keys."""


class Transfer:
    """One transfer of a call."""

    def __init__(self, line: CallLine, state: TransferState) -> None:
        self._line = line
        self._state = state
        self._request = state.request

    async def run(self) -> None:
        """Carry out the transfer, or what is left of it."""
        try:
            if any(other is not self._state for other in self._earlier()):
                await self._finish("failed", reason="another transfer is in progress")
            elif self._request.kind == TRANSFER_KIND_COLD:
                await self._transfer_cold()
            else:
                await self._transfer_warm()
        except Closing:
            if self._line.state.ended:
                await self._release_legs()

    def _earlier(self) -> list[TransferState]:
        transfers = list(self._line.state.transfers())
        return transfers[: transfers.index(self._state)]

    async def _transfer_cold(self) -> None:
        if self._state.redirected_us and await self._settle_dialled():
            return
        await self._line.until_played(self._request.after_reply_id)
        call, targets = self._line.call, self._request.targets
        caller_id = self._request.caller_id or dial_caller_id(
            call.from_number, call.to_number, self._line.from_number
        )
        twiml = telephony_twiml.dial(targets[0], caller_id, self._urls(0))
        ring_ms = sum(target.timeout_s + 5 for target in targets) * 1000
        until_ms = self._line.log.now_ms() + ring_ms + _DIAL_SLACK_MS
        log.info("transfer_started", kind="cold", targets=len(targets))
        if reason := await self._line.redirect(self._request.tool_call_id, twiml, until_ms):
            await self._finish("failed", targets[0], reason=reason)

    async def _settle_dialled(self) -> bool:
        """Finish a transfer that was dialled before without a report; False if it was not dialled.

        The caller is back with the agent, so no target has answered, or the conversation has ended.
        """
        try:
            children = await self._line.twilio.telephony.children(self._line.call_sid)
        except ProviderError as error:
            log.warning("transfer_unknown", code=error.code, reason=error.reason)
            await self._finish("failed", reason="Twilio did not answer")
            return True
        if not children:
            return False
        status = children[0].status
        outcome = (
            "returned" if status == "completed" else status if status in FINAL_DIAL_STATUSES else "failed"
        )
        await self._finish(outcome, self._request.targets[0])
        return True

    async def _transfer_warm(self) -> None:
        log.info("transfer_started", kind="warm", targets=len(self._request.targets))
        closing: Closing | None = None
        async with asyncio.TaskGroup() as tasks:
            music = tasks.create_task(self._play_music(), name="hold music")
            try:
                await self._call_targets()
            except Closing as error:
                closing = error
            finally:
                music.cancel()
        if closing is not None:
            raise closing

    async def _play_music(self) -> None:
        """Long-lived: play hold music to the caller, if that is wanted."""
        if not self._request.hold_music:
            return
        with suppress(Closing):
            await self._line.until_played(self._request.after_reply_id)
        for piece in pieces():
            if self._line.audio is not None:
                await self._line.audio.play_background(piece)
            await asyncio.sleep(PIECE_S)

    async def _call_targets(self) -> None:
        outcome, reason = "failed", NOT_POSSIBLE
        for number, target in enumerate(self._request.targets):
            outcome, reason = await self._call_target(number, target)
            if outcome == "accepted":
                await self._join(number, target)
                return
            log.info("transfer_target_did_not_accept", target=target.name, outcome=outcome)
        await self._finish(outcome, self._request.targets[-1], reason=reason)

    async def _call_target(self, number: int, target: TransferTarget) -> tuple[str, str]:
        """Call one target and wait for its decision; return the outcome, and why it failed."""
        if number not in self._state.legs:
            try:
                if not await self._is_dialled(number, target):
                    await self._dial(number, target)
            except ProviderError as error:
                log.warning("transfer_leg_not_placed", code=error.code, reason=error.reason)
                return "failed", f"Twilio refused the call: {error.reason}"

        def result() -> str | None:
            leg = self._state.legs.get(number)
            return leg.result or None if leg is not None else None

        outcome = await self._line.until(result, target.timeout_s + _CALLBACK_SLACK_S)
        if outcome is None and not await self._is_unanswered(number):
            outcome = await self._line.until(result, _DECIDE_TIMEOUT_S)
        if outcome is None:
            await self._release(number)
        return outcome or result() or "no-answer", ""

    async def _is_unanswered(self, number: int) -> bool:
        """Whether Twilio has ended the call to a target of which no callback has arrived."""
        leg = self._state.legs.get(number)
        if leg is None or leg.answered or not leg.call_sid:
            return False
        try:
            status = await self._line.twilio.call_status(leg.call_sid)
        except ProviderError as error:
            log.warning("transfer_unknown", code=error.code, reason=error.reason)
            return False
        if status not in (*FINAL_DIAL_STATUSES, "completed"):
            return False
        await self._note_leg(number, leg.call_sid, status)
        return True

    async def _dial(self, number: int, target: TransferTarget) -> None:
        """Call a target.

        Raises:
            ProviderError: Twilio has refused it, or it is unknown whether the target is called.
        """
        attempted = TelephonyAttempted(tool_call_id=self._request.tool_call_id, target=number)
        await self._line.log.append(attempted)
        if not await self._line.log.ready_for_side_effects():
            return
        urls = self._urls(number)
        leg = LegRequest(
            to=target.address,
            from_=self._request.caller_id or self._line.call.own_number or self._line.from_number,
            url=urls.of("human"),
            status_callback=urls.of("leg"),
            timeout_s=target.timeout_s,
            send_digits=target.send_digits,
            detect_machine=self._request.detect_machine,
        )
        try:
            call_sid = await self._line.twilio.telephony.dial(leg)
        except ProviderError as error:
            if not error.retryable or not await self._is_dialled(number, target):
                raise
            return
        await self._note_leg(number, call_sid, "initiated")

    async def _is_dialled(self, number: int, target: TransferTarget) -> bool:
        """Whether the target was called before: by an edge that has died, or by a request without an answer.

        Raises:
            ProviderError: Twilio does not respond, or has a call to the target that may be another one's.
        """
        attempted_us = self._state.attempted_us.get(number)
        if not attempted_us:
            return False
        return await legs.find_leg(self._line, self._state, number, target.address, attempted_us)

    async def _join(self, number: int, target: TransferTarget) -> None:
        line, request = self._line, self._request
        name = telephony_twiml.conference_name(line.call_sid, request.tool_call_id)
        joined_ms = line.log.now_ms()
        until_ms = 0 if request.return_after else joined_ms + _JOIN_TIMEOUT_MS
        twiml = telephony_twiml.join(name, self._urls(number), caller=True)
        if reason := await line.redirect(request.tool_call_id, twiml, until_ms):
            await self._release(number)
            await self._finish("failed", target, reason=reason)
            return
        log.info("caller_joined", target=target.name)
        if not request.return_after:
            await self._finish(TRANSFERRED, target, joined_ms=joined_ms)
            await try_end_call(line.bus, line.call_sid, TRANSFERRED)

    async def _note_leg(self, number: int, call_sid: str, status: str) -> None:
        await self._line.log.append(
            TransferLegUpdated(
                tool_call_id=self._request.tool_call_id, target=number, call_sid=call_sid, status=status
            )
        )

    async def _release_legs(self) -> None:
        """End the calls to the targets, because the caller has hung up."""
        for number in tuple(self._state.legs):
            await self._release(number)
        await self._finish("canceled", self._request.targets[0])

    async def _release(self, number: int) -> None:
        """End the call to a target; a person who has answered gets an announcement."""
        leg = self._state.legs.get(number)
        if leg is None or leg.ended or not leg.call_sid or leg.decision in ("declined", "machine"):
            return
        try:
            if leg.answered:
                gone = telephony_twiml.caller_gone(self._request)
                await self._line.twilio.redirect(leg.call_sid, gone)
            else:
                await self._line.twilio.hang_up(leg.call_sid)
        except ProviderError as error:
            # Twilio requests TwiML when the person answers or decides, which announces the same.
            log.warning("transfer_leg_not_ended", code=error.code, reason=error.reason)

    async def _finish(
        self, outcome: str, target: TransferTarget | None = None, *, joined_ms: int = 0, reason: str = ""
    ) -> None:
        target = target or TransferTarget()
        self._line.metrics.transfer_finished(self._request.kind, outcome)
        await self._line.log.append(
            TransferFinished(
                tool_call_id=self._request.tool_call_id,
                outcome=outcome,
                target=target.name,
                address=target.address,
                joined_ms=joined_ms,
                reason=reason,
            )
        )

    def _urls(self, target: int) -> TransferUrls:
        line = self._line
        return TransferUrls(line.urls.base, line.call_sid, self._request.tool_call_id, target)
