"""Reads a transfer from a call's log and appends to it, at any edge that Twilio's webhooks reach."""

from dataclasses import dataclass

from parley.bus import Bus, streams, subjects
from parley.errors import BusError
from parley.events.envelope import Body, parse
from parley.v1.telephony_pb2 import (
    StreamRedirected,
    TransferFinished,
    TransferLegUpdated,
    TransferRequested,
)
from services.edge.calls.lifecycle import append_webhook_event

_FIRST_LEG_SEQUENCE, _FIRST_FINISHED_SEQUENCE, _FIRST_REDIRECTED_SEQUENCE = 2 << 40, 3 << 40, 4 << 40
"""Event sequences of the stage `webhook`, beyond those of streams."""
_MAX_CONFLICTS = 20


@dataclass(frozen=True, slots=True)
class LoggedTransfer:
    """A transfer as the log shows it."""

    request: TransferRequested
    legs: tuple[TransferLegUpdated, ...] = ()
    finished: TransferFinished | None = None
    leg_position: int = 0
    """Sequence of the call's last transfer.leg.updated in the log's stream; 0 for none."""
    finished_position: int = 0
    """The same of transfer.finished."""

    def has(self, target: int, status: str) -> bool:
        """Whether the leg to a target had a status."""
        return any(leg.target == target and leg.status == status for leg in self.legs)


async def load_transfer(bus: Bus, call_sid: str, tool_call_id: str) -> LoggedTransfer | None:
    """Read a transfer; None if the log has no such request.

    Raises:
        BusError: the log cannot be read.
    """
    request: TransferRequested | None = None
    legs: list[TransferLegUpdated] = []
    finished: TransferFinished | None = None
    leg_position = finished_position = 0
    for message in await bus.streams.read(streams.CALLS, subjects.call_events(call_sid, "transfer")):
        event = parse(message.data)
        if event is None:
            continue
        if event.HasField("transfer_requested") and event.transfer_requested.tool_call_id == tool_call_id:
            request = request or event.transfer_requested
        elif event.HasField("transfer_leg_updated"):
            leg_position = message.sequence
            if event.transfer_leg_updated.tool_call_id == tool_call_id:
                legs.append(event.transfer_leg_updated)
        elif event.HasField("transfer_finished"):
            finished_position = message.sequence
            if event.transfer_finished.tool_call_id == tool_call_id:
                finished = finished or event.transfer_finished
    if request is None:
        return None
    return LoggedTransfer(request, tuple(legs), finished, leg_position, finished_position)


async def append_leg(bus: Bus, call_sid: str, updated: TransferLegUpdated) -> bool:
    """Append the state of a leg; False if the log has it already, or a decision that it contradicts.

    Raises:
        BusError: the event could not be stored.
    """
    decisions = ("accepted", "declined", "machine")
    for _ in range(_MAX_CONFLICTS):
        transfer = await load_transfer(bus, call_sid, updated.tool_call_id)
        if transfer is None or transfer.has(updated.target, updated.status):
            return False
        if updated.status in decisions and any(transfer.has(updated.target, other) for other in decisions):
            return False
        if await append_webhook_event(
            bus, call_sid, updated, _FIRST_LEG_SEQUENCE + transfer.leg_position, transfer.leg_position
        ):
            return True
    raise BusError("the transfer's log changes too fast")


async def append_finished(bus: Bus, call_sid: str, finished: TransferFinished) -> bool:
    """Append the outcome of a transfer; False if the log has one already.

    Raises:
        BusError: the event could not be stored.
    """
    for _ in range(_MAX_CONFLICTS):
        transfer = await load_transfer(bus, call_sid, finished.tool_call_id)
        if transfer is None or transfer.finished is not None:
            return False
        position = transfer.finished_position
        if await append_webhook_event(bus, call_sid, finished, _FIRST_FINISHED_SEQUENCE + position, position):
            return True
    raise BusError("the transfer's log changes too fast")


async def append_without_limit(bus: Bus, call_sid: str, tool_call_id: str, epoch: int) -> None:
    """Note that a person talks with the caller, who returns to the agent afterwards.

    Raises:
        BusError: the event could not be stored.
    """
    last = await bus.streams.last_message(streams.CALLS, subjects.call_event(call_sid, "stream_redirected"))
    position = last.sequence if last is not None else 0
    redirected: Body = StreamRedirected(tool_call_id=tool_call_id, epoch=epoch)
    await append_webhook_event(bus, call_sid, redirected, _FIRST_REDIRECTED_SEQUENCE + position, position)
