"""The telephone requests of one call and the progress of each, folded from its log. No I/O, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from parley.events.envelope import Body, event_body
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.v1 import call_pb2, telephony_pb2
from parley.v1.event_pb2 import Event

_MAX_DONE = 1024
"""Outcomes by which repeated requests are recognized."""
_MAX_MESSAGES = 50
_ENDED = frozenset({"busy", "no-answer", "failed", "canceled", "completed"})
_DECISIONS = frozenset({"accepted", "declined", "machine"})


@dataclass(slots=True)
class Leg:
    """The call to one target of a transfer. Twilio's callbacks may arrive in any order."""

    call_sid: str = ""
    answered: bool = False
    decision: str = ""
    """`accepted`, `declined` or `machine`; empty before."""
    ended: str = ""
    """Twilio's final status; empty while the leg is live."""

    @property
    def result(self) -> str:
        """The outcome of calling the target; empty while it is open."""
        if self.decision == "accepted" and not self.ended:
            return "accepted"
        if self.decision == "machine":
            return "machine"
        if self.decision or (self.ended == "completed" and self.answered):
            return "declined"
        return "no-answer" if self.ended == "completed" else self.ended


@dataclass(slots=True)
class TransferState:
    """A transfer that has no outcome yet."""

    request: telephony_pb2.TransferRequested
    attempted_us: dict[int, int] = field(default_factory=dict)
    """By target: UTC time at which an edge was about to have it called."""
    legs: dict[int, Leg] = field(default_factory=dict)
    """By target."""
    redirected_us: int = 0
    """UTC time at which an edge was about to give the caller's call new TwiML; 0 if none was."""


@dataclass(slots=True)
class MessageState:
    """A text message that has no outcome yet."""

    request: telephony_pb2.MessageRequested
    attempted_us: int = 0


@dataclass(slots=True)
class DtmfState:
    """Keys that were requested and have no outcome yet."""

    request: telephony_pb2.DtmfRequested
    pressed: bool = False
    """Whether Twilio has pressed them and opened the stream that follows."""


Request = TransferState | MessageState | DtmfState


@dataclass(slots=True)
class TelephonyState:
    """All open requests of a call, and the ids of those that have their outcome."""

    open: dict[str, Request] = field(default_factory=dict)
    """By tool_call_id, in the order of the requests."""
    done: dict[str, str] = field(default_factory=dict)
    """The outcome by tool_call_id."""
    message_sids: list[str] = field(default_factory=list)
    """The last messages of this call that were sent."""
    ended: bool = False

    def transfers(self) -> Iterator[TransferState]:
        """The open transfers."""
        return (request for request in self.open.values() if isinstance(request, TransferState))


def evolve(state: TelephonyState, event: Event, _at_ms: int = 0) -> TelephonyState:
    """Apply an event; returns the same state. A repeated request changes nothing."""
    body = event_body(event)
    match body:
        case telephony_pb2.TransferRequested():
            _add(state, body.tool_call_id, TransferState(body))
        case telephony_pb2.MessageRequested():
            _add(state, body.tool_call_id, MessageState(body))
        case telephony_pb2.DtmfRequested():
            _add(state, body.tool_call_id, DtmfState(body))
        case call_pb2.CallEnded():
            state.ended = True
        case None:
            pass
        case _:
            _progress(state, body, event.sent_at_us)
    return state


def _progress(state: TelephonyState, body: Body, sent_at_us: int) -> None:
    """Apply what was attempted for a request, or its outcome."""
    match body:
        case telephony_pb2.TelephonyAttempted():
            _attempted(state, body, sent_at_us)
        case telephony_pb2.StreamRedirected(tool_call_id=tool_call_id, withdrawn=withdrawn):
            transfer = state.open.get(tool_call_id)
            if isinstance(transfer, TransferState):
                transfer.redirected_us = 0 if withdrawn else sent_at_us
        case telephony_pb2.TransferLegUpdated():
            _update_leg(state, body)
        case telephony_pb2.TransferFinished(tool_call_id=tool_call_id, outcome=outcome):
            _finish(state, tool_call_id, outcome)
        case telephony_pb2.MessageSent(tool_call_id=tool_call_id, failed=failed, message_sid=message_sid):
            state.message_sids.append(message_sid)
            del state.message_sids[:-_MAX_MESSAGES]
            _finish(state, tool_call_id, "failed" if failed else "sent")
        case telephony_pb2.DtmfSent(tool_call_id=tool_call_id, failed=failed):
            _finish(state, tool_call_id, "failed" if failed else "sent")
        case call_pb2.StreamStarted(after_tool_call_id=tool_call_id):
            keys = state.open.get(tool_call_id)
            if isinstance(keys, DtmfState):
                keys.pressed = True
        case _:
            pass


def _add(state: TelephonyState, tool_call_id: str, request: Request) -> None:
    if tool_call_id not in state.done:
        state.open.setdefault(tool_call_id, request)


def _attempted(state: TelephonyState, body: telephony_pb2.TelephonyAttempted, at_us: int) -> None:
    match state.open.get(body.tool_call_id):
        case TransferState() as transfer:
            transfer.attempted_us[body.target] = at_us
        case MessageState() as message:
            # The first attempt's: a message found at Twilio may be of any.
            message.attempted_us = message.attempted_us or at_us
        case _:
            pass


def _update_leg(state: TelephonyState, body: telephony_pb2.TransferLegUpdated) -> None:
    transfer = state.open.get(body.tool_call_id)
    if not isinstance(transfer, TransferState):
        return
    leg = transfer.legs.setdefault(body.target, Leg())
    leg.call_sid = body.call_sid or leg.call_sid
    leg.answered |= body.status == "answered" or body.status in _DECISIONS
    if body.status in _DECISIONS:
        leg.decision = leg.decision or body.status
    elif body.status in _ENDED:
        leg.ended = leg.ended or body.status


def _finish(state: TelephonyState, tool_call_id: str, outcome: str) -> None:
    state.open.pop(tool_call_id, None)
    state.done.setdefault(tool_call_id, outcome)
    if len(state.done) > _MAX_DONE:
        del state.done[next(iter(state.done))]


TELEPHONY = Fold("telephony", TelephonyState, evolve, dataclass_codec(TelephonyState))
"""The state from which an edge that has taken over a call's stream continues."""
