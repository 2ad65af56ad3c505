"""Carries out the telephone requests of one call, as long as this edge has its media stream.

After a takeover the next edge continues from the log: what was requested, attempted and achieved.
"""

import asyncio

import structlog

from parley.bus import Bus
from parley.events.log import CallEventLog
from parley.v1.event_pb2 import Event
from services.edge.calls.call_state import CallState
from services.edge.metrics import EdgeMetrics
from services.edge.telephony.dtmf import press_keys
from services.edge.telephony.line import CallLine, Closing
from services.edge.telephony.messages import send_message
from services.edge.telephony.requests import (
    TELEPHONY,
    DtmfState,
    MessageState,
    Request,
    TransferState,
    evolve,
)
from services.edge.telephony.transfers import Transfer
from services.edge.twilio.rest import TwilioRest
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

_FINISH_TIMEOUT_S = 20.0
"""Time for requests that are under way when the stream ends: a text message is sent after a hang-up too."""


class Telephony:
    """The telephone requests of one call; its long-lived task is `run`."""

    def __init__(self, line: CallLine) -> None:
        self.line = line
        self._started: set[str] = set()

    def observe(self, event: Event) -> None:
        """Note an event of the call, of this edge or of another stage."""
        evolve(self.line.state, event)
        self.line.wake()

    async def run(self) -> None:
        """Long-lived: carry out each request in a task of its own, until the line is closed."""
        async with asyncio.TaskGroup() as tasks:
            running: set[asyncio.Task[None]] = set()
            while not self.line.is_closing:
                for tool_call_id, request in tuple(self.line.state.open.items()):
                    if tool_call_id not in self._started:
                        self._started.add(tool_call_id)
                        task = tasks.create_task(self._carry_out(request), name=f"telephony {tool_call_id}")
                        running.add(task)
                        task.add_done_callback(running.discard)
                await self.line.changed()
            if running:
                await asyncio.wait(running, timeout=_FINISH_TIMEOUT_S)
            for task in running:
                task.cancel()

    async def _carry_out(self, request: Request) -> None:
        try:
            match request:
                case TransferState():
                    await Transfer(self.line, request).run()
                case MessageState():
                    await send_message(self.line, request)
                case DtmfState():
                    await press_keys(self.line, request)
        except Closing:
            pass
        except Exception:  # a defect in one request must not end the call
            log.exception("telephony_request_failed")


def follow_requests(
    bus: Bus,
    call_log: CallEventLog,
    twilio: TwilioRest,
    call: CallState,
    urls: PublicUrls,
    metrics: EdgeMetrics,
    from_number: str,
) -> Telephony:
    """Return the requests of a call that was just opened; from now on, they follow its log."""
    line = CallLine(bus, call_log, twilio, call, urls, metrics, from_number, call_log.folded(TELEPHONY))
    telephony = Telephony(line)
    call_log.add_observer(telephony.observe)
    return telephony
